import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readDispatch } from '../../adapters/discord/inbound.js';
import { readInteraction } from '../../adapters/discord/interaction.js';
import { readEnvelope } from '../../adapters/slack/inbound.js';
import { divideBurst, readTyped } from '../../adapters/terminal/inbound.js';

/** Payloads near enough to a real one that a parser gets past its first look, with anything in their places. */
const near = (fields: readonly string[], depth = 2): fc.Arbitrary<unknown> => {
  const leaf = fc.oneof(
    fc.constantFrom('1', 'D1', 'U1', '', null, true, 0, '1700000000.000100', 'message', 'im', 'block_actions'),
    fc.string({ maxLength: 20 }),
    fc.anything({ maxDepth: 1, maxKeys: 2 }),
  );
  const value =
    depth === 0 ? leaf : fc.oneof(leaf, near(fields, depth - 1), fc.array(near(fields, depth - 1), { maxLength: 2 }));
  return fc.dictionary(fc.constantFrom(...fields), value, { maxKeys: 10 });
};

describe('what a platform sends, whatever it is (CHAN-8)', () => {
  it('Slack: becomes an event, is ignored or is told malformed by its paths alone', () => {
    const payload = near([
      'event_id',
      'event',
      'type',
      'subtype',
      'channel',
      'channel_type',
      'user',
      'text',
      'ts',
      'message',
      'previous_message',
      'deleted_ts',
      'event_ts',
      'item',
      'reaction',
      'command',
      'user_id',
      'channel_id',
      'trigger_id',
      'actions',
      'action_id',
      'value',
      'container',
      'message_ts',
      'view',
      'state',
    ]);
    const type = fc.constantFrom('events_api', 'slash_commands', 'interactive', 'hello');
    const context = { botUserId: 'UBOT', receivedAt: 5, commands: new Set(['stop']) };
    fc.assert(
      fc.property(type, payload, (kind, sent) => {
        const reading = readEnvelope(kind, sent, context);
        if (reading.kind === 'malformed') expect(reading.reason).toMatch(/^[\w ]+: /);
      }),
      { numRuns: 500 },
    );
  });

  it('Discord: becomes an event or nothing, and throws nothing but a refusal to parse', () => {
    const sent = near([
      'id',
      'channel_id',
      'guild_id',
      'author',
      'bot',
      'content',
      'timestamp',
      'attachments',
      'mentions',
      'type',
      'message_reference',
      'message_snapshots',
      'message',
      'user_id',
      'message_id',
      'emoji',
      'name',
      'data',
      'options',
      'custom_id',
      'member',
      'user',
      'token',
      'application_id',
      'url',
      'filename',
      'size',
    ]);
    const event = fc.constantFrom(
      'MESSAGE_CREATE',
      'MESSAGE_UPDATE',
      'MESSAGE_DELETE',
      'MESSAGE_REACTION_ADD',
      'OTHER',
    );
    const self = { userId: '1', applicationId: '2' };
    fc.assert(
      fc.property(event, sent, (t, d) => {
        for (const read of [() => readDispatch({ t, d, s: 1 }, self, 5), () => readInteraction(d, 5)]) {
          try {
            read();
          } catch (thrown) {
            expect(thrown).toBeInstanceOf(z.core.$ZodError);
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  it('the terminal: any text is an event or nothing, and a burst loses none of its lines', () => {
    const commands = new Set(['stop', 'secret']);
    const line = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc.constantFrom('/stop', '/secret X', '', ' ', '1'),
    );
    fc.assert(
      fc.property(
        fc.array(
          line.map((one) => one.replace(/\n/g, ' ')),
          { maxLength: 10 },
        ),
        (lines) => {
          expect(divideBurst(lines, commands).join('\n').split('\n')).toEqual(lines.length === 0 ? [''] : lines);
          for (const text of lines) {
            const event = readTyped(text, { id: 'a', at: 1, commands, press: () => null });
            if (event === null) expect(text.trim()).toBe('');
            else if (event.kind === 'message.created') expect(event.text).toBe(text);
          }
        },
      ),
    );
  });
});
