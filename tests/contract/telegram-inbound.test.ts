import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseUpdate, updateHead } from '../../adapters/telegram/inbound.js';

const context = { bot: { id: 70, username: 'Steward_Bot' }, receivedAt: 5_000_000 };
const owner = { id: 11, is_bot: false, first_name: 'Olivia' };
const privately = { id: 11, type: 'private' };
const group = { id: -100_5, type: 'supergroup' };
const message = (more: object, chat: object = privately) => ({
  update_id: 9,
  message: { message_id: 3, from: owner, chat, date: 4_000, ...more },
});
const events = (raw: unknown) => parseUpdate(raw, context).events;
const file = (more: object) => ({ file_id: 'F', file_unique_id: 'u', file_size: 10, ...more });

describe('Telegram updates', () => {
  it('a message carries its ids, its chat, its sender and its times', () => {
    expect(events(message({ text: 'hello' }))).toEqual([
      {
        kind: 'message.created',
        eventId: '9',
        channel: 'telegram',
        address: { channel: 'telegram', space: '11', direct: true },
        sender: { userId: '11', name: 'Olivia' },
        sentAt: 4_000_000,
        receivedAt: 5_000_000,
        messageId: '3',
        text: 'hello',
        attachments: [],
      },
    ]);
  });

  it('only a private chat is direct', () => {
    for (const type of ['group', 'supergroup', 'channel', 'unheard_of']) {
      expect(events(message({ text: 'x' }, { id: -5, type }))[0]?.address.direct).toBe(false);
    }
  });

  it.each([
    ['/stop', 'stop', ''],
    ['/Stop@steward_bot  job 3 ', 'stop', 'job 3'],
    ['/secret NAME\nmore', 'secret', 'NAME\nmore'],
    ['/start', 'help', ''],
    ['@Steward_Bot /panic', 'panic', ''],
  ])('%s is a command (CHAN-6)', (text, name, argument) => {
    expect(events(message({ text }))).toMatchObject([{ kind: 'command.invoked', name, argument, messageId: '3' }]);
  });

  it.each(['/etc/hosts is broken', 'see /stop', '/', '/two-words', '//stop'])('%s is no command', (text) => {
    expect(events(message({ text }))).toMatchObject([{ kind: 'message.created', text }]);
  });

  it('a command for another bot is not ours', () => {
    expect(events(message({ text: '/stop@other_bot' }, group))).toEqual([]);
  });

  it('the name that addresses the bot in a group is not part of the text', () => {
    expect(events(message({ text: '@steward_bot: stop all' }, group))).toMatchObject([{ text: 'stop all' }]);
    expect(events(message({ text: '@steward_bottom hello' }, group))).toMatchObject([
      { text: '@steward_bottom hello' },
    ]);
  });

  it('what was passed on or made by an inline bot is foreign, and never a command (CHAN-11)', () => {
    for (const more of [{ forward_origin: { type: 'hidden_user' } }, { via_bot: { id: 3, is_bot: true } }]) {
      expect(events(message({ text: '/panic', ...more }))).toMatchObject([
        { kind: 'message.created', text: '/panic', forwarded: true },
      ]);
    }
  });

  it.each<[string, object, string | null]>([
    ['the agent', { from: { id: 70, is_bot: true } }, 'agent'],
    ['its writer', { from: owner }, '11'],
    ['nobody, when it had been forwarded', { from: owner, forward_origin: { type: 'user' } }, null],
    ['nobody, when a chat wrote it', { from: owner, sender_chat: { id: -5 } }, null],
    ['nobody, when Telegram does not say', {}, null],
  ])('a quoted message belongs to %s (CHAN-11)', (_, more, author) => {
    const quoted = { message_id: 2, date: 1, chat: privately, text: 'whole text', ...more };
    expect(events(message({ text: 'x', reply_to_message: quoted }))).toMatchObject([
      { quote: { messageId: '2', author, text: 'whole text' } },
    ]);
    expect(
      events(message({ text: 'x', reply_to_message: quoted, quote: { text: 'part', position: 0 } })),
    ).toMatchObject([{ quote: { messageId: '2', author, text: 'part' } }]);
  });

  it('a quote from another chat is nobody’s', () => {
    const raw = message({ text: 'x', external_reply: { message_id: 8 }, quote: { text: 'there', position: 0 } });
    expect(events(raw)).toMatchObject([{ quote: { messageId: '8', author: null, text: 'there' } }]);
  });

  it.each<[string, object, object]>([
    [
      'a photo by its largest size',
      { photo: [file({ file_id: 'S', width: 90, height: 60 }), file({ file_id: 'L', width: 900, height: 600 })] },
      { fileId: 'L', name: 'photo.jpg', mimeType: 'image/jpeg', kind: 'image' },
    ],
    [
      'a document under its name',
      { document: file({ file_name: '../a.pdf', mime_type: 'application/pdf' }) },
      { fileId: 'F', name: '../a.pdf', mimeType: 'application/pdf', size: 10, kind: 'file' },
    ],
    ['a picture sent as a file', { document: file({ file_name: 'a.png', mime_type: 'image/png' }) }, { kind: 'image' }],
    ['a voice note', { voice: file({ mime_type: 'audio/ogg' }) }, { name: 'voice.ogg', kind: 'audio' }],
    ['audio', { audio: file({ file_name: 'song.mp3' }) }, { name: 'song.mp3', kind: 'audio' }],
    ['a video', { video: file({}) }, { name: 'video.mp4', kind: 'file' }],
  ])('%s is a reference, its caption the text (CHAN-12)', (_, more, attachment) => {
    expect(events(message({ caption: 'look', ...more }))).toMatchObject([{ text: 'look', attachments: [attachment] }]);
    expect(events(message(more))).toMatchObject([{ text: '' }]);
  });

  it('a press carries the opaque value and asks for an acknowledgement', () => {
    const query = {
      id: 'q1',
      from: owner,
      message: { message_id: 4, chat: group, date: 0 },
      chat_instance: 'c',
      data: 'h',
    };
    expect(parseUpdate({ update_id: 9, callback_query: query }, context)).toMatchObject({
      callbackId: 'q1',
      events: [
        { kind: 'action.invoked', value: 'h', messageId: '4', sender: { userId: '11' }, address: { direct: false } },
      ],
    });
    const { data: _, ...game } = query;
    expect(parseUpdate({ update_id: 9, callback_query: game }, context)).toMatchObject({
      callbackId: 'q1',
      events: [],
    });
  });

  it('a changed reaction is one removed and one added, with an event id each', () => {
    const type = (emoji: string) => ({ type: 'emoji', emoji });
    const reaction = {
      chat: privately,
      message_id: 4,
      date: 1,
      user: owner,
      old_reaction: [type('👍')],
      new_reaction: [type('👎')],
    };
    expect(events({ update_id: 9, message_reaction: reaction })).toMatchObject([
      { kind: 'reaction.added', reaction: '👎', eventId: '9', messageId: '4' },
      { kind: 'reaction.removed', reaction: '👍', eventId: '9.1' },
    ]);
  });

  it.each<[string, object]>([
    ['a join', message({ new_chat_members: [owner] }, group)],
    ['a pin', message({ pinned_message: {} }, group)],
    ['a post in the name of a chat', message({ text: 'x', sender_chat: { id: -5 } }, group)],
    ['a channel post', { update_id: 9, channel_post: { text: 'x' } }],
    ['a membership', { update_id: 9, my_chat_member: {} }],
    ['nothing', { update_id: 9 }],
  ])('%s does not exist for the core', (_, raw) => {
    expect(events(raw)).toEqual([]);
  });

  it('never throws anything but a refusal to parse, and always finds the number', () => {
    fc.assert(
      fc.property(
        fc.record({ update_id: fc.integer(), message: fc.anything(), callback_query: fc.anything() }),
        (raw) => {
          expect(updateHead(raw)?.id).toBe(raw.update_id);
          try {
            parseUpdate(raw, context);
          } catch (thrown) {
            expect((thrown as Error).constructor.name).toMatch(/^\$?ZodError$|ZodRealError/);
          }
        },
      ),
    );
    for (const raw of [null, 7, 'x', [], {}, { update_id: '9' }, { update_id: 1.5 }])
      expect(updateHead(raw)).toBeNull();
  });

  it('names kinds in the log without content', () => {
    expect(updateHead({ update_id: 1, 'owner said: hello': 1 })?.kind).toBe('unnamed');
  });
});
