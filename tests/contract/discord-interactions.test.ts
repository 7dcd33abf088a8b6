import { describe, expect, it } from 'vitest';
import { createDiscordAdapter } from '../../adapters/discord/index.js';
import { readInteraction } from '../../adapters/discord/interaction.js';
import type { OutboundContent } from '../../src/core/channel.js';
import { plain } from '../../src/core/richtext.js';
import { Secret } from '../../src/core/secret.js';
import { createSystem } from '../../src/system.js';
import { answered, begin, COMMANDS, delivery, event, onClose, prepare, refOf, start } from './discord-rig.js';

describe('slash commands', () => {
  it('registers /ask and every command with its one text option (CHAN-3, CHAN-6)', async () => {
    const { discord } = await start();
    const shapes = discord.state.commands.map(({ name, options }) => [name, options.map((option) => option.name)]);
    expect(shapes).toEqual([
      ['ask', ['message']],
      ['status', []],
      ['stop', ['what']],
      ['secret', ['name']],
    ]);
  });

  it('turns /ask into a message, and the first answer takes the place of the deferral (CHAN-3)', async () => {
    const rig = await start();
    const ask = rig.discord.people.slash('ask', { message: 'what is new?' });
    expect(await answered(rig, ask)).toMatchObject({ type: 5, ephemeral: false });
    const asked = await event(rig, 'message.created');
    expect(asked).toMatchObject({ eventId: ask.id, messageId: '', text: 'what is new?', address: rig.direct });
    const receipt = await rig.adapter.send(delivery(rig.direct, 'nothing', { replyRef: asked.replyRef ?? '' }));
    await rig.adapter.send(delivery(rig.direct, 'really', { replyRef: asked.replyRef ?? '' }));
    expect(receipt.messageId).toBe(rig.discord.answerTo(ask)?.id);
    expect(rig.discord.fromBot().map((message) => message.content)).toEqual(['nothing', 'really']);
    expect(rig.discord.fromBot().some((message) => message.loading)).toBe(false);
    expect(rig.discord.state.violations).toEqual([]);
  });

  it('waits with an answer until the acknowledgement is out', async () => {
    const rig = await prepare();
    let sending: Promise<unknown> = Promise.resolve();
    rig.answer = (asked) => {
      sending = rig.adapter.send(delivery(rig.direct, 'at once', { replyRef: asked.replyRef ?? '' }));
      return { accepted: true };
    };
    await begin(rig);
    rig.discord.people.slash('ask', { message: 'quick' });
    await event(rig, 'message.created');
    await sending;
    expect(rig.discord.fromBot().map((message) => message.content)).toEqual(['at once']);
    expect(rig.discord.state.violations).toEqual([]);
  });

  it('hands commands on with their argument, and hides their answers from others in a server', async () => {
    const rig = await start();
    const stop = rig.discord.people.slash('stop', { what: 'all' }, { channelId: rig.shared.space });
    expect(await answered(rig, stop)).toMatchObject({ type: 5, ephemeral: true });
    const invoked = await event(rig, 'command.invoked');
    expect(invoked).toMatchObject({ name: 'stop', argument: 'all', eventId: stop.id, address: rig.shared });
    await rig.adapter.send(delivery(rig.shared, 'stopped', { replyRef: invoked.replyRef ?? '' }));
    await rig.adapter.send(delivery(rig.shared, 'and this', { replyRef: invoked.replyRef ?? '' }));
    expect(rig.discord.seenBy(rig.discord.state.stranger.id, rig.shared.space)).toEqual([]);
    const seen = rig.discord.seenBy(rig.discord.state.owner.id, rig.shared.space);
    expect(seen.map((message) => message.content)).toEqual(['stopped', 'and this']);
  });

  it('goes on with ordinary messages once the token is 15 minutes old (CHAN-3)', async () => {
    const rig = await start();
    const ask = rig.discord.people.slash('ask', { message: 'long' }, { channelId: rig.shared.space });
    await answered(rig, ask);
    const replyRef = await refOf(rig, 'message.created');
    const first = await rig.adapter.send(delivery(rig.shared, 'working', { replyRef }));
    rig.discord.advance(16 * 60_000);
    await rig.adapter.edit?.({ address: rig.shared, messageId: first.messageId, replyRef }, { text: plain('done') });
    await rig.adapter.send(delivery(rig.shared, 'more', { replyRef }));
    expect(rig.discord.fromBot(rig.shared.space).map((message) => message.content)).toEqual(['done', 'more']);
  });

  it.each([-3_600_000, 3_600_000])(
    'answers in place though the clocks differ by %i ms (CHAN-3)',
    async (clockAheadMs) => {
      const rig = await start({ clockAheadMs });
      const ask = rig.discord.people.slash('ask', { message: 'quick' }, { channelId: rig.shared.space });
      await answered(rig, ask);
      const replyRef = await refOf(rig, 'message.created');
      await rig.adapter.send(delivery(rig.shared, 'done', { replyRef }));
      expect(rig.discord.answerTo(ask)).toMatchObject({ content: 'done', loading: false });
    },
  );

  it('goes on in the direct message with what began ephemeral, never in the channel (APPR-2)', async () => {
    const rig = await start();
    const status = rig.discord.people.slash('status', {}, { channelId: rig.shared.space });
    await answered(rig, status);
    const replyRef = await refOf(rig, 'command.invoked');
    const first = await rig.adapter.send(delivery(rig.shared, 'working', { replyRef }));
    rig.discord.advance(16 * 60_000);
    const target = { address: rig.shared, messageId: first.messageId, replyRef };
    await rig.adapter.edit?.(target, { text: plain('still') });
    await rig.adapter.edit?.(target, { text: plain('done') });
    const second = await rig.adapter.send(delivery(rig.shared, 'more', { replyRef }));
    await rig.adapter.edit?.({ ...target, messageId: second.messageId }, { text: plain('more!') });
    expect(rig.discord.fromBot().map((message) => message.content)).toEqual(['done', 'more!']);
    expect(rig.discord.fromBot(rig.shared.space).map((message) => message.content)).toEqual(['working']);
  });

  it('believes Discord when it calls a token dead, and keeps its own (CHAN-8)', async () => {
    const rig = await prepare();
    const frozen = rig.discord.state.now();
    const adapter = createDiscordAdapter(
      { token: new Secret(rig.discord.token), apiUrl: rig.discord.url },
      {
        system: { ...createSystem(), now: () => frozen },
        log: { debug() {}, info() {}, warn() {}, error() {} },
        commands: COMMANDS,
        phrases: { notAvailable: '', thinking: '' },
      },
    );
    onClose(() => adapter.stop());
    let replyRef = '';
    await adapter.start(async (asked) => {
      replyRef = asked.replyRef ?? '';
      return { accepted: true };
    });
    await answered(rig, rig.discord.people.slash('ask', { message: 'x' }));
    rig.discord.advance(16 * 60_000);
    await adapter.send(delivery(rig.direct, 'late', { replyRef }));
    await adapter.send(delivery(rig.direct, 'later'));
    expect(rig.discord.fromBot().map((message) => message.content)).toEqual(['', 'late', 'later']);
  });

  it('shows a stranger one ephemeral line and nothing else (OWN-1)', async () => {
    const rig = await start();
    const user = rig.discord.state.stranger;
    for (const name of ['status', 'ask']) {
      const values: Record<string, string> = name === 'ask' ? { message: 'hi' } : {};
      const slash = rig.discord.people.slash(name, values, { user, channelId: rig.shared.space });
      expect(await answered(rig, slash)).toMatchObject({ type: 4, ephemeral: true });
      expect(rig.discord.answerTo(slash)?.content).toBe('Not available to you.');
    }
    expect(rig.discord.seenBy(rig.discord.state.owner.id, rig.shared.space)).toEqual([]);
  });

  it('acknowledges nothing that was not stored within 3 s, and never too late (CHAN-3)', async () => {
    const rig = await prepare();
    let store = () => {};
    rig.answer = () =>
      new Promise((resolve) => {
        store = () => resolve({ accepted: true });
      });
    await begin(rig);
    const slow = rig.discord.people.slash('ask', { message: 'slow' });
    const replyRef = await refOf(rig, 'message.created');
    await rig.discord.until('giving up', () => rig.log.some((line) => line.includes('not acknowledged')));
    store();
    await rig.adapter.send(delivery(rig.direct, 'stored after all', { replyRef }));
    expect(slow.answer).toBeNull();
    expect(rig.discord.fromBot().map((message) => message.content)).toEqual(['stored after all']);
    expect(rig.discord.state.violations).toEqual([]);
  });

  it('hands an interaction in again while there is time for it', async () => {
    const rig = await prepare();
    rig.answer = () => {
      if (rig.events.length === 1) throw new Error('the disk is full');
      return { accepted: true };
    };
    await begin(rig);
    const ask = rig.discord.people.slash('ask', { message: 'again' });
    await answered(rig, ask);
    expect(rig.events.map(({ eventId }) => eventId)).toEqual([ask.id, ask.id]);
  });

  it('acknowledges once what Discord delivers twice (CHAN-8)', async () => {
    const rig = await start();
    const ask = rig.discord.people.slash('ask', { message: 'once' });
    rig.discord.people.repeats(ask);
    await answered(rig, ask);
    rig.discord.people.repeats(ask);
    await rig.discord.until('both', () => rig.events.length === 3);
    expect(new Set(rig.events.map(({ eventId }) => eventId))).toEqual(new Set([ask.id]));
    expect(rig.discord.state.violations).toEqual([]);
  });

  it('takes an acknowledgement whose answer was lost for given', async () => {
    const rig = await start();
    rig.discord.fail({ route: 'POST /interactions/', kind: 'lost' });
    const ask = rig.discord.people.slash('ask', { message: 'x' });
    const replyRef = await refOf(rig, 'message.created');
    await rig.adapter.send(delivery(rig.direct, 'fine', { replyRef }));
    expect(rig.discord.answerTo(ask)?.content).toBe('fine');
  });

  it('removes what shows a slash command when its text must go (PASTE-2)', async () => {
    const rig = await start();
    const ask = rig.discord.people.slash('ask', { message: 'key' }, { channelId: rig.shared.space });
    await answered(rig, ask);
    const replyRef = await refOf(rig, 'message.created');
    await rig.adapter.delete?.({ address: rig.shared, messageId: ask.id, replyRef });
    await rig.adapter.send(delivery(rig.shared, 'I deleted your message', { replyRef }));
    const left = rig.discord.fromBot(rig.shared.space);
    expect(left.map(({ content, interactionId }) => [content, interactionId])).toEqual([
      ['I deleted your message', null],
    ]);
  });

  it('answers an earlier process’s deferral after a restart, and only an open one', async () => {
    const rig = await start();
    const ask = rig.discord.people.slash('ask', { message: 'x' });
    await answered(rig, ask);
    const replyRef = await refOf(rig, 'message.created');
    await rig.adapter.stop();
    const next = await start({ discord: rig.discord });
    await next.adapter.send(delivery(rig.direct, 'one', { replyRef }));
    await next.adapter.stop();
    const last = await start({ discord: rig.discord });
    await last.adapter.send(delivery(rig.direct, 'two', { replyRef }));
    expect(rig.discord.answerTo(ask)?.content).toBe('one');
    expect(rig.discord.fromBot().map((message) => message.content)).toEqual(['one', 'two']);
  });

  it('keeps the place of the answer for the next one when an answer was refused', async () => {
    const rig = await start();
    const ask = rig.discord.people.slash('ask', { message: 'x' });
    await answered(rig, ask);
    const replyRef = await refOf(rig, 'message.created');
    const file = { name: 'a.txt', mimeType: 'text/plain', bytes: new TextEncoder().encode('content') };
    await expect(rig.adapter.send(delivery(rig.direct, '', { replyRef }))).rejects.toMatchObject({
      code: 'channel.rejected',
    });
    await rig.adapter.send(delivery(rig.direct, { text: plain('see the file'), file }, { replyRef }));
    expect(rig.discord.answerTo(ask)).toMatchObject({ content: 'see the file', loading: false });
    expect(rig.discord.answerTo(ask)?.attachments[0]?.bytes).toEqual(file.bytes);
  });

  it('answers where the bot itself may not write', async () => {
    const rig = await start();
    rig.discord.state.channel(rig.shared.space).botAccess = false;
    const ask = rig.discord.people.slash('ask', { message: 'x' }, { channelId: rig.shared.space });
    await answered(rig, ask);
    const replyRef = await refOf(rig, 'message.created');
    const first = await rig.adapter.send(delivery(rig.shared, 'one', { replyRef }));
    await rig.adapter.send(delivery(rig.shared, 'two', { replyRef }));
    await rig.adapter.edit?.({ address: rig.shared, messageId: first.messageId, replyRef }, { text: plain('1') });
    expect(rig.discord.fromBot(rig.shared.space).map((message) => message.content)).toEqual(['1', 'two']);
  });

  it('shows a secret link to one person only although the deferral was public (APPR-2)', async () => {
    const rig = await start();
    const { owner, stranger } = rig.discord.state;
    const ask = rig.discord.people.slash('ask', { message: 'x' }, { channelId: rig.shared.space });
    await answered(rig, ask);
    const replyRef = await refOf(rig, 'message.created');
    await rig.adapter.send(delivery(rig.shared, 'the link', { replyRef, ephemeralTo: owner.id }));
    await rig.adapter.send(delivery(rig.shared, 'the reply', { replyRef }));
    const contents = (id: string) => rig.discord.seenBy(id, rig.shared.space).map((message) => message.content);
    expect(contents(stranger.id)).toEqual(['the reply']);
    expect(contents(owner.id)).toEqual(['the reply', 'the link']);
  });
});

