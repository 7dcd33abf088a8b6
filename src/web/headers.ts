/** What every response carries (NET-6), whoever writes it. Pages of a route may replace CSP and referrer policy. */
export function baseHeaders(publiclyTrusted: boolean): Readonly<Record<string, string>> {
  return {
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
    'Referrer-Policy': 'same-origin',
    'Permissions-Policy': 'camera=(), microphone=(), geolocation=()',
    'Content-Security-Policy': "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    // A name with our own CA must not be pinned to HTTPS on all its ports (SECRET-9): 0 says "do not remember".
    'Strict-Transport-Security': `max-age=${publiclyTrusted ? 31_536_000 : 0}`,
    'Cache-Control': 'no-store',
  };
}

/** One sentence for each status that the listener itself answers with. */
export const PLAIN: Readonly<Record<number, string>> = {
  400: 'This is not a request that can be read.',
  404: 'Nothing is here.',
  408: 'The request took too long.',
  413: 'The request is too large.',
  417: 'This expectation is not supported.',
  421: 'This listener does not answer to that host name.',
  429: 'Too many requests. Wait a little.',
  431: 'The request’s headers are too large.',
  500: 'This failed on the box; its log says why.',
};
