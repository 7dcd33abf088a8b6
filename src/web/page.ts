import { createHash } from 'node:crypto';
import { html, raw } from 'hono/html';
import { clockTime } from '../core/time.js';
import type { AcceptOutcome, Chosen, RequestedChoice, RequestedValue, SecretRequest } from '../core/vault.js';
import { showHidden } from '../core/visible.js';
import { FORM_SCRIPT } from './form-script.js';
import { FORM_STYLE } from './form-style.js';
import { type Problem, startHosts } from './submission.js';

type Markup = ReturnType<typeof html>;

/** Everything the page needs stands in it; nothing else may be loaded, run or framed, and it may only post home. */
export const FORM_CSP = [
  "default-src 'none'",
  `script-src ${hashOf(FORM_SCRIPT)}`,
  `style-src ${hashOf(FORM_STYLE)}`,
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

const CONSENT = 'Stored encrypted on this box. Never sent to the AI.';

const HOSTS_HINT =
  'One host a line, with or without a port: api.example.com or box.example.com:8443. Left empty, every use asks you.';
const PRODUCT_HINT = 'Seneschal uses this itself; the agent can neither read nor send it.';

/** What was typed beside the values. */
export interface Typed {
  readonly hosts: string | null;
  readonly chosen: Chosen | null;
}

/** The form. After a problem it keeps what was typed and asks for the values again: they are never sent back. */
export function formPage(request: SecretRequest, timeZone: string, problem?: Problem, typed?: Typed): Markup {
  return page(
    `Enter ${request.name}`,
    html`<p class="purpose">${shown(sentence(request.purpose))}</p>
      <p class="quiet">Check phrase: <span class="phrase">${request.phrase}</span>. The chat shows it too.</p>
      ${request.replaces ? replaces(request.replaces, timeZone) : ''}
      <form method="post" autocomplete="off" data-failed="The box could not be reached, or this link is damaged. Nothing was sent twice: try again, or open the link from the chat." data-large="The file is over 64 kB." data-binary="This is not a text file.">
        ${request.choices ? choiceField(request.choices, typed?.chosen ?? null) : ''}
        ${request.values.map((value, index) => valueField(value, index, request.choices === undefined))}
        <p class="hint consent">${CONSENT}</p>
        ${request.choices ? elsewhereFields(typed?.chosen ?? null) : ''}
        ${request.kind === 'owner' ? hostsField(request, typed?.hosts ?? null) : html`<input type="hidden" name="hosts" value=""><p class="hint field">${PRODUCT_HINT}</p>`}
        <div id="problem" role="alert">${problem ? problemLine(problem) : ''}</div>
        <button class="save" type="submit">Save</button>
      </form>
      <footer>
        <p>Works once, until ${clockTime(request.expiresAt, timeZone)}.</p>
        <p id="sealed" hidden>Sealed in this browser before it leaves.</p>
        <p id="plain" hidden>Sent over TLS without the further seal: the link has lost its part after #.</p>
      </footer>`,
  );
}

/** After a good post. */
export function savedPage(
  request: SecretRequest,
  hosts: readonly string[],
  outcome: Extract<AcceptOutcome, { kind: 'saved' }>,
): Markup {
  const names = request.values.map((value) => value.entry).join(', ');
  return page(
    `Saved ${outcome.name ?? request.name}`,
    html`${request.values.length > 1 ? html`<p>${names}</p>` : ''}
      ${request.kind === 'owner' ? html`<p>${hosts.length === 0 ? 'For no host yet: every use asks you.' : `For ${hosts.join(', ')} only.`}</p>` : ''}
      ${outcome.meaning === undefined ? '' : html`<p>${outcome.meaning}</p>`}
      ${outcome.overriddenBy.map((variable) => html`<p class="note">The environment variable ${variable} is set and wins over it.</p>`)}
      <p class="quiet">You can close this page.</p>`,
  );
}

/** The link of a request that was answered by saving. */
export function alreadySavedPage(request: SecretRequest, at: number, timeZone: string): Markup {
  return page(
    `Saved ${request.name} at ${clockTime(at, timeZone)}`,
    html`<p class="quiet">This link is used up. You can close this page.</p>`,
  );
}

/** One page for every link that does not work, so that it tells nothing about why. */
export function deadLinkPage(): Markup {
  return page(
    'This link does not work',
    html`<p>It may be incomplete, used, cancelled, or over its 10 minutes. Ask for a new one in your chat.</p>`,
  );
}

export function refusedPage(title: string, sentence: string): Markup {
  return page(title, html`<p>${sentence}</p>`);
}

function page(title: string, body: Markup): Markup {
  return html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="robots" content="noindex">
    <meta name="color-scheme" content="light dark">
    <title>${title} · Seneschal</title>
    <style>${raw(FORM_STYLE)}</style>
  </head>
  <body>
    <main>
      <h1 tabindex="-1">${title}</h1>
      ${body}
    </main>
    <script>${raw(FORM_SCRIPT)}</script>
  </body>
</html>
`;
}

function hostsField(request: SecretRequest, typed: string | null): Markup {
  const hosts = typed?.replaceAll('\r\n', '\n') ?? startHosts(request).join('\n');
  return html`<div class="field">
          <label for="hosts">May be sent to</label>
          <textarea id="hosts" name="hosts" rows="${Math.max(2, hosts.split('\n').length)}" autocapitalize="none" autocorrect="off" spellcheck="false" aria-describedby="hosts-hint">${raw('\n')}${shown(hosts)}</textarea>
          <span class="hint" id="hosts-hint">${HOSTS_HINT}</span>
        </div>
        ${suggestion(request)}`;
}

function choiceField(choices: readonly RequestedChoice[], typed: Chosen | null): Markup {
  return html`<div class="field">
          <label for="provider">Provider</label>
          <select id="provider" name="provider">
            ${choices.map(({ id, label }) => html`<option value="${id}"${id === typed?.id ? raw(' selected') : ''}>${shown(label)}</option>`)}
          </select>
        </div>`;
}

/** Folded away, because most owners need neither; open where something was typed. */
function elsewhereFields(typed: Chosen | null): Markup {
  const plain = raw('autocomplete="off" autocapitalize="none" autocorrect="off" spellcheck="false"');
  return html`<details class="field"${typed?.address || typed?.model ? raw(' open') : ''}>
          <summary>Address and model</summary>
          <div class="field">
            <label for="address">Address</label>
            <input type="text" id="address" name="address" inputmode="url" value="${shown(typed?.address ?? '')}" placeholder="https://api.example.com/v1" ${plain}>
            <span class="hint">Only for a compatible server.</span>
          </div>
          <div class="field">
            <label for="model">Model</label>
            <input type="text" id="model" name="model" value="${shown(typed?.model ?? '')}" ${plain}>
            <span class="hint">Left empty: the provider's usual one, or the first that a compatible server offers.</span>
          </div>
        </details>`;
}

function valueField(value: RequestedValue, index: number, isRequired: boolean): Markup {
  const id = `value-${index}`;
  const required = isRequired ? raw(' required') : '';
  const guarded = raw(
    'autocomplete="off" autocapitalize="none" autocorrect="off" spellcheck="false" data-1p-ignore data-lpignore="true" data-bwignore',
  );
  return html`<div class="field">
          <div class="head">
            <label for="${id}">${shown(value.label)}</label>
            <span class="tools">
              ${value.multiline ? html`<button class="small" type="button" data-file="${id}" hidden>Choose file</button>` : ''}
              <button class="small" type="button" data-reveal="${id}" aria-pressed="false" aria-label="Reveal ${shown(value.label)}" hidden>Reveal</button>
            </span>
          </div>
          ${
            value.multiline
              ? html`<textarea class="masked" id="${id}" name="value" rows="6"${required} ${guarded}></textarea>`
              : html`<input type="password" id="${id}" name="value"${required} ${guarded}>`
          }
        </div>`;
}

function replaces(before: NonNullable<SecretRequest['replaces']>, timeZone: string): Markup {
  const date = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeZone }).format(before.updatedAt);
  const hosts = before.hosts.length === 0 ? 'no host' : before.hosts.join(', ');
  return html`<p class="note">This replaces the value of ${date}, ${clockTime(before.updatedAt, timeZone)}, which may be sent to ${hosts}.</p>`;
}

/** Shown beside the field where it does not start with what the agent suggests. */
function suggestion(request: SecretRequest): Markup | '' {
  const starts = startHosts(request);
  const news = request.suggestedHosts.filter((host) => !starts.includes(host));
  if (news.length === 0) return '';
  const sources = request.untrustedSources;
  return html`<div class="note field">
          <p>The agent suggests ${shown(news.join(', '))}.</p>
          ${sources.length === 0 ? '' : html`<p>Before asking it had read ${sources.map((source) => shown(source)).join(', ')} (untrusted), so type the hosts yourself.</p>`}
        </div>`;
}

function problemLine(problem: Problem): Markup {
  if (problem.kind === 'short') {
    return html`<p class="problem">${shown(problem.label)} has under 6 characters, too few to be masked well in texts.</p>
          <p><label class="check"><input type="checkbox" name="confirm" value="yes"> Keep it nevertheless</label></p>`;
  }
  return html`<p class="problem">${problemText(problem)}</p>`;
}

function problemText(problem: Exclude<Problem, { kind: 'short' }>): string {
  switch (problem.kind) {
    case 'unreadable':
      return 'What arrived could not be read. Open the link from the chat again.';
    case 'empty':
      return `${shown(problem.label)} is empty.`;
    case 'large':
      return 'This is over 64 kB.';
    case 'host':
      return `${shown(problem.text)} is no host. Write a name such as api.example.com, or a name and a port.`;
    case 'refused':
      return problem.reason;
  }
}

/** In the chat it stands behind `I need NAME:`, here it stands alone. */
const sentence = (purpose: string): string => purpose.charAt(0).toUpperCase() + purpose.slice(1);

/** Most words here are the agent's: what hides or reorders in them is shown as it is. */
function shown(text: string): string {
  return showHidden(text).text;
}

function hashOf(content: string): string {
  return `'sha256-${createHash('sha256').update(content).digest('base64')}'`;
}
