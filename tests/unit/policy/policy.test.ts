import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ModelMessage } from '../../../src/core/message.js';
import type { ResolvedAction } from '../../../src/core/tool.js';
import { joinTaint, NO_TAINT, type Taint } from '../../../src/core/trust.js';
import { reachedCap } from '../../../src/policy/caps.js';
import { isGivenAddress } from '../../../src/policy/given-address.js';
import { decide, type PolicyFacts } from '../../../src/policy/policy.js';

const action = (more: Partial<ResolvedAction> = {}): ResolvedAction => ({
  tool: 'http_request',
  class: 'read',
  bound: {},
  card: { title: 'GET https://example.org/', body: '', facts: [] },
  grantPattern: 'GET https://example.org/',
  outward: true,
  repeatable: true,
  forbidden: null,
  ...more,
});
const page: Taint = { untrusted: ['https://example.org:443/post'], private: [] };
const facts = (more: Partial<PolicyFacts> = {}): PolicyFacts => ({
  granted: false,
  taint: NO_TAINT,
  addressGiven: false,
  cap: null,
  ownerRule: null,
  ...more,
});

describe('the policy (APPR-1, APPR-5, GUARD-4)', () => {
  it('lets reads run and asks for the rest', () => {
    expect(decide(action(), facts()).effect).toBe('allow');
    for (const kind of ['write', 'network', 'system'] as const) {
      expect(decide(action({ class: kind }), facts()).effect).toBe('ask');
    }
  });

  it('denies what is forbidden whatever was granted', () => {
    const decision = decide(action({ class: 'system', forbidden: 'It wipes the disk.' }), facts({ granted: true }));
    expect(decision).toMatchObject({ effect: 'deny', rule: 'forbidden', reason: 'It wipes the disk.' });
  });

  it('asks before anything composed leaves the box after untrusted content, reads included (GUARD-4)', () => {
    expect(decide(action(), facts({ taint: page })).rule).toBe('taint');
    expect(decide(action(), facts({ taint: page, addressGiven: true })).effect).toBe('allow');
    expect(decide(action({ outward: false }), facts({ taint: page })).effect).toBe('allow');
  });

  it('sets standing grants aside after untrusted content (APPR-5)', () => {
    const send = action({ class: 'network' });
    expect(decide(send, facts({ granted: true })).rule).toBe('grant');
    expect(decide(send, facts({ granted: true, taint: page, addressGiven: true })).effect).toBe('ask');
  });

  it('asks once a cap on requests is reached, a read and a granted send too (GUARD-2, GUARD-12)', () => {
    const cap = reachedCap({ conversation: 3, hour: 9, day: 20 }, { conversation: 4, hour: 9, day: 20 });
    expect(cap).toBe('Cap reached: 9 of 9 requests in the last hour; approving lets this one go.');
    expect(decide(action(), facts({ cap, addressGiven: true }))).toMatchObject({ effect: 'ask', rule: 'cap' });
    expect(decide(action({ class: 'network' }), facts({ cap, granted: true })).effect).toBe('ask');
    expect(decide(action({ forbidden: 'No.' }), facts({ cap })).effect).toBe('deny');
    expect(reachedCap({ conversation: 3, hour: 8, day: 19 }, { conversation: 4, hour: 9, day: 20 })).toBeNull();
  });

  it('obeys the owner’s own rules, which only make things stricter (GUARD-13)', () => {
    const ownerRule = { effect: 'ask', name: 'no-intranet', reason: 'is against a rule of yours' } as const;
    expect(decide(action(), facts({ ownerRule })).effect).toBe('ask');
    expect(decide(action({ class: 'write' }), facts({ granted: true, ownerRule })).effect).toBe('ask');
    expect(decide(action(), facts({ ownerRule: { ...ownerRule, effect: 'deny' } })).effect).toBe('deny');
  });

  it('never allows more when more is tainted', () => {
    const strictness = { allow: 0, ask: 1, deny: 2 } as const;
    const taint = fc.record({ untrusted: fc.array(fc.webUrl()), private: fc.array(fc.string()) });
    const anyAction = fc.record({
      class: fc.constantFrom('read', 'write', 'network', 'system'),
      outward: fc.boolean(),
      grantPattern: fc.option(fc.string()),
      forbidden: fc.option(fc.string()),
    });
    fc.assert(
      fc.property(anyAction, taint, taint, fc.boolean(), fc.boolean(), (given, a, b, granted, addressGiven) => {
        const less = decide(
          action(given as Partial<ResolvedAction>),
          facts({ ...facts(), granted, addressGiven, taint: a }),
        );
        const more = decide(
          action(given as Partial<ResolvedAction>),
          facts({ ...facts(), granted, addressGiven, taint: joinTaint(a, b) }),
        );
        expect(strictness[more.effect]).toBeGreaterThanOrEqual(strictness[less.effect]);
      }),
    );
  });
});

describe('an address that was given (GUARD-4)', () => {
  const says = (text: string): ModelMessage => ({ role: 'user', content: [{ type: 'text', text }] });
  const result = (text: string): ModelMessage => ({
    role: 'user',
    content: [{ type: 'tool_result', callId: 'a', text, isError: false }],
  });
  const wrapped = (text: string) => `<untrusted_data source="x">\n${text}\n</untrusted_data>`;

  it('is one that the owner wrote, or that stands in content already read', () => {
    expect(isGivenAddress('https://a.example/x', [says('read https://a.example/x, please')])).toBe(true);
    expect(isGivenAddress('https://a.example/', [says('look at https://a.example')])).toBe(true);
    expect(isGivenAddress('https://a.example/x?y=1', [result(wrapped('<a href="https://a.example/x?y=1">'))])).toBe(
      true,
    );
  });

  it('is not one with something added, left out, or said by the model or by a tool itself', () => {
    expect(isGivenAddress('https://a.example/x?d=secret', [says('read https://a.example/x')])).toBe(false);
    expect(isGivenAddress('https://a.example/x', [says('read https://a.example/xyz')])).toBe(false);
    expect(isGivenAddress('https://a.example/x', [result('There is no file https://a.example/x')])).toBe(false);
    const said: ModelMessage = { role: 'assistant', content: [{ type: 'text', text: 'https://a.example/x' }] };
    expect(isGivenAddress('https://a.example/x', [said])).toBe(false);
  });
});
