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
  behaviour: null,
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

  it('asks with a reason of its own when private and untrusted content could leave together (GUARD-4)', () => {
    const both = { ...page, private: ['your files'] };
    expect(decide(action(), facts({ taint: both }))).toEqual({
      effect: 'ask',
      rule: 'private-taint',
      reason: 'It would send something out after reading private and untrusted content.',
    });
    expect(decide(action(), facts({ taint: { untrusted: [], private: ['your files'] } })).effect).toBe('allow');
  });

  it('asks about a suspicious sequence whatever was granted, and never instead of refusing (GUARD-5)', () => {
    const behaviour = { rule: 'behaviour.loop', reason: 'The same call of x has failed 3 times.' };
    expect(decide(action(), facts({ behaviour }))).toEqual({ effect: 'ask', ...behaviour });
    const granted = decide(action({ class: 'network' }), facts({ behaviour, granted: true }));
    expect(granted).toEqual({ effect: 'ask', ...behaviour });
    expect(decide(action({ forbidden: 'No.' }), facts({ behaviour })).effect).toBe('deny');
  });

  it('never allows more when more is tainted, more was found or more is suspicious (GUARD-4, GUARD-5)', () => {
    const strictness = { allow: 0, ask: 1, deny: 2 } as const;
    const finding = fc.record({ source: fc.string(), kind: fc.constantFrom('override', 'hidden') });
    const taint: fc.Arbitrary<Taint> = fc.record({
      untrusted: fc.array(fc.webUrl()),
      private: fc.array(fc.string()),
      findings: fc.array(finding),
    });
    const anyAction = fc.record({
      class: fc.constantFrom('read', 'write', 'network', 'system'),
      outward: fc.boolean(),
      grantPattern: fc.option(fc.string()),
      forbidden: fc.option(fc.string()),
    });
    const hit = fc.option(fc.record({ rule: fc.string(), reason: fc.string() }));
    const anyFacts: fc.Arbitrary<PolicyFacts> = fc.record({
      granted: fc.boolean(),
      taint,
      addressGiven: fc.boolean(),
      cap: fc.option(fc.string()),
      ownerRule: fc.option(
        fc.record({ effect: fc.constantFrom('deny', 'ask'), name: fc.string(), reason: fc.string() }),
      ),
      behaviour: hit,
    });
    fc.assert(
      fc.property(anyAction, anyFacts, taint, hit, (given, known, more, behaviour) => {
        const one = action(given as Partial<ResolvedAction>);
        const less = strictness[decide(one, known).effect];
        const tainted = { ...known, taint: joinTaint(known.taint, more) };
        expect(strictness[decide(one, tainted).effect]).toBeGreaterThanOrEqual(less);
        const suspicious = { ...tainted, behaviour: known.behaviour ?? behaviour };
        expect(strictness[decide(one, suspicious).effect]).toBeGreaterThanOrEqual(less);
        expect(strictness[decide(one, { ...tainted, addressGiven: false }).effect]).toBeGreaterThanOrEqual(less);
        if (tainted.taint.untrusted.length > 0 && one.outward && one.class !== 'read') {
          expect(decide(one, { ...tainted, granted: true }).effect).not.toBe('allow');
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('an address that was given (GUARD-4)', () => {
  const says = (text: string): ModelMessage => ({ role: 'user', content: [{ type: 'text', text }] });
  const result = (text: string, name = 'fetch_page'): ModelMessage[] => [
    { role: 'assistant', content: [{ type: 'tool_call', callId: 'a', name, input: {} }] },
    { role: 'user', content: [{ type: 'tool_result', callId: 'a', text, isError: false }] },
  ];
  const wrapped = (text: string) => `<untrusted_data source="x">\n${text}\n</untrusted_data>`;

  it('is one that the owner wrote, or that stands in content already read', () => {
    expect(isGivenAddress('https://a.example/x', [says('read https://a.example/x, please')])).toBe(true);
    expect(isGivenAddress('https://a.example/', [says('look at https://a.example')])).toBe(true);
    expect(isGivenAddress('https://a.example/x?y=1', result(wrapped('<a href="https://a.example/x?y=1">')))).toBe(true);
  });

  it('is not one with something added, left out, or said by the model or by a tool itself', () => {
    expect(isGivenAddress('https://a.example/x?d=secret', [says('read https://a.example/x')])).toBe(false);
    expect(isGivenAddress('https://a.example/x', [says('read https://a.example/xyz')])).toBe(false);
    expect(isGivenAddress('https://a.example/x', result('There is no file https://a.example/x'))).toBe(false);
    // What the model wrote into a file comes back from it, inside the boundary too.
    for (const tool of ['read_file', 'search_files', 'run_command', 'unknown_tool']) {
      const laundered = result(wrapped('https://a.example/x?d=secret'), tool);
      expect(isGivenAddress('https://a.example/x?d=secret', laundered), tool).toBe(false);
    }
    const said: ModelMessage = { role: 'assistant', content: [{ type: 'text', text: 'https://a.example/x' }] };
    expect(isGivenAddress('https://a.example/x', [said])).toBe(false);
  });
});
