import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the fakes of web services share: a server on loopback that keeps what it was asked. */
export interface WebRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingHttpHeaders;
}

export interface WebAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

export interface WebFake {
  readonly url: string;
  readonly port: number;
  readonly requests: WebRequest[];
  close(): Promise<void>;
}

export async function startWebFake(answer: (request: WebRequest) => WebAnswer): Promise<WebFake> {
  const requests: WebRequest[] = [];
  const server: Server = createServer((incoming, response) => {
    const request = {
      method: incoming.method ?? 'GET',
      url: new URL(incoming.url ?? '/', 'http://fake'),
      headers: incoming.headers,
    };
    requests.push(request);
    const { status = 200, headers = { 'content-type': 'text/html; charset=utf-8' }, body = '' } = answer(request);
    response.writeHead(status, headers).end(body);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    requests,
    async close() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}
