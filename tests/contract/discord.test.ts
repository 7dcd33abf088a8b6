import { describe, expect, it } from 'vitest';
import { paragraph, plain, text } from '../../src/core/richtext.js';
import { readMarkdown } from '../fakes/discord/markdown.js';
import { describeAdapter } from './adapter-suite.js';
import { discordHarness } from './discord-harness.js';
import { answered, begin, delivery, event, prepare, refOf, start } from './discord-rig.js';

describeAdapter(discordHarness);

describe('direct messages', () => {
  it('come in with quote, files and forwards (CHAN-11, CHAN-12)', async () => {
    const rig = await start();
    const { people } = rig.discord;
    const sent = await rig.adapter.send(delivery(rig.direct, 'a card'));
    people.directMessage('no, use pnpm', { replyTo: sent.messageId });
    expect(await event(rig, 'message.created')).toMatchObject({
      quote: { messageId: sent.messageId, author: 'agent', text: 'a card' },
    });
    const bytes = new TextEncoder().encode('hello');
    people.directMessage('look', { files: [{ name: 'a b.txt', type: 'text/plain', bytes }] });
    await rig.discord.until('the file', () => rig.events.length === 2);
    const withFile = rig.events[1];
    if (withFile?.kind !== 'message.created' || withFile.attachments[0] === undefined) throw new Error('no file');
    expect(withFile.attachments[0]).toMatchObject({ name: 'a b.txt', mimeType: 'text/plain', size: 5, kind: 'file' });
    expect(await rig.adapter.download(withFile.attachments[0], 5)).toEqual(bytes);
    await expect(rig.adapter.download(withFile.attachments[0], 4)).rejects.toMatchObject({ code: 'channel.too_large' });
  });

  it('are told as edited, deleted and reacted to, but our own deletions are not', async () => {
    const rig = await start();
    const { people } = rig.discord;
    const message = people.directMessage('first');
    people.edits(message.id, 'second');
    people.reacts(message.id, '👍');
    people.unreacts(message.id, '👍');
    people.deletes(message.id);
    await rig.discord.until('all', () => rig.events.length === 5);
    expect(rig.events.map(({ kind }) => kind)).toEqual([
      'message.created',
      'message.edited',
      'reaction.added',
      'reaction.removed',
      'message.deleted',
    ]);
    expect(new Set(rig.events.map(({ eventId }) => eventId)).size).toBe(5);
    const own = await rig.adapter.send(delivery(rig.direct, 'mine'));
    await rig.adapter.delete?.({ address: rig.direct, messageId: own.messageId });
    await rig.adapter.delete?.({ address: rig.direct, messageId: own.messageId });
    people.directMessage('after');
    await rig.discord.until('after', () => rig.events.length === 6);
    expect(rig.events[5]).toMatchObject({ kind: 'message.created', text: 'after' });
  });

  it('are kept and handed in again, in order, when they could not be stored (CHAN-8)', async () => {
    const rig = await prepare();
    let full = true;
    rig.answer = () => {
      if (full) throw new Error('the disk is full');
      return { accepted: true };
    };
    await begin(rig);
    for (const content of ['one', 'two', 'three']) rig.discord.people.directMessage(content);
    await rig.discord.until('trying', () => rig.events.length >= 3);
    const tried = rig.events.length;
    full = false;
    await rig.discord.until('again', () => rig.events.length >= tried + 3);
    const texts = rig.events.slice(-3).map((one) => (one.kind === 'message.created' ? one.text : ''));
    expect(texts).toEqual(['one', 'two', 'three']);
  });

  it('cannot be deleted by the bot when the owner wrote them, and it says so (PASTE-2)', async () => {
    const rig = await start();
    const pasted = rig.discord.people.directMessage('a key');
    const refused = rig.adapter.delete?.({ address: rig.direct, messageId: pasted.id });
    await expect(refused).rejects.toMatchObject({ code: 'channel.rejected' });
    expect(rig.adapter.capabilities.deletesOwnerMessages.direct).toBe(false);
  });

  it('say when the owner’s direct messages are closed', async () => {
    const rig = await start();
    const { id } = rig.discord.state.owner;
    expect(await rig.adapter.openDirect(id)).toEqual(rig.direct);
    rig.discord.state.closedDirect.add(id);
    await expect(rig.adapter.send(delivery(rig.direct, 'x'))).rejects.toMatchObject({ code: 'channel.rejected' });
  });
});

