import { timingSafeEqual } from 'node:crypto';
import type { HttpBindings } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import type { System } from '../core/system.js';
import type { AcceptOutcome, Sealer, SecretAnswer, SecretIntake, SecretRequest } from '../core/vault.js';
import { hashToken } from '../vault/request.js';
import { type AddressRange, clientOf } from './client.js';
import { PLAIN } from './headers.js';
import { BODY_BYTES_MAX } from './listener.js';
import { alreadySavedPage, deadLinkPage, FORM_CSP, formPage, refusedPage, savedPage, type Typed } from './page.js';
import { createRateLimit } from './rate.js';
import { judgeSubmission, type Problem, readSubmission } from './submission.js';

/*
 * GET /s/TOKEN shows the form as often as it is asked for: chat apps fetch links for previews. POST takes the value,
 * once; the intake decides which of several posts that is. The token is looked up before anything of a body is read.
 */
const UNKNOWN_TOKENS = 5;
const UNKNOWN_WINDOW_MS = 15 * 60_000;
const TOKEN = /^[\w-]{43}$/;
const PATH = /^\/s\/([^/]+)$/;

export interface FormDeps {
  readonly system: System;
  readonly intake: SecretIntake;
  /** Opens the requests' private keys. */
  readonly sealer: Sealer;
  readonly timeZone: string;
  readonly trusted: readonly AddressRange[];
  /** `https://box.example:8443` where links point elsewhere than the Host header says. */
  readonly publicOrigin: string | undefined;
}

type Env = { Bindings: HttpBindings; Variables: { request: SecretRequest } };
type FormContext = Context<Env>;

export interface Form {
  readonly routes: Hono<Env>;
  /** Whether a path belongs to a known link: such a one is never held back by a limit (SECRET-4). */
  isKnown(path: string): boolean;
}

export function createForm(deps: FormDeps): Form {
  const { intake, system, timeZone } = deps;
  const unknownTokens = createRateLimit(system, UNKNOWN_TOKENS, UNKNOWN_WINDOW_MS);
  const routes = new Hono<Env>();

  function find(token: string): SecretRequest | null {
    if (!TOKEN.test(token)) return null;
    const hash = hashToken(token);
    const request = intake.find(hash);
    return request && timingSafeEqual(Buffer.from(request.tokenHash, 'hex'), Buffer.from(hash, 'hex')) ? request : null;
  }

  /** Null where the form may be shown; else the page for a link that is over. */
  function over(context: FormContext, request: SecretRequest): Response | Promise<Response> | null {
    if (request.state === 'saved') return used(context, request, request.answeredAt ?? request.expiresAt);
    if (request.state === 'cancelled' || request.expiresAt <= system.now()) return context.html(deadLinkPage(), 404);
    return null;
  }

  function used(context: FormContext, request: SecretRequest, at: number) {
    return context.html(alreadySavedPage(request, at, timeZone), 410);
  }

  function answered(context: FormContext, request: SecretRequest, outcome: AcceptOutcome, answer: SecretAnswer) {
    const { hosts } = answer;
    switch (outcome.kind) {
      case 'saved':
        return context.html(savedPage(request, hosts, outcome));
      case 'used':
        return used(context, request, outcome.at);
      case 'refused':
        return again(
          context,
          request,
          { kind: 'refused', reason: outcome.reason },
          { hosts: hosts.join('\n'), chosen: answer.chosen ?? null },
        );
      case 'expired':
      case 'cancelled':
      case 'unknown':
        return context.html(deadLinkPage(), 404);
    }
  }

  function again(context: FormContext, request: SecretRequest, problem: Problem, typed: Typed) {
    return context.html(formPage(request, timeZone, problem, typed), problem.kind === 'large' ? 413 : 422);
  }

  routes.use('/s/*', async (context, next) => {
    context.header('Content-Security-Policy', FORM_CSP);
    context.header('Referrer-Policy', 'no-referrer');
    context.header('X-Robots-Tag', 'noindex');
    await next();
  });

  routes.use('/s/:token', async (context, next) => {
    const request = find(context.req.param('token'));
    if (request) {
      context.set('request', request);
      return next();
    }
    const verdict = unknownTokens.take(clientOf(context.env.incoming, deps.trusted).key);
    if (verdict.ok) return context.html(deadLinkPage(), 404);
    context.header('Retry-After', String(verdict.waitSeconds));
    return context.html(refusedPage('Too many tries', 'Wait 15 minutes, or open the link from the chat.'), 429);
  });

  routes.get('/s/:token', (context) => {
    const request = context.get('request');
    return over(context, request) ?? context.html(formPage(request, timeZone));
  });

  routes.post(
    '/s/:token',
    async (context, next) => {
      const done = over(context, context.get('request'));
      if (done) return done;
      if (isSameOrigin(context, deps.publicOrigin)) return next();
      return context.html(refusedPage('Not taken', 'This was sent by another page. Open the link from the chat.'), 403);
    },
    async (context) => {
      const request = context.get('request');
      const form = await readForm(context.req.raw);
      // The rest is never read, so nothing can follow it on this connection.
      if (form === 'large') return context.text(`${PLAIN[413]}\n`, 413, { Connection: 'close' });
      const submission = form && (await readSubmission(form, deps.sealer, request, context.req.param('token')));
      if (!submission) return again(context, request, { kind: 'unreadable' }, { hosts: null, chosen: null });
      const judged = judgeSubmission(request, submission);
      if ('problem' in judged) return again(context, request, judged.problem, submission);
      const outcome = await intake.accept(request.tokenHash, judged.answer);
      return answered(context, request, outcome, judged.answer);
    },
  );

  return {
    routes,
    isKnown(path) {
      const token = PATH.exec(path)?.[1];
      return token !== undefined && find(token) !== null;
    },
  };
}

/** The posted fields, read no further than the limit, whether a length was announced or not; null where it is no form. */
async function readForm({ body, headers }: Request): Promise<FormData | 'large' | null> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body ?? []) {
    size += chunk.length;
    if (size > BODY_BYTES_MAX) return 'large';
    chunks.push(chunk);
  }
  const type = headers.get('content-type') ?? '';
  const whole = new Response(Buffer.concat(chunks), { headers: { 'content-type': type } });
  return whole.formData().catch(() => null);
}

/**
 * A browser says where a post comes from; a program says nothing and has the token. `Origin: null` is what a page with
 * `no-referrer` sends when its form posts without script, so it counts only with `Sec-Fetch-Site`.
 */
function isSameOrigin(context: FormContext, publicOrigin: string | undefined): boolean {
  const site = context.req.header('sec-fetch-site');
  const origin = context.req.header('origin');
  if (site !== undefined && site !== 'same-origin') return false;
  if (origin === undefined) return true;
  if (origin === 'null') return site === 'same-origin';
  return origin === publicOrigin || origin === `https://${context.req.header('host')}`;
}
