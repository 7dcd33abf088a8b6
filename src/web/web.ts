import type { HttpBindings } from '@hono/node-server';
import { Hono } from 'hono';
import type { Logger } from '../core/log.js';
import type { System } from '../core/system.js';
import type { Sealer, SecretIntake } from '../core/vault.js';
import { type CertificateStore, givenCertificate, ownCertificate } from './certificate.js';
import { parseRanges } from './client.js';
import { createForm } from './form.js';
import { PLAIN } from './headers.js';
import { type Health, healthRoute } from './health.js';
import { createListener, type Listener, type ListenerOptions } from './listener.js';

export interface WebDeps {
  readonly system: System;
  readonly log: Logger;
  readonly intake: SecretIntake;
  readonly sealer: Sealer;
  /** Keeps the product's own CA and certificate, private keys included. */
  readonly certificates: CertificateStore;
  health(): Health;
}

export interface WebOptions extends ListenerOptions {
  /** `SENESCHAL_TLS_CERT` and `SENESCHAL_TLS_KEY`: PEM or paths. Without it the product's own CA signs. */
  readonly tls?: { readonly certificate: string; readonly key: string };
  readonly timeZone: string;
}

/** The one listener that is always there: the one-time form and the health page, and 404 for all else. */
export function createWeb(deps: WebDeps, options: WebOptions): Listener {
  const { system, log } = deps;
  const { tls } = options;
  const form = createForm({
    system,
    intake: deps.intake,
    sealer: deps.sealer,
    timeZone: options.timeZone,
    trusted: parseRanges(options.trustedProxies),
    publicOrigin: options.publicUrl === undefined ? undefined : new URL(options.publicUrl).origin,
  });
  const routes = new Hono<{ Bindings: HttpBindings }>();
  routes.route('/', healthRoute(deps.health));
  routes.route('/', form.routes);
  routes.notFound((context) => context.text(`${PLAIN[404]}\n`, 404));
  routes.onError((thrown, context) => {
    log.error({ error: thrown, method: context.req.method }, 'a request failed');
    return context.text(`${PLAIN[500]}\n`, 500);
  });
  return createListener(
    {
      system,
      log,
      routes,
      certificate: async (names) =>
        tls ? givenCertificate(tls.certificate, tls.key) : ownCertificate(deps.certificates, system, names),
      alwaysServe: (path) => form.isKnown(path),
    },
    options,
  );
}