describe('buttons and forms', () => {
  const card: OutboundContent = {
    text: plain('Run: ls'),
    buttons: [
      [
        { label: 'Approve', value: 'h-yes', style: 'primary' },
        { label: 'Deny', value: 'h-no', style: 'danger' },
      ],
    ],
  };

  it('hands a press on and acknowledges it by a deferred update (APPR-3)', async () => {
    const rig = await start();
    const { messageId } = await rig.adapter.send(delivery(rig.shared, card));
    const press = rig.discord.people.presses(messageId, 'Approve');
    expect(await answered(rig, press)).toMatchObject({ type: 6 });
    expect(await event(rig, 'action.invoked')).toMatchObject({ eventId: press.id, value: 'h-yes', messageId });
    await rig.adapter.edit?.({ address: rig.shared, messageId }, { text: plain('✓ Approved') });
    expect(rig.discord.state.message(messageId)).toMatchObject({ content: '✓ Approved', components: [] });
  });

  it('gives a stranger’s press the emptiest acknowledgement (OWN-1, OWN-2)', async () => {
    const rig = await start();
    const { messageId } = await rig.adapter.send(delivery(rig.shared, card));
    const press = rig.discord.people.presses(messageId, 'Approve', rig.discord.state.stranger);
    expect(await answered(rig, press)).toMatchObject({ type: 6 });
    expect(rig.discord.fromBot(rig.shared.space)).toHaveLength(1);
  });

  it('takes a form and a button for updates of a message, also when little is said about it (OWN-1, CHAN-8)', () => {
    const from = { id: '7', application_id: '1', token: 't', channel: { id: '9' }, user: { id: '3' } };
    const form = readInteraction({ ...from, type: 5, data: { custom_id: 'h-reason', components: [] } }, 5);
    expect(form).toMatchObject({ answersWithMessage: false, mayPrompt: false, event: { value: 'h-reason', text: '' } });
    const press = readInteraction({ ...from, type: 3, message: { id: '8' }, data: { custom_id: 'h-yes' } }, 5);
    expect(press).toMatchObject({ answersWithMessage: false, event: { value: 'h-yes', messageId: '8' } });
  });

  it('asks for a reason in a form and hands it on (APPR-1)', async () => {
    const rig = await prepare();
    rig.answer = (one) =>
      one.kind === 'action.invoked' && one.text === undefined
        ? { accepted: true, prompt: { value: 'h-reason', title: 'Deny', label: 'Why' } }
        : { accepted: true };
    await begin(rig);
    const { messageId } = await rig.adapter.send(delivery(rig.shared, card));
    const press = rig.discord.people.presses(messageId, 'Deny');
    await rig.discord.until('a form', () => press.modal);
    const submit = rig.discord.people.submitsModal(press, 'use pnpm');
    expect(await answered(rig, submit)).toMatchObject({ type: 6 });
    expect(rig.events.at(-1)).toMatchObject({ value: 'h-reason', text: 'use pnpm', messageId, eventId: submit.id });
  });

  it('shows a notice to the presser alone, and only when the card itself does not change', async () => {
    const rig = await prepare();
    rig.answer = () => ({ accepted: true, notice: 'Expired 14:17, not run' });
    await begin(rig);
    const { messageId } = await rig.adapter.send(delivery(rig.shared, card));
    const press = rig.discord.people.presses(messageId, 'Approve');
    expect(await answered(rig, press)).toMatchObject({ type: 6 });
    const seenBy = (id: string) => rig.discord.seenBy(id, rig.shared.space).map((message) => message.content);
    await rig.discord.until('the notice', () => seenBy(rig.discord.state.owner.id).length === 2);
    expect(seenBy(rig.discord.state.owner.id)[1]).toBe('Expired 14:17, not run');
    expect(seenBy(rig.discord.state.stranger.id)).toEqual(['Run: ls']);
    await answered(rig, rig.discord.people.presses(messageId, 'Deny'));
    await rig.adapter.edit?.({ address: rig.shared, messageId }, { text: plain('✗ Denied 14:18') });
    await new Promise((resolve) => setTimeout(resolve, 1_700));
    expect(seenBy(rig.discord.state.owner.id)).toEqual(['✗ Denied 14:18', 'Expired 14:17, not run']);
  });

  it('answers a slash command with its notice at once, so that nobody sees what was typed (PASTE-2)', async () => {
    const rig = await prepare();
    rig.answer = () => ({ accepted: true, notice: 'It held a key.' });
    await begin(rig);
    const ask = rig.discord.people.slash('ask', { message: 'a key' }, { channelId: rig.shared.space });
    expect(await answered(rig, ask)).toMatchObject({ type: 4, ephemeral: true });
    await rig.adapter.send(delivery(rig.shared, 'the answer', { replyRef: await refOf(rig, 'message.created') }));
    const { owner, stranger } = rig.discord.state;
    const seenBy = (id: string) => rig.discord.seenBy(id, rig.shared.space).map((message) => message.content);
    expect([seenBy(owner.id), seenBy(stranger.id)]).toEqual([['It held a key.', 'the answer'], ['the answer']]);
  });

  it('answers nowhere but where the interaction began', async () => {
    const rig = await start();
    const ask = rig.discord.people.slash('ask', { message: 'x' }, { channelId: rig.shared.space });
    await answered(rig, ask);
    const replyRef = await refOf(rig, 'message.created');
    await rig.adapter.send(delivery(rig.direct, 'a mirrored card', { replyRef }));
    expect(rig.discord.answerTo(ask)?.loading).toBe(true);
    expect(rig.discord.fromBot().map((message) => message.content)).toEqual(['a mirrored card']);
  });

  it('never writes an answer over the card whose button was pressed', async () => {
    const rig = await start();
    const { messageId } = await rig.adapter.send(delivery(rig.shared, card));
    await answered(rig, rig.discord.people.presses(messageId, 'Approve'));
    const replyRef = await refOf(rig, 'action.invoked');
    await rig.adapter.send(delivery(rig.shared, 'done', { replyRef }));
    expect(rig.discord.fromBot(rig.shared.space).map((message) => message.content)).toEqual(['Run: ls', 'done']);
  });
});
