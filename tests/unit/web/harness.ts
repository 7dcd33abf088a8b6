import { request as httpsRequest } from 'node:https';
import { connect } from 'node:tls';
import type { Logger } from '../../../src/core/log.js';
import type { System } from '../../../src/core/system.js';
import type { CertificateStore } from '../../../src/web/certificate.js';
import type { Health } from '../../../src/web/health.js';
import type { Listening } from '../../../src/web/listener.js';
import { createWeb, type WebOptions } from '../../../src/web/web.js';
import { type MemoryIntake, memoryIntake } from './memory-intake.js';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

export interface Call {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

export interface Running extends Listening {
  readonly intake: MemoryIntake;
  readonly logged: string[];
  health: Health;
  call(path: string, call?: Call): Promise<Answer>;
  post(
    token: string,
    fields: Readonly<Record<string, string>>,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Answer>;
  /** Bytes on a TLS socket, for what no client library would send. */
  rawly(bytes: string): Promise<string>;
  stop(): Promise<void>;
}

const OPTIONS: WebOptions = {
  bind: '127.0.0.1',
  port: 0,
  allowPublic: false,
  trustedProxies: [],
  timeZone: 'UTC',
};

export function memoryCertificates(): CertificateStore & { text: string | null; saves: number } {
  const store = {
    text: null as string | null,
    saves: 0,
    load: () => store.text,
    save(text: string) {
      store.text = text;
      store.saves += 1;
    },
  };
  return store;
}

export async function startWeb(
  system: System,
  options: Partial<WebOptions> = {},
  certificates = memoryCertificates(),
): Promise<Running> {
  const intake = await memoryIntake(system);
  const logged: string[] = [];
  const note = (fields: unknown, message: string) => void logged.push(`${message} ${JSON.stringify(fields)}`);
  const log: Logger = { debug: note, info: note, warn: note, error: note };
  const running = { health: { status: 'ok' } as Health };
  const web = createWeb(
    { system, log, intake, sealer: intake.vault, certificates, health: () => running.health },
    { ...OPTIONS, ...options },
  );
  const listening = await web.start();
  const call = (path: string, { method = 'GET', headers = {}, body }: Call = {}) =>
    new Promise<Answer>((resolve, reject) => {
      const request = httpsRequest(
        { host: '127.0.0.1', port: listening.port, path, method, headers, rejectUnauthorized: false, agent: false },
        (response) => {
          const parts: Buffer[] = [];
          response.on('data', (part: Buffer) => parts.push(part));
          response.on('end', () =>
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              body: Buffer.concat(parts).toString(),
            }),
          );
        },
      );
      request.on('error', reject);
      request.end(body);
    });
  return Object.assign(running, listening, {
    intake,
    logged,
    call,
    post: (token: string, fields: Readonly<Record<string, string>>, headers: Readonly<Record<string, string>> = {}) =>
      call(`/s/${token}`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
        body: new URLSearchParams(fields).toString(),
      }),
    rawly: (bytes: string) =>
      new Promise<string>((resolve, reject) => {
        let answer = '';
        const socket = connect({ host: '127.0.0.1', port: listening.port, rejectUnauthorized: false }, () =>
          socket.write(bytes),
        );
        socket.on('data', (part) => {
          answer += part.toString();
        });
        socket.on('close', () => resolve(answer));
        socket.on('error', reject);
      }),
    stop: () => web.stop(),
  });
}
