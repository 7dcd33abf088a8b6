import { LogLevel, webApi } from '@slack/bolt';
import type { Secret } from '../../src/core/secret.js';

const REQUEST_TIMEOUT_MS = 15_000;
/** Goes along with everything that shows text: Slack must fetch no address in it. */
export const NO_PREVIEWS = { unfurl_links: false, unfurl_media: false } as const;

/** The library's log lines hold whole payloads, which may hold a key nobody has masked yet: none of them is kept. */
export const SILENT = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  setLevel: () => {},
  getLevel: () => LogLevel.ERROR,
  setName: () => {},
};

/** Shared by the Web API client and the socket's own one, which would otherwise dial the real service. */
export function clientOptions(apiUrl: string | undefined) {
  return {
    ...(apiUrl === undefined ? {} : { slackApiUrl: apiUrl }),
    // A lost answer must not make a second message, and waiting out a rate limit is the gateway's to decide.
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    timeout: REQUEST_TIMEOUT_MS,
    logger: SILENT,
  };
}

export function createWebClient(token: Secret, apiUrl: string | undefined): webApi.WebClient {
  return new webApi.WebClient(token.reveal(), clientOptions(apiUrl));
}
