import { SeneschalError } from '../../core/errors.js';
import { portOf } from '../../guards/addresses.js';

/** The URL of a tool's input, without its fragment. Throws `tool.input` for what no request can be made of. */
export function parseWebUrl(tool: string, text: string): URL {
  const refuse = (why: string) => new SeneschalError('tool.input', `${tool}: ${why}.`);
  if (!URL.canParse(text)) throw refuse('url is not a valid URL with http:// or https:// in front');
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw refuse('url must begin with http:// or https://');
  if (url.username !== '' || url.password !== '') {
    throw refuse('url holds a user name or password; use http_request with secret:NAME in an authorization header');
  }
  url.hash = '';
  return url;
}

/** `scheme://host:port/path`, as sources are shown. */
export function sourceOf(url: URL): string {
  return `${url.protocol}//${url.hostname}:${portOf(url)}${url.pathname}`.slice(0, 300);
}
