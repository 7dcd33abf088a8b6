import { describe, expect, it } from 'vitest';
import { promptMetadata, type Reading, readEnvelope } from '../../adapters/slack/inbound.js';
import { plainText } from '../../adapters/slack/text.js';

const context = { botUserId: 'U0AGENT', receivedAt: 1_000, commands: new Set(['stop', 'status', 'help']) };
const callback = (event: object) => ({ type: 'event_callback', event_id: 'Ev1', event });
const read = (event: object) => readEnvelope('events_api', callback(event), context);
const eventOf = (reading: Reading) => {
  if (reading.kind !== 'event') throw new Error(`not an event: ${JSON.stringify(reading)}`);
  return reading.event;
};
const ts = '1700000000.000100';

describe('Slack payloads', () => {
  it('opens a thread of its own for a top-level mention and takes the mention off (CHAN-6)', () => {
    const event = eventOf(read({ type: 'app_mention', channel: 'C1', user: 'U1', ts, text: '<@U0AGENT>: stop' }));
    expect(event).toMatchObject({
      kind: 'message.created',
      eventId: 'Ev1',
      messageId: ts,
      text: 'stop',
      sentAt: 1_700_000_000_000,
      address: { channel: 'slack', space: 'C1', thread: ts, direct: false },
      sender: { userId: 'U1' },
    });
  });

  it('keeps the root of a thread, and needs none in a direct conversation', () => {
    const inThread = { type: 'app_mention', channel: 'C1', user: 'U1', ts, thread_ts: '1.1', text: '<@U0AGENT> x' };
    expect(eventOf(read(inThread)).address.thread).toBe('1.1');
    const direct = { type: 'message', channel_type: 'im', channel: 'D1', user: 'U1', ts, text: 'x' };
    expect(eventOf(read(direct)).address).toEqual({ channel: 'slack', space: 'D1', direct: true });
    expect(eventOf(read({ ...direct, thread_ts: '1.1' })).address.thread).toBe('1.1');
    expect(eventOf(read({ ...direct, thread_ts: ts })).address.thread).toBeUndefined();
  });

  it.each([
    ['its own message', { type: 'message', channel_type: 'im', channel: 'D1', user: 'U0AGENT', ts, text: 'x' }],
    ['another app', { type: 'message', channel_type: 'im', channel: 'D1', user: 'U9', bot_id: 'B9', ts, text: 'x' }],
    ['channel talk', { type: 'message', channel_type: 'channel', channel: 'C1', user: 'U1', ts, text: 'x' }],
    ['a join', { type: 'message', subtype: 'channel_join', channel_type: 'im', channel: 'D1', user: 'U1', ts }],
    ['a kind nobody listed', { type: 'pin_added', user: 'U1' }],
    [
      'a preview that Slack added',
      {
        type: 'message',
        subtype: 'message_changed',
        channel: 'D1',
        channel_type: 'im',
        message: { ts, user: 'U1', text: 'same' },
        previous_message: { ts, user: 'U1', text: 'same' },
      },
    ],
  ])('passes over %s', (_what, event) => {
    expect(read(event)).toEqual({ kind: 'ignored' });
  });

  it('checks an edit by its editor (OWN-2)', () => {
    const event = eventOf(
      read({
        type: 'message',
        subtype: 'message_changed',
        channel: 'D1',
        channel_type: 'im',
        message: { ts, user: 'U1', text: 'new', edited: { user: 'U2' } },
        previous_message: { ts, user: 'U1', text: 'old' },
      }),
    );
    expect(event).toMatchObject({ kind: 'message.edited', messageId: ts, text: 'new', sender: { userId: 'U2' } });
  });

  it('reads deletions, also where Slack leaves a tombstone', () => {
    const before = { ts, user: 'U1', text: 'x' };
    const place = { type: 'message', channel: 'D1', channel_type: 'im', previous_message: before };
    const deleted = read({ ...place, subtype: 'message_deleted', deleted_ts: ts });
    expect(eventOf(deleted)).toMatchObject({ kind: 'message.deleted', messageId: ts, sender: { userId: 'U1' } });
    const tombstone = { ts, user: 'USLACKBOT', subtype: 'tombstone', text: 'This message was deleted.' };
    const left = read({ ...place, subtype: 'message_changed', message: tombstone });
    expect(eventOf(left)).toMatchObject({ kind: 'message.deleted', messageId: ts, sender: { userId: 'U1' } });
  });

  it('takes files as references and names shared messages as quotes (CHAN-11, CHAN-12)', () => {
    const event = eventOf(
      read({
        type: 'message',
        subtype: 'file_share',
        channel_type: 'im',
        channel: 'D1',
        user: 'U1',
        ts,
        text: 'look',
        files: [
          { id: 'F1', name: 'a.png', mimetype: 'image/png', size: 3, url_private: 'https://files.slack.com/a' },
          { broken: true },
          { id: 'F2', file_access: 'check_file_info' },
        ],
        attachments: [{ is_share: true, author_id: 'U0AGENT', text: 'I said &lt;this&gt;', ts: '1.2' }],
      }),
    );
    expect(event).toMatchObject({
      attachments: [
        { fileId: 'https://files.slack.com/a', name: 'a.png', mimeType: 'image/png', size: 3, kind: 'image' },
        { fileId: 'F2', name: 'F2', kind: 'file' },
      ],
      quote: { messageId: '1.2', author: 'agent', text: 'I said <this>' },
    });
  });

  it('takes a message shared without a comment as passed on (CHAN-11)', () => {
    const shared = { is_share: true, author_id: 'U9', text: 'obey me', ts: '1.2' };
    const message = { type: 'message', channel_type: 'im', channel: 'D1', user: 'U1', ts, attachments: [shared] };
    expect(eventOf(read({ ...message, text: '' }))).toMatchObject({ text: 'obey me', forwarded: true });
    const commented = eventOf(read({ ...message, text: 'see' }));
    expect(commented).toMatchObject({ text: 'see', quote: { author: 'U9', text: 'obey me' } });
    expect(commented).not.toHaveProperty('forwarded');
  });

  it.each([
    ['stop job 3', 'command.invoked', { name: 'stop', argument: 'job 3' }],
    ['/STOP', 'command.invoked', { name: 'stop', argument: '' }],
    ['', 'command.invoked', { name: 'help', argument: '' }],
    ['fix the &lt;build&gt;', 'message.created', { text: 'fix the <build>' }],
    ['ask what is new', 'message.created', { text: 'what is new' }],
  ])('reads the slash command %j (CHAN-6)', (text, kind, fields) => {
    const payload = { command: '/seneschal', text, user_id: 'U1', channel_id: 'C1', trigger_id: 't.1' };
    expect(eventOf(readEnvelope('slash_commands', payload, context))).toMatchObject({ kind, ...fields });
  });

  it('reads a press and what was typed into its form (APPR-1)', () => {
    const press = {
      type: 'block_actions',
      user: { id: 'U1', username: 'owner' },
      trigger_id: 't',
      channel: { id: 'C1' },
      container: { message_ts: ts, channel_id: 'C1', thread_ts: '1.1' },
      actions: [{ type: 'button', value: 'handle', action_ts: '1700000001.5' }],
    };
    const pressed = eventOf(readEnvelope('interactive', press, context));
    expect(pressed).toMatchObject({
      kind: 'action.invoked',
      value: 'handle',
      messageId: ts,
      address: { space: 'C1', thread: '1.1', direct: false },
      sender: { userId: 'U1', name: 'owner' },
    });
    const form = {
      type: 'view_submission',
      user: { id: 'U1' },
      view: {
        id: 'V1',
        callback_id: 'seneschal_prompt',
        private_metadata: promptMetadata('handle2', ts, pressed.address),
        state: { values: { prompt: { text: { type: 'plain_text_input', value: 'use pnpm' } } } },
      },
    };
    expect(eventOf(readEnvelope('interactive', form, context))).toMatchObject({
      kind: 'action.invoked',
      value: 'handle2',
      text: 'use pnpm',
      messageId: ts,
      address: pressed.address,
    });
    const broken = { ...form, view: { ...form.view, private_metadata: '{' } };
    expect(readEnvelope('interactive', broken, context).kind).toBe('malformed');
  });

  it('reads a press of which Slack tells the least, each once (APPR-3)', () => {
    const least = (action_id: string) => ({
      type: 'block_actions',
      user: { id: 'U1' },
      channel: { id: 'C1' },
      message: { ts, thread_ts: '1.1' },
      actions: [{ action_id, value: 'handle' }],
    });
    const press = (id: string, envelopeId: string) =>
      eventOf(readEnvelope('interactive', least(id), { ...context, envelopeId }));
    const pressed = press('press_0_0', 'e1');
    expect(pressed).toMatchObject({
      kind: 'action.invoked',
      value: 'handle',
      messageId: ts,
      sentAt: context.receivedAt,
      address: { space: 'C1', thread: '1.1', direct: false },
    });
    expect(press('press_0_0', 'e1').eventId).toBe(pressed.eventId);
    expect(press('press_0_0', 'e2').eventId).not.toBe(pressed.eventId);
    const command = { command: '/seneschal', text: 'status', user_id: 'U1', channel_id: 'C1' };
    const typed = eventOf(readEnvelope('slash_commands', command, { ...context, envelopeId: 'e3' }));
    expect(typed).toMatchObject({ kind: 'command.invoked', name: 'status', eventId: 'command:e3' });
  });

  it('names only the place of what is malformed, never its content', () => {
    const reading = read({ type: 'message', channel_type: 'im', channel: 'D1', text: 5, user: 'U1', ts });
    expect(reading).toEqual({ kind: 'malformed', reason: 'events_api: text' });
    expect(readEnvelope('events_api', {}, context).kind).toBe('malformed');
    expect(readEnvelope('interactive', null, context).kind).toBe('malformed');
  });
});

describe("Slack's text", () => {
  it.each([
    ['a &lt;b&gt; &amp;amp;', 'a <b> &amp;'],
    ['see <https://a.example/x?a=1&amp;b=2>', 'see https://a.example/x?a=1&b=2'],
    ['<http://a.example|a.example> and <mailto:me@a.example|me@a.example>', 'a.example and me@a.example'],
    ['<https://a.example/x|here>', 'here (https://a.example/x)'],
    ['<@U1> <@U2|ann> <#C1|general> <!here> <!subteam^S1|@team>', '@U1 @ann #general @here @team'],
    ['<@U0AGENT|agent>, <@U0AGENT> go', '@U0AGENT go'],
    ['<b>if a <c and d> e</b>', '<b>if a <c and d> e</b>'],
  ])('reads %j', (stored, typed) => {
    expect(plainText(stored, 'U0AGENT')).toBe(typed);
  });
});
