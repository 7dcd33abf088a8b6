import { isMap, isSeq, LineCounter, parseDocument, visit } from 'yaml';
import { z } from 'zod';
import { SeneschalError } from '../core/errors.js';
import { NO_RULES, type OwnerRules } from './rules.js';

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
