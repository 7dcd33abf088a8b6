import { Hono } from 'hono';

/** What `GET /health` says: whether every part is up, or which is down and why, in one sentence. */
export type Health =
  | { readonly status: 'ok'; readonly [detail: string]: unknown }
  | { readonly status: 'down'; readonly reason: string };

/** 200 while up, 503 with the reason while down (START-6). Nothing secret may stand in it: it needs no login. */
export function healthRoute(health: () => Health): Hono {
  return new Hono().get('/health', (context) => {
    const now = health();
    return context.json(now, now.status === 'ok' ? 200 : 503);
  });
}
