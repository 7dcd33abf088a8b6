import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SeneschalError } from '../../../src/core/errors.js';
import { foldText } from '../../../src/guards/content/fold.js';
import { withoutHidden } from '../../../src/guards/content/html.js';
import { payloadsIn } from '../../../src/guards/content/payloads.js';
import { judgeInput } from '../../../src/guards/input.js';
import { decodeEscapes, normalise } from '../../../src/guards/normalise.js';
import { judgeOutput } from '../../../src/guards/output.js';
import { hostObjection, pathObjection } from '../../../src/guards/rules.js';
import { loadRules } from '../../../src/guards/rules-file.js';
import { createCommandGuard } from '../../../src/guards/shell/judge.js';

const ANY_TEXT = fc.string({ unit: 'binary', maxLength: 500 });
const PIECES = [
  '<',
  '>',
  '&',
  '%',
  '\\u',
  '&#',
  ';',
  '{',
  '}',
  '"',
  "'",
  '`',
  '$(',
  '<!--',
  '-->',
  '/',
  '\n',
  'a',
  '0',
  '😀',
];
const MARKUP = fc
  .array(fc.oneof(fc.constantFrom(...PIECES), fc.string({ maxLength: 3 })), { maxLength: 60 })
  .map((pieces) => pieces.join(''));
const text = fc.oneof(ANY_TEXT, MARKUP);
const words = fc.stringMatching(/^[a-z]{2,12}( [a-z]{2,12}){0,5}$/);

describe('reading a text through its disguises', () => {
  it('gives every folded character a span of the original, in order (GUARD-3)', () => {
    fc.assert(
      fc.property(text, fc.boolean(), (original, bare) => {
        const folded = foldText(original, bare);
        for (let at = 0; at < folded.text.length; at += 1) {
          const [start = -1, end = -1] = [folded.starts[at], folded.ends[at]];
          expect(start).toBeGreaterThanOrEqual(0);
          expect(end).toBeGreaterThan(start);
          expect(end).toBeLessThanOrEqual(original.length);
          if (at > 0) expect(start).toBeGreaterThanOrEqual(folded.starts[at - 1] ?? 0);
        }
      }),
    );
  });

  it('undoes percent codes, entities and escapes, however deep and mixed (GUARD-3)', () => {
    const encode = fc.constantFrom<(plain: string) => string>(
      (plain) => [...Buffer.from(plain)].map((one) => `%${one.toString(16).padStart(2, '0')}`).join(''),
      (plain) => [...plain].map((one) => `&#${one.charCodeAt(0)};`).join(''),
      (plain) => [...plain].map((one) => `&#x${one.charCodeAt(0).toString(16)};`).join(''),
      (plain) => [...plain].map((one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`).join(''),
      (plain) => plain.replace(/%/g, '%25').replace(/&/g, '&amp;'),
      (plain) => [...plain].join('\u200b'),
    );
    fc.assert(
      fc.property(words, fc.array(encode, { maxLength: 3 }), (plain, layers) => {
        const disguised = layers.reduce((inner, layer) => layer(inner), plain);
        expect(foldText(disguised).text).toBe(plain);
      }),
    );
  });

  it('never throws and never yields more than it was given (GUARD-9)', () => {
    fc.assert(
      fc.property(text, (original) => {
        expect(decodeEscapes(normalise(original)).text.length).toBeLessThanOrEqual(original.length);
        for (const payload of payloadsIn(original)) expect(payload.length).toBeLessThanOrEqual(original.length);
        expect(['allow', 'deny']).toContain(judgeInput(original).effect);
        expect(['allow', 'ask', 'deny']).toContain(
          judgeOutput({ kind: 'file', path: original, text: original }).effect,
        );
      }),
    );
  });

  it('takes out what a page hides and leaves what it shows, to the character (GUARD-3)', () => {
    const hide = fc.constantFrom<(inner: string) => string>(
      (inner) => `<!-- ${inner} -->`,
      (inner) => `<div hidden>${inner}</div>`,
      (inner) => `<p style="display:none">${inner}</p>`,
      (inner) => `<span style='font-size:0'><b>${inner}</b></span>`,
      (inner) => `<DIV\nHIDDEN="hidden" class="a>b">${inner}</DIV>`,
      (inner) => `<template><i>${inner}</i></template>`,
    );
    fc.assert(
      fc.property(words, words, words, hide, (before, secret, after, wrap) => {
        const page = withoutHidden(`${before}!<p>${wrap(`${secret}?`)}</p>${after}!`);
        expect(page.text.replace(/<[^>]*>/g, '')).toBe(`${before}!${after}!`);
        expect(page.hidden.join(' ')).toContain(secret);
      }),
    );
    fc.assert(
      fc.property(text, (original) => {
        const { text: shown } = withoutHidden(original);
        expect(shown.length).toBeLessThanOrEqual(original.length);
        if (!original.includes('<')) expect(shown).toBe(original);
      }),
    );
  });
});

describe('rules.yaml on anything (GUARD-13)', () => {
  const value = fc.oneof(
    fc.constantFrom('deny', 'ask', 'allow', 'rm', '~/x', '*.example.com', '', '[a]', '&x', '*x'),
    fc.string(),
  );
  const file = fc.oneof(
    ANY_TEXT,
    fc
      .array(fc.tuple(fc.constantFrom('name', 'effect', 'command', 'path', 'host', 'reason', 'allow'), value), {
        maxLength: 8,
      })
      .map((pairs) => `rules:\n  - ${pairs.map(([key, said]) => `${key}: ${said}`).join('\n    ')}\n`),
  );

  it('loads rules that deny or ask, or says in which line it went wrong', () => {
    fc.assert(
      fc.property(file, (written) => {
        try {
          const { commands, paths, hosts } = loadRules(written);
          for (const { effect } of [...commands, ...paths, ...hosts]) expect(['deny', 'ask']).toContain(effect);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(SeneschalError);
          expect((thrown as SeneschalError).message).toMatch(/^rules\.yaml, line \d+: /);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('never makes anything looser, whatever the rules and the command', () => {
    const strictness = { allow: 0, ask: 1, deny: 2 };
    const plain = createCommandGuard();
    const subject = fc.constantFrom('rm', 'git push', 'ls', 'curl', '*', 'sudo');
    const command = fc.constantFrom(
      'rm -rf /',
      'rm -rf src',
      'git push -f',
      'ls -l',
      'curl https://a.example.com',
      'sudo ls',
    );
    fc.assert(
      fc.property(fc.constantFrom('deny', 'ask'), subject, command, (effect, rule, line) => {
        const rules = loadRules(JSON.stringify({ rules: [{ effect, command: rule }] }));
        const [before, after] = [plain.judge(line).effect, createCommandGuard(rules).judge(line).effect];
        expect(strictness[after]).toBeGreaterThanOrEqual(strictness[before]);
      }),
    );
  });

  it('matches any path and host without a throw', () => {
    const rules = loadRules('rules:\n  - {effect: deny, path: "a*b*c"}\n  - {effect: deny, host: "*.*.x"}\n');
    fc.assert(
      fc.property(ANY_TEXT, (subject) => {
        expect([null, 'rule-1']).toContain(pathObjection(rules, subject)?.name ?? null);
        expect([null, 'rule-2']).toContain(hostObjection(rules, subject)?.name ?? null);
      }),
    );
  });
});
