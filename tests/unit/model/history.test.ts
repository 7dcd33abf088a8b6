import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ModelMessage } from '../../../src/core/message.js';
import { COMMON_IDS, MISTRAL_IDS, wireCallId, wireTurns } from '../../../src/model/history.js';

const text = (value: string): ModelMessage => ({ role: 'user', content: [{ type: 'text', text: value }] });
const said = (value: string): ModelMessage => ({ role: 'assistant', content: [{ type: 'text', text: value }] });
const call = (...ids: string[]): ModelMessage => ({
  role: 'assistant',
  content: ids.map((callId) => ({ type: 'tool_call', callId, name: 'run', input: {} })),
});
const result = (callId: string, value = 'done'): ModelMessage => ({
  role: 'user',
  content: [{ type: 'tool_result', callId, text: value, isError: false }],
});

const shape = (messages: readonly ModelMessage[]) =>
  wireTurns(messages, COMMON_IDS).map((turn) =>
    turn.role === 'user'
      ? `user(${[...turn.results.map((part) => `=${part.callId}:${part.text}`), ...turn.content.map((part) => (part.type === 'text' ? part.text : 'image'))].join(' ')})`
      : `assistant(${[...turn.text.map((part) => part.text), ...turn.calls.map((part) => `+${part.callId}`)].join(' ')})`,
  );

/** Our call ids are unique: the second use of one gets another. A result answers the latest. */
function withUniqueIds(messages: readonly ModelMessage[]): ModelMessage[] {
  const uses = new Map<string, number>();
  return messages.map((message): ModelMessage => {
    if (message.role === 'user') {
      const latest = (callId: string) => `${callId}${uses.get(callId) ?? 0}`;
      return {
        role: 'user',
        content: message.content.map((part) =>
          part.type === 'tool_result' ? { ...part, callId: latest(part.callId) } : part,
        ),
      };
    }
    const content = message.content.map((part) => {
      if (part.type !== 'tool_call') return part;
      const count = (uses.get(part.callId) ?? 0) + 1;
      uses.set(part.callId, count);
      return { ...part, callId: `${part.callId}${count}` };
    });
    return { role: 'assistant', content };
  });
}

describe('history for the wire', () => {
  it('joins results and the owner text behind them into one turn, results first', () => {
    expect(shape([text('go'), call('a', 'b'), result('a'), result('b', 'waiting'), text('and now?')])).toEqual([
      'user(go)',
      'assistant(+a +b)',
      'user(=a:done =b:waiting and now?)',
    ]);
  });

  it('keeps an outcome that came late as a pair of its own (TURN-2)', () => {
    expect(
      shape([text('go'), call('a'), result('a', 'waiting'), text('hi'), said('hello'), call('a2'), result('a2')]),
    ).toEqual(['user(go)', 'assistant(+a)', 'user(=a:waiting hi)', 'assistant(hello +a2)', 'user(=a2:done)']);
  });

  it('drops blank texts and empty assistant messages', () => {
    expect(shape([text('go'), said('  \n'), { role: 'assistant', content: [] }, text('again'), text(' ')])).toEqual([
      'user(go again)',
    ]);
  });

  it('never leaves a user turn empty and never begins with the assistant', () => {
    expect(shape([said('earlier'), text(' ')])).toEqual(['user((no text))', 'assistant(earlier)', 'user((no text))']);
    expect(shape([])).toEqual(['user((no text))']);
  });

  it('answers calls whose result was lost, and leaves out results whose call was cut away', () => {
    const lost = 'No result was recorded; it is not known whether this ran.';
    expect(shape([result('gone'), text('go'), call('a', 'b'), result('b'), text('next')])).toEqual([
      'user(go)',
      'assistant(+a +b)',
      `user(=b:done =a:${lost} next)`,
    ]);
    expect(shape([text('go'), call('a')]).at(-1)).toBe(`user(=a:${lost})`);
  });

  it('maps foreign ids the same way every time, for both sides of a call (MODEL-1)', () => {
    const id = 'chatcmpl-tool:ünïcode/with spaces and far more than forty characters';
    expect(wireCallId(id, COMMON_IDS)).toMatch(/^[a-zA-Z0-9_-]{1,40}$/);
    expect(wireCallId(id, MISTRAL_IDS)).toMatch(/^[a-zA-Z0-9]{9}$/);
    expect(wireCallId(id, COMMON_IDS)).toBe(wireCallId(id, COMMON_IDS));
    expect(wireCallId('toolu_01AbC-_9', COMMON_IDS)).toBe('toolu_01AbC-_9');
    expect(wireCallId('a1B2c3D4e', MISTRAL_IDS)).toBe('a1B2c3D4e');
    const [, assistant, user] = wireTurns([text('go'), call(id), result(id)], MISTRAL_IDS);
    if (assistant?.role !== 'assistant' || user?.role !== 'user') throw new Error('wrong roles');
    expect(user.results[0]?.callId).toBe(assistant.calls[0]?.callId);
  });

  it('gives a prefix that stays the same as the history grows, so that caches match (TURN-6)', () => {
    const history = [text('go'), call('a:1'), result('a:1'), said('done'), text('more'), call('b:1'), result('b:1')];
    const whole = wireTurns(history, COMMON_IDS);
    for (const length of [1, 3, 5]) {
      expect(whole.slice(0, length)).toEqual(wireTurns(history.slice(0, length), COMMON_IDS));
    }
  });

  it('keeps the rules of every provider whatever the history holds', () => {
    const id = fc.constantFrom('a', 'b', 'c:d');
    const message = fc.oneof(
      fc.constantFrom('', ' ', 'x').map(text),
      fc.constantFrom('', 'y').map(said),
      fc.uniqueArray(id, { minLength: 1, maxLength: 3 }).map((ids) => call(...ids)),
      id.map((callId) => result(callId)),
    );
    fc.assert(
      fc.property(fc.array(message, { maxLength: 12 }), (messages) => {
        const turns = wireTurns(withUniqueIds(messages), COMMON_IDS);
        expect(turns[0]?.role).toBe('user');
        turns.forEach((turn, index) => {
          const before = turns[index - 1];
          expect(turn.role).not.toBe(before?.role);
          if (turn.role === 'assistant') {
            expect(turn.text.length + turn.calls.length).toBeGreaterThan(0);
            return;
          }
          const called = before?.role === 'assistant' ? before.calls.map((part) => part.callId).sort() : [];
          expect(turn.results.map((part) => part.callId).sort()).toEqual(called);
          expect(turn.results.length + turn.content.length).toBeGreaterThan(0);
        });
        const last = turns.at(-1);
        if (last?.role === 'assistant') expect(last.calls).toEqual([]);
      }),
    );
  });
});