describe('messages in a server', () => {
  it('brings what others said since the agent was last addressed (OWN-4)', async () => {
    const rig = await start();
    const { people, state } = rig.discord;
    people.says(rig.shared.space, 'long ago', { user: state.stranger });
    await rig.adapter.send(delivery(rig.shared, 'an answer'));
    people.says(rig.shared.space, 'I think so', { user: state.stranger });
    people.mentions(rig.shared.space, 'what do you think?');
    const mentioned = await event(rig, 'message.created');
    expect(mentioned).toMatchObject({ text: 'what do you think?', address: rig.shared });
    expect(mentioned.context).toEqual([{ author: state.stranger.id, text: 'I think so' }]);
    expect(rig.events).toHaveLength(1);
  });

  it('works without the Message Content intent and says what is missing', async () => {
    const rig = await start({ messageContentIntent: false });
    rig.discord.people.says(rig.shared.space, 'unreadable', { user: rig.discord.state.stranger });
    rig.discord.people.mentions(rig.shared.space, 'readable');
    expect(await event(rig, 'message.created')).toMatchObject({ text: 'readable' });
    expect(rig.adapter.health()).toMatchObject({ ok: true, reason: expect.stringContaining('Message Content') });
  });

  it('says that it may not delete where the permission is missing, and deletes where it has it (PASTE-2)', async () => {
    const rig = await start();
    const pasted = rig.discord.people.mentions(rig.shared.space, 'a key');
    const target = { address: rig.shared, messageId: pasted.id };
    await expect(rig.adapter.delete?.(target)).rejects.toMatchObject({ code: 'channel.rejected' });
    rig.discord.state.channel(rig.shared.space).manageMessages = true;
    await rig.adapter.delete?.(target);
    expect(pasted.deleted).toBe(true);
  });
});

