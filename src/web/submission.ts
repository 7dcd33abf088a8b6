import { z } from 'zod';
import { asSeneschalError, SeneschalError } from '../core/errors.js';
import { Secret } from '../core/secret.js';
import type { Chosen, RequestedChoice, Sealer, SecretAnswer, SecretRequest } from '../core/vault.js';
import { openSubmission } from '../vault/request.js';
import { parseHosts, VALUE_BYTES_MAX, valueProblem } from '../vault/rules.js';

/** What a browser sent, before it is judged. */
export interface Submission {
  readonly values: readonly string[];
  /** Null where the form had no such field: the page's own start value holds. */
  readonly hosts: string | null;
  readonly shortConfirmed: boolean;
  /** What was picked where the request has choices. */
  readonly chosen: Chosen | null;
}

export type Problem =
  | { readonly kind: 'unreadable' }
  | { readonly kind: 'empty'; readonly label: string }
  | { readonly kind: 'short'; readonly label: string }
  | { readonly kind: 'large' }
  | { readonly kind: 'host'; readonly text: string }
  | { readonly kind: 'refused'; readonly reason: string };

/** The text inside a sealed submission. */
const Sealed = z.strictObject({
  values: z.array(z.string()),
  hosts: z.string(),
  confirm: z.boolean(),
  chosen: z.strictObject({ id: z.string(), address: z.string(), model: z.string() }).optional(),
});

/**
 * Reads the form's fields: either `sealed`, which only this request's private key opens, or `value` (one for each asked
 * value, in order), `hosts`, `confirm`, and for a choice `provider`, `address` and `model`. Null when neither can be read.
 */
export async function readSubmission(
  form: FormData,
  sealer: Sealer,
  request: SecretRequest,
  token: string,
): Promise<Submission | null> {
  const sealed = form.get('sealed');
  if (typeof sealed === 'string') return openSealed(sealed, sealer, request, token);
  const hosts = form.get('hosts');
  const values = await Promise.all(form.getAll('value').map((part) => (typeof part === 'string' ? part : part.text())));
  return {
    values,
    hosts: typeof hosts === 'string' ? hosts : null,
    shortConfirmed: form.get('confirm') === 'yes',
    chosen: { id: field(form, 'provider'), address: field(form, 'address'), model: field(form, 'model') },
  };
}

/** What the intake may have, or what the owner must mend first. */
export function judgeSubmission(
  request: SecretRequest,
  submission: Submission,
): { readonly answer: SecretAnswer } | { readonly problem: Problem } {
  if (submission.values.length !== request.values.length) return { problem: { kind: 'unreadable' } };
  const values = request.values.map((asked, index) => {
    const text = (submission.values[index] ?? '').replaceAll('\r\n', '\n');
    return { ...asked, text: asked.multiline ? text : text.replace(/\n+$/, '') };
  });
  const bytes = values.reduce((sum, { text }) => sum + Buffer.byteLength(text, 'utf8'), 0);
  if (bytes > VALUE_BYTES_MAX) return { problem: { kind: 'large' } };
  for (const { text, label } of values) {
    const kind = valueProblem(text);
    if (kind === 'empty' && request.choices) continue;
    if (kind === 'empty' || (kind === 'short' && !submission.shortConfirmed)) return { problem: { kind, label } };
  }
  const list = submission.hosts === null ? { hosts: startHosts(request) } : parseHosts(submission.hosts);
  if ('bad' in list) return { problem: { kind: 'host', text: list.bad } };
  const chosen = request.choices ? chosenOf(request.choices, submission.chosen) : undefined;
  if (chosen === null) return { problem: { kind: 'unreadable' } };
  return {
    answer: {
      values: values
        .filter(({ text }) => text.trim() !== '')
        .map(({ entry, text }) => ({ entry, value: new Secret(text) })),
      hosts: list.hosts,
      shortConfirmed: submission.shortConfirmed,
      ...(chosen === undefined ? {} : { chosen }),
    },
  };
}

/** The first choice where none was posted; null for one that the page did not offer. */
function chosenOf(choices: readonly RequestedChoice[], posted: Chosen | null): Chosen | null {
  const id = posted?.id || choices[0]?.id;
  if (!choices.some((choice) => choice.id === id)) return null;
  return { id: id ?? '', address: (posted?.address ?? '').trim(), model: (posted?.model ?? '').trim() };
}

/**
 * What the hosts field starts with: nothing after untrusted reading; the entry's own hosts where one is replaced, so
 * that a suggestion never widens them; else what was suggested.
 */
export function startHosts(request: SecretRequest): readonly string[] {
  if (request.untrustedSources.length > 0) return [];
  return request.replaces?.hosts ?? request.suggestedHosts;
}

function field(form: FormData, name: string): string {
  const value = form.get(name);
  return typeof value === 'string' ? value : '';
}

function openSealed(text: string, sealer: Sealer, request: SecretRequest, token: string): Submission | null {
  try {
    const opened = openSubmission(sealer, request, token, Buffer.from(text, 'base64url'));
    const { values, hosts, confirm, chosen } = Sealed.parse(JSON.parse(opened));
    return { values, hosts, shortConfirmed: confirm, chosen: chosen ?? null };
  } catch (thrown) {
    const expected = thrown instanceof z.ZodError || thrown instanceof SyntaxError;
    if (expected || asSeneschalError(thrown).code === 'vault.corrupt') return null;
    throw thrown instanceof SeneschalError ? thrown : asSeneschalError(thrown);
  }
}
