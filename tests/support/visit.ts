import type { IncomingHttpHeaders } from 'node:http';
import { request } from 'node:https';

export interface Page {
  readonly status: number;
  readonly body: string;
  readonly headers: IncomingHttpHeaders;
}

/** As a browser without script would do it; the certificate is the box's own. */
export function visit(link: string, form?: Record<string, string>): Promise<Page> {
  const url = new URL(link);
  const body = form === undefined ? undefined : new URLSearchParams(form).toString();
  return new Promise((resolve, reject) => {
    const headers =
      body === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded', origin: url.origin };
    const sent = request(
      {
        host: url.hostname,
        port: url.port,
        path: url.pathname,
        method: body === undefined ? 'GET' : 'POST',
        headers,
        rejectUnauthorized: false,
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text, headers: response.headers }));
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

/** The one-time link that stands on a line of its own. */
export const linkIn = (text: string): string => /^https:\/\/\S+\/s\/\S+$/m.exec(text)?.[0] ?? '';