describe('the gateway connection', () => {
  it('resumes after a lost socket and hears what happened meanwhile (CHAN-8)', async () => {
    const rig = await start();
    rig.discord.gateway.refuseConnections = true;
    rig.discord.gateway.drop();
    await rig.discord.until('noticing', () => !rig.adapter.health().ok);
    rig.discord.people.directMessage('meanwhile');
    rig.discord.gateway.refuseConnections = false;
    expect(await event(rig, 'message.created')).toMatchObject({ text: 'meanwhile' });
    expect(rig.discord.gateway.beginnings).toEqual(['identify', 'resume']);
    expect(rig.adapter.health()).toEqual({ ok: true });
  });

  it('keeps its session while the network is away for longer, and hears all of it (CHAN-8)', async () => {
    const rig = await start();
    await rig.discord.goesDown();
    rig.discord.people.mentions(rig.shared.space, 'nobody could hear this');
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    await rig.discord.comesBack();
    expect(await event(rig, 'message.created')).toMatchObject({ text: 'nobody could hear this' });
    expect(rig.discord.gateway.beginnings).toEqual(['identify', 'resume']);
    expect(rig.log.filter((line) => line.includes('connection lost'))).toHaveLength(1);
  });

  it('resumes when Discord asks it to reconnect', async () => {
    const rig = await start();
    rig.discord.gateway.askToReconnect();
    await rig.discord.until('resuming', () => rig.discord.gateway.beginnings.includes('resume'));
    rig.discord.people.directMessage('after');
    expect(await event(rig, 'message.created')).toMatchObject({ text: 'after' });
  });

  it('leaves a connection whose heartbeats stay unanswered', async () => {
    const rig = await start({ heartbeatIntervalMs: 150 });
    rig.discord.gateway.zombie = true;
    rig.discord.people.directMessage('into the void');
    await rig.discord.until('noticing', () => !rig.adapter.health().ok);
    rig.discord.gateway.zombie = false;
    expect(await event(rig, 'message.created')).toMatchObject({ text: 'into the void' });
  });

  it('reads the direct messages that a lost session never told (CHAN-8)', async () => {
    let last: string | null = null;
    const rig = await start({ lastSeen: () => last });
    rig.discord.people.directMessage('known');
    last = `${(await event(rig, 'message.created')).messageId}/derived`;
    rig.discord.gateway.forgetSessions();
    rig.discord.people.directMessage('untold');
    rig.discord.gateway.drop();
    await rig.discord.until('reading', () => rig.events.length === 2, 15_000);
    expect(rig.events[1]).toMatchObject({ text: 'untold' });
  });

  it('reads at start what the owner wrote while it was away, in order and over pages (CHAN-8)', async () => {
    const rig = await prepare({ lastSeen: () => known.id });
    const known = rig.discord.people.directMessage('known');
    const written = Array.from({ length: 120 }, (_, index) => rig.discord.people.directMessage(`away ${index}`));
    rig.discord.people.directMessage('not the owner', { user: rig.discord.state.stranger });
    await begin(rig);
    await rig.discord.until('reading', () => rig.events.length >= 120);
    expect(rig.events.map(({ eventId }) => eventId)).toEqual(written.map(({ id }) => id));
    expect(rig.events[0]).toMatchObject({ kind: 'message.created', text: 'away 0', address: rig.direct });
  });

  it('reads them again when Discord was in trouble, whatever came meanwhile (CHAN-8)', async () => {
    let last = '';
    const rig = await prepare({ lastSeen: () => last });
    last = rig.discord.people.directMessage('known').id;
    rig.discord.people.directMessage('away');
    rig.discord.fail({ route: /^GET \/channels\/\d+\/messages/, kind: 'status', status: 503 });
    await begin(rig);
    last = rig.discord.people.directMessage('live').id;
    await rig.discord.until('reading', () => rig.events.some((one) => 'text' in one && one.text === 'away'));
    expect(rig.log.filter((line) => line.includes('missed direct messages could not be read'))).toHaveLength(1);
  });

  it('passes a malformed update over and goes on (CHAN-8, PASTE-5)', async () => {
    const rig = await start();
    rig.discord.gateway.tell('MESSAGE_CREATE', { id: 'x', nothing: true });
    rig.discord.gateway.tell('INTERACTION_CREATE', { id: '1', type: 2 });
    rig.discord.gateway.tell('MESSAGE_CREATE', {
      id: '5',
      channel_id: rig.direct.space,
      author: null,
      content: 'poison',
    });
    rig.discord.people.directMessage('fine');
    expect(await event(rig, 'message.created')).toMatchObject({ text: 'fine' });
    expect(rig.log.filter((line) => line.includes('malformed'))).toHaveLength(3);
    expect(rig.log.join()).not.toContain('poison');
  });

  it('refuses to start with a token that Discord refuses, at either door, and never shows it (CHAN-8)', async () => {
    const token = ['wrong', 'token', 'x'.repeat(30)].join('.');
    const byRest = await prepare({ token });
    const refused = await begin(byRest).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'channel.unauthorized' });
    const byGateway = await prepare();
    byGateway.discord.gateway.closeNextIdentifyWith = 4004;
    const closed = await begin(byGateway).catch((error: unknown) => error);
    expect(closed).toMatchObject({ code: 'channel.unauthorized' });
    expect(byGateway.adapter.health()).toMatchObject({ ok: false });
    expect(`${String(refused)}${JSON.stringify(refused)}${byRest.log.join()}`).not.toContain(token);
    expect(byGateway.log.join()).not.toContain(byGateway.discord.token);
  });

  it('waits for a Discord that is away when it starts, and says so (CHAN-8)', async () => {
    const rig = await prepare();
    await rig.discord.goesDown();
    const starting = begin(rig);
    await rig.discord.until('trying', () => rig.log.some((line) => line.includes('connecting to Discord failed')));
    expect(rig.adapter.health()).toMatchObject({ ok: false, reason: expect.stringContaining('not reachable') });
    await rig.discord.comesBack();
    await starting;
    expect(rig.adapter.health()).toEqual({ ok: true });
  });

  it('stops although a reconnect is under way, and opens no further socket', async () => {
    const rig = await start();
    rig.discord.gateway.drop();
    await rig.discord.until('noticing', () => !rig.adapter.health().ok);
    await rig.adapter.stop();
    await new Promise((resolve) => setTimeout(resolve, 800));
    expect(rig.discord.gateway.sockets.size).toBe(0);
  });
});

