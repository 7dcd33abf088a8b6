import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server that a secret is for: it keeps what it got and echoes it. */
export async function startHost() {
  const got: IncomingHttpHeaders[] = [];
  /** Each request as it came: line, headers, body. */
  const requests: string[] = [];
  const server: Server = createServer((request, response) => {
    got.push(request.headers);
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => {
      body += chunk;
    });
    request.on('end', () => {
      requests.push(`${request.method} ${request.url}\n${JSON.stringify(request.headers)}\n${body}`);
      response.end(`hello, you sent ${request.headers.authorization ?? 'nothing'} ${body}`.trim());
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  return { got, requests, port, place: `127.0.0.1:${port}`, close: () => server.close() };
}
