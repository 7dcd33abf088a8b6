import { isMap, isSeq, LineCounter, parseDocument, visit } from 'yaml';
import { z } from 'zod';
import { SeneschalError } from '../core/errors.js';

/**
 * HOME/rules.yaml (GUARD-13): the owner's own rules. Each denies or asks; none can allow, so a mistake in it makes
 * things stricter at worst. A rule names one of: a command (words as in `git push --tags`), a path, a host.
 */
export interface OwnerRules {
  readonly commands: readonly (OwnerRule & { readonly command: string })[];
  readonly paths: readonly (OwnerRule & { readonly path: string })[];
  readonly hosts: readonly (OwnerRule & { readonly host: string })[];
}

export interface OwnerRule {
  readonly name: string;
  readonly effect: 'deny' | 'ask';
  readonly reason: string;
}

const words = z.string().trim().min(1).max(500);
const ruleSchema = z
  .strictObject({
    name: z
      .string()
      .regex(/^[a-z0-9][a-z0-9-]{0,63}$/, 'small letters, digits and dashes')
      .optional(),
    effect: z.enum(['deny', 'ask']),
    command: words.optional(),
    path: words.optional(),
    host: words.optional(),
    reason: z.string().trim().min(1).max(200).optional(),
  })
  .refine((rule) => [rule.command, rule.path, rule.host].filter((one) => one !== undefined).length === 1, {
    message: 'a rule has exactly one of command, path and host',
  });
const fileSchema = z.strictObject({ rules: z.array(ruleSchema).max(1_000).default([]) });

export const NO_RULES: OwnerRules = { commands: [], paths: [], hosts: [] };

/** Throws `config.invalid` with the line of the first mistake. An empty text has no rules. */
export function loadRules(text: string): OwnerRules {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const broken = document.errors[0] ?? document.warnings[0];
  if (broken !== undefined) throw mistake(lines.linePos(broken.pos[0]).line, broken.message);
  visit(document, {
    Alias: (_, alias) => {
      throw mistake(lines.linePos(startOf(alias) ?? 0).line, 'aliases are not read here; write the rule out');
    },
  });
  const value: unknown = document.toJS();
  if (value === null || value === undefined) return NO_RULES;
  const parsed = fileSchema.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw mistake(lineOf(document.contents, issue?.path ?? [], lines, issue), issue?.message ?? 'not a list of rules');
  }
  const rules = parsed.data.rules.map((rule, index) => ({
    ...rule,
    name: rule.name ?? `rule-${index + 1}`,
    reason: rule.reason ?? 'is against a rule of yours',
  }));
  return {
    commands: rules.flatMap(({ name, effect, reason, command }) =>
      command === undefined ? [] : [{ name, effect, reason, command }],
    ),
    paths: rules.flatMap(({ name, effect, reason, path }) =>
      path === undefined ? [] : [{ name, effect, reason, path }],
    ),
    hosts: rules.flatMap(({ name, effect, reason, host }) =>
      host === undefined ? [] : [{ name, effect, reason, host }],
    ),
  };
}

/** The strictest rule about a path; null without one. `~` in a rule is any home folder; a folder covers what is in it. */
export function pathObjection(rules: OwnerRules, path: string): OwnerRule | null {
  return strictest(rules.paths.filter((rule) => pathMatches(rule.path, path)));
}

/** The strictest rule about a host name. `*.example.com` covers the names below it, not the name itself. */
export function hostObjection(rules: OwnerRules, host: string): OwnerRule | null {
  const name = host.toLowerCase().replace(/\.$/, '');
  return strictest(rules.hosts.filter((rule) => name !== '' && globMatches(rule.host.toLowerCase(), name)));
}

function pathMatches(pattern: string, path: string): boolean {
  const wanted = pattern.replace(/\/+(\*\*)?$/, '') || '/';
  const candidates =
    wanted.startsWith('~/') || wanted === '~'
      ? ['/home/*', '/root', '/Users/*'].map((home) => home + wanted.slice(1))
      : wanted.startsWith('/')
        ? [wanted]
        : [`*/${wanted}`, wanted];
  return candidates.some((one) => globMatches(one, path) || globMatches(`${one}/*`, path));
}

/** `*` is any characters. Linear enough: patterns and names are short. */
function globMatches(pattern: string, text: string): boolean {
  const pieces = pattern.split(/\*+/);
  const [first = '', ...rest] = pieces;
  if (!text.startsWith(first)) return false;
  let at = first.length;
  for (const [index, piece] of rest.entries()) {
    if (index === rest.length - 1) return text.length - at >= piece.length && text.endsWith(piece);
    const found = text.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return at === text.length;
}

const strictest = (rules: readonly OwnerRule[]): OwnerRule | null =>
  rules.find(({ effect }) => effect === 'deny') ?? rules[0] ?? null;

function mistake(line: number, what: string): SeneschalError {
  return new SeneschalError('config.invalid', `rules.yaml, line ${line}: ${what.split('\n')[0]}.`, {
    hint: 'A rule has effect (deny or ask), one of command, path and host, and may have name and reason.',
  });
}

/** The line of the deepest node on an issue's path that exists; of the unknown key itself where there is one. */
function lineOf(root: unknown, path: readonly PropertyKey[], lines: LineCounter, issue: unknown): number {
  let node = root;
  let offset = 0;
  const keys =
    typeof issue === 'object' && issue !== null && 'keys' in issue && Array.isArray(issue.keys) ? issue.keys : [];
  for (const step of [...path, ...keys.slice(0, 1)]) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => String(key) === String(step));
      if (pair === undefined) break;
      offset = startOf(pair.key) ?? offset;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(step)];
      offset = startOf(node) ?? offset;
    }
  }
  return lines.linePos(offset).line;
}

function startOf(node: unknown): number | null {
  return typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range)
    ? Number(node.range[0])
    : null;
}