describe('sending', () => {
  it('makes one message of one delivery however often it is sent (TURN-4)', async () => {
    const rig = await start();
    const one = delivery(rig.direct, 'once');
    rig.discord.fail({ route: 'POST /channels/', kind: 'lost' });
    await expect(rig.adapter.send(one)).rejects.toMatchObject({ code: 'channel.unknown' });
    const receipt = await rig.adapter.send(one);
    expect(rig.discord.fromBot().map(({ id }) => id)).toEqual([receipt.messageId]);
    expect(await rig.adapter.findSent?.(one)).toEqual(receipt);
  });

  it('finds its message among others that have no buttons (TURN-4)', async () => {
    const rig = await start();
    rig.discord.people.directMessage('between');
    const sent = await rig.adapter.send(delivery(rig.direct, 'before'));
    expect(sent.messageId).not.toBe('');
    expect(await rig.adapter.findSent?.(delivery(rig.direct, 'never sent'))).toBeNull();
  });

  it('finds an old message by its buttons after a restart, and says null for what never came (TURN-4)', async () => {
    const rig = await start();
    const card = delivery(rig.direct, { text: plain('card'), buttons: [[{ label: 'Stop', value: 'h-stop' }]] });
    const { messageId } = await rig.adapter.send(card);
    await rig.adapter.stop();
    rig.discord.advance(3_600_000);
    const next = await start({ discord: rig.discord });
    expect(await next.adapter.findSent?.(card)).toEqual({ messageId });
    expect(await next.adapter.findSent?.(delivery(rig.direct, 'never sent'))).toBeNull();
  });

  it('writes a deferral’s answer again after a lost one, without a second message (TURN-4)', async () => {
    const rig = await start();
    await answered(rig, rig.discord.people.slash('ask', { message: 'x' }));
    const answer = delivery(rig.direct, 'answer', { replyRef: await refOf(rig, 'message.created') });
    rig.discord.fail({ route: 'PATCH /webhooks/', kind: 'lost' });
    await expect(rig.adapter.send(answer)).rejects.toMatchObject({ code: 'channel.unknown' });
    const found = await rig.adapter.findSent?.(answer);
    expect(await rig.adapter.send(answer)).toEqual(found);
    expect(rig.discord.fromBot()).toHaveLength(1);
  });

  it('hands a long wait on at once and waits a short one out itself (CHAN-8)', async () => {
    const slow = await start({ rateLimit: { limit: 1, windowMs: 60_000 } });
    await slow.adapter.send(delivery(slow.direct, 'first'));
    const refused = await slow.adapter.send(delivery(slow.direct, 'second')).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'channel.rate_limited', retryAfterMs: expect.any(Number) });
    const quick = await start({ rateLimit: { limit: 1, windowMs: 300 } });
    await quick.adapter.send(delivery(quick.direct, 'first'));
    await quick.adapter.send(delivery(quick.direct, 'second'));
    expect(quick.discord.fromBot()).toHaveLength(2);
  });

  it('pings nobody, shows no preview and takes no markup from text (CHAN-14, GUARD-14)', async () => {
    const rig = await start();
    const evil = '@everyone <@1> <#2> [x](https://evil.example) **b** `c` # h';
    await rig.adapter.send(delivery(rig.direct, { text: [paragraph(text(evil))] }));
    expect(rig.discord.state.violations).toEqual([]);
    const [sent] = rig.discord.fromBot();
    expect(readMarkdown(sent?.content ?? '')).toEqual({ text: evil, links: ['https://evil.example'], mentions: [] });
  });
});
