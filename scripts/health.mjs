/**
 * The image's HEALTHCHECK: exit 0 when `GET /health` of this box's own listener answers 200. The certificate is not
 * checked, because the question never leaves loopback.
 */
import { get } from 'node:https';

const [, , url = 'https://127.0.0.1:8443/health'] = process.argv;
const request = get(url, { rejectUnauthorized: false, timeout: 4_000 }, (answer) => {
  answer.resume();
  process.exitCode = answer.statusCode === 200 ? 0 : 1;
});
request.on('timeout', () => request.destroy());
request.on('error', () => {
  process.exitCode = 1;
});
