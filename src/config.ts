import { isIP } from 'node:net';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { SeneschalError } from './core/errors.js';
import { Secret } from './core/secret.js';
import { hostName, parseAddress, parseNetworkAllow } from './guards/addresses.js';
import { parseModelSpecs } from './model/spec.js';

/**
 * All configuration is environment variables, read once, checked against this one schema. Each line of the table is
 * the whole truth about its variable: .env.example and docs/configuration.md are made from it.
 */
interface Variable<T> {
  readonly default: string | null;
  readonly secret?: true;
  /** What is allowed, for the error sentence and the documentation. */
  readonly allowed: string;
  readonly meaning: string;
  readonly parse: (value: string) => T;
}

const text = (meaning: string, allowed = 'text', byDefault: string | null = null): Variable<string> => ({
  default: byDefault,
  allowed,
  meaning,
  parse: (value) => value,
});

/** The text as it is, where it has a form that can be checked here. */
const checked = (base: Variable<string>, holds: (value: string) => boolean): Variable<string> => ({
  ...base,
  parse: (value) => z.string().refine(holds).parse(value),
});

const secret = (meaning: string): Variable<Secret> => ({
  default: null,
  secret: true,
  allowed: 'a token or key',
  meaning,
  parse: (value) => new Secret(value),
});

const url = (meaning: string): Variable<string> => ({
  default: null,
  allowed: 'an http or https address',
  meaning,
  parse: (value) =>
    z
      .url({ protocol: /^https?$/ })
      .parse(value)
      .replace(/\/+$/, ''),
});

const flag = (meaning: string, byDefault: boolean): Variable<boolean> => ({
  default: String(byDefault),
  allowed: 'true or false',
  meaning,
  parse: (value) => z.enum(['true', 'false', '1', '0']).parse(value.toLowerCase()) in { true: 1, '1': 1 },
});

const whole = (meaning: string, byDefault: number, least: number, most: number): Variable<number> => ({
  default: String(byDefault),
  allowed: `a whole number from ${least} to ${most}`,
  meaning,
  parse: (value) => z.coerce.number().int().min(least).max(most).parse(value),
});

/** What an account's stable id looks like on each platform: a name, which can change hands, never fits. */
export const OWNER_ID = {
  telegram: /^\d{1,20}$/,
  slack: /^[UW][A-Z0-9_-]{1,63}$/,
  discord: /^\d{1,20}$/,
} as const;

const ids = (meaning: string, form: RegExp, such: string): Variable<readonly string[]> => ({
  default: null,
  allowed: `stable ids such as ${such}, separated by commas; names and @handles can change hands and are not accepted`,
  meaning,
  parse: (value) => splitList(value).map((id) => z.string().regex(form).parse(id)),
});

const list = (
  meaning: string,
  allowed: string,
  holds: (item: string) => boolean = () => true,
): Variable<readonly string[]> => ({
  default: '',
  allowed,
  meaning,
  parse: (value) => z.array(z.string().refine(holds)).parse(splitList(value)),
});

const isAddress = (text: string): boolean => text === 'localhost' || isIP(text.replace(/^\[(.*)\]$/, '$1')) !== 0;

function isAddressOrRange(text: string): boolean {
  const [address = '', bits, ...more] = text.split('/');
  const most = { 4: 32, 6: 128 }[isIP(address)] ?? -1;
  return more.length === 0 && most > 0 && (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most));
}

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

export const VARIABLES = {
  SENESCHAL_HOME: text(
    'Called HOME in these pages; holds the database, the vault, certificates and the workspace',
    'a folder',
    '~/.seneschal',
  ),
  SENESCHAL_VAULT_KEY: secret("The vault's key; made on the first start and kept in HOME/.env"),
  SENESCHAL_MODEL: {
    default: null,
    allowed: 'provider/model with provider anthropic, openai, mistral or ollama; or rehearsal',
    meaning:
      'Model, with an optional fallback after a comma; without it what you chose in setup, else the first provider with a key, else rehearsal',
    parse(value: string): string {
      parseModelSpecs(value);
      return value;
    },
  },
  ANTHROPIC_API_KEY: secret('Key of Anthropic'),
  ANTHROPIC_BASE_URL: url("Anthropic's address, or one that is compatible; without /v1"),
  OPENAI_API_KEY: secret('Key of OpenAI, or of a compatible endpoint'),
  OPENAI_BASE_URL: url("OpenAI's address, or one that is compatible (LM Studio, vLLM, Groq); with /v1"),
  MISTRAL_API_KEY: secret('Key of Mistral'),
  OLLAMA_BASE_URL: url('A local Ollama, with /v1'),
  TELEGRAM_BOT_TOKEN: secret('Token from BotFather; switches Telegram on'),
  TELEGRAM_OWNER_ID: ids("The owner's Telegram id, or several", OWNER_ID.telegram, '123456789'),
  TELEGRAM_API_ROOT: url('Another Bot API server'),
  SLACK_BOT_TOKEN: secret('Bot token (xoxb); with the app token it switches Slack on'),
  SLACK_APP_TOKEN: secret('App-level token for Socket Mode (xapp)'),
  SLACK_OWNER_ID: ids("The owner's Slack member id, or several", OWNER_ID.slack, 'U012AB3CD'),
  SLACK_USER_TOKEN: secret("The owner's own token (xoxp); used only to delete the owner's pasted keys"),
  SLACK_API_URL: url('Another Slack API server'),
  DISCORD_BOT_TOKEN: secret('Bot token; switches Discord on'),
  DISCORD_OWNER_ID: ids("The owner's Discord user id, or several", OWNER_ID.discord, '80351110224678912'),
  DISCORD_API_URL: url('Another Discord API server (…/api)'),
  SENESCHAL_BIND: checked(text('Address of the HTTPS listener', 'an IP address', '127.0.0.1'), isAddress),
  SENESCHAL_PORT: whole('Port of the HTTPS listener; 0 takes a free one', 8443, 0, 65_535),
  SENESCHAL_PUBLIC_URL: url('The address that links in the chat use, such as https://box.example.org'),
  SENESCHAL_ALLOW_PUBLIC_BIND: flag('Allow a listener on a public address', false),
  SENESCHAL_TLS_CERT: text('Certificate (PEM file) instead of an own one', 'a file'),
  SENESCHAL_TLS_KEY: text("That certificate's key (PEM file)", 'a file'),
  SENESCHAL_TRUSTED_PROXIES: list(
    'Proxies whose X-Forwarded-For is believed',
    'addresses or CIDRs, separated by commas',
    isAddressOrRange,
  ),
  SENESCHAL_NETWORK_ALLOW: {
    ...list('Private places that tools may reach', 'host, host:port or CIDR of /8 or narrower, separated by commas'),
    parse(value: string): readonly string[] {
      parseNetworkAllow(value);
      return splitList(value);
    },
  },
  SENESCHAL_ENFORCE_HTTPS: flag('Refuse plain http in tools, and in addresses of services outside this box', false),
  SENESCHAL_HTTP_CAP_CONVERSATION: whole(
    'Requests by tools in one conversation before each further one asks',
    100,
    0,
    1e6,
  ),
  SENESCHAL_HTTP_CAP_HOUR: whole('The same within one hour', 200, 0, 1e6),
  SENESCHAL_HTTP_CAP_DAY: whole('The same within 24 hours', 2_000, 0, 1e6),
  SEARXNG_URL: url('An own SearXNG for web_search, which must offer the json format; it may be in a private network'),
  BRAVE_API_KEY: secret(
    'Key of Brave Search for web_search, where no SearXNG is set; without either there is no web_search',
  ),
  BRAVE_API_URL: url('Another server that answers like Brave Search'),
  SENESCHAL_APPROVAL_TTL: {
    default: '15m',
    allowed: 'a duration such as 90s, 15m or 2h, up to 7d',
    meaning: 'How long a button lives',
    parse(value: string): number {
      const match = /^(\d{1,6})(s|m|h|d)$/.exec(value);
      const ms = Number(match?.[1] ?? 0) * (UNITS[match?.[2] ?? ''] ?? 0);
      return z
        .number()
        .min(1_000)
        .max(7 * 86_400_000)
        .parse(ms);
    },
  },
  SENESCHAL_TURN_MEMORY_MB: whole('Memory of the commands of a conversation', 512, 64, 1_048_576),
  SENESCHAL_DAILY_USD: {
    default: '5',
    allowed: 'US dollars, 0 or more',
    meaning: "Ceiling of a day's spending on models",
    parse: (value: string): number => z.coerce.number().min(0).max(1_000_000).parse(value),
  },
  SENESCHAL_LOG_LEVEL: {
    default: 'info',
    allowed: 'debug, info, warn or error',
    meaning: 'What the log holds',
    parse: (value: string) => z.enum(['debug', 'info', 'warn', 'error']).parse(value),
  },
  SENESCHAL_WORKSPACE: text('The one folder that file tools and commands may write', 'a folder', 'HOME/workspace'),
  SENESCHAL_TOOLS_OFF: list('Tools to switch off, such as `run_command`', 'tool names, separated by commas', (name) =>
    /^[a-z][a-z0-9_]{0,63}$/.test(name),
  ),
  SENESCHAL_TIMEZONE: {
    default: null,
    allowed: 'a zone such as Europe/Berlin',
    meaning: "The owner's time zone; without it the system's",
    parse(value: string): string {
      return new Intl.DateTimeFormat('en', { timeZone: value }).resolvedOptions().timeZone;
    },
  },
  SENESCHAL_HOME_CHANNEL: checked(
    text(
      'Where unprompted messages go; without it the first paired direct chat',
      'telegram, slack, discord or terminal, with :chat behind it for one chat',
    ),
    (value) => /^(telegram|slack|discord|terminal)(:\S+)?$/.test(value),
  ),
  SENESCHAL_PUBLISHED_HOST: checked(
    text('Compose only: the host address Docker publishes the listener on', 'an IP address', '127.0.0.1'),
    isAddress,
  ),
  SENESCHAL_PUBLISHED_PORT: whole('Compose only: the host port Docker publishes the listener on', 8443, 1, 65_535),
} as const satisfies Record<string, Variable<unknown>>;

export type VariableName = keyof typeof VARIABLES;
type ValueOf<Name extends VariableName> = ReturnType<(typeof VARIABLES)[Name]['parse']>;

export type Config = { readonly [Name in VariableName]: ValueOf<Name> | undefined } & {
  readonly home: string;
  readonly workspace: string;
  readonly timeZone: string;
};

/** What the product itself calls; SENESCHAL_PUBLIC_URL is for browsers. */
const CALLED_ADDRESSES = [
  'ANTHROPIC_BASE_URL',
  'OPENAI_BASE_URL',
  'OLLAMA_BASE_URL',
  'TELEGRAM_API_ROOT',
  'SLACK_API_URL',
  'DISCORD_API_URL',
  'SEARXNG_URL',
  'BRAVE_API_URL',
] as const satisfies readonly VariableName[];

/** Whether calling this address would send plain http to anywhere but this box (GUARD-12). */
export function isPlainHttp(address: string): boolean {
  const url = new URL(address);
  const name = hostName(url);
  const isHere = name === 'localhost' || parseAddress(name)?.range() === 'loopback';
  return url.protocol === 'http:' && !isHere;
}

/** The error for such an address while SENESCHAL_ENFORCE_HTTPS is on. */
export function plainHttp(name: string, address: string): SeneschalError {
  return new SeneschalError(
    'config.invalid',
    `${name} got "${address.slice(0, 80)}"; allowed is an https address, or one on this box, while SENESCHAL_ENFORCE_HTTPS is on.`,
  );
}

export interface ConfigSource {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Reads a file that a NAME_FILE variable points to. */
  readonly readFile: (path: string) => string;
}

/**
 * Reads and checks everything. Throws `config.invalid` with one line that names the variable, what it got (never a
 * secret's value) and what is allowed.
 */
export function loadConfig(source: ConfigSource): Config {
  const values: Record<string, unknown> = {};
  for (const [name, variable] of Object.entries<Variable<unknown>>(VARIABLES)) {
    const raw = rawValue(name, source) ?? variable.default;
    values[name] = raw === null ? undefined : parse(name, variable, raw);
  }
  const config = values as { [Name in VariableName]: ValueOf<Name> | undefined };
  for (const name of CALLED_ADDRESSES) {
    const address = config[name];
    if (config.SENESCHAL_ENFORCE_HTTPS && address !== undefined && isPlainHttp(address)) throw plainHttp(name, address);
  }
  const { SENESCHAL_TLS_CERT: certificate, SENESCHAL_TLS_KEY: key } = config;
  if ((certificate === undefined) !== (key === undefined)) {
    const missing = key === undefined ? 'SENESCHAL_TLS_KEY' : 'SENESCHAL_TLS_CERT';
    throw new SeneschalError(
      'config.invalid',
      `${missing} got nothing; allowed is both it and its counterpart, or neither: a certificate and its key.`,
    );
  }
  const home = expand(config.SENESCHAL_HOME ?? '~/.seneschal');
  const workspace = config.SENESCHAL_WORKSPACE ?? 'HOME/workspace';
  return {
    ...config,
    home,
    workspace: workspace === 'HOME/workspace' ? join(home, 'workspace') : expand(workspace),
    timeZone: config.SENESCHAL_TIMEZONE ?? Intl.DateTimeFormat().resolvedOptions().timeZone,
  };
}

/** What stands in .env.example where a key or token belongs. */
export const PLACEHOLDER = 'put-yours-here';

/** Secrets that nobody has filled in (CONF-3), by name. */
export function placeholdersIn(config: Config): string[] {
  return Object.entries(config).flatMap(([name, value]) =>
    value instanceof Secret && value.reveal() === PLACEHOLDER ? [name] : [],
  );
}

/** The files that hold values of this configuration: what no command may read. */
export function secretFiles(env: ConfigSource['env']): string[] {
  const named = Object.keys(VARIABLES).flatMap((name) => env[`${name}_FILE`] ?? []);
  const tls = ['SENESCHAL_TLS_KEY'].flatMap((name) => env[name] ?? []);
  return ['.env', ...named, ...tls.filter((value) => !value.includes('-----'))].map((path) => resolve(path));
}

/** An empty variable counts as not set: compose passes empty strings for what nobody filled in. */
function rawValue(name: string, source: ConfigSource): string | null {
  const direct = source.env[name]?.trim();
  if (direct) return direct;
  const file = source.env[`${name}_FILE`]?.trim();
  if (!file) return null;
  try {
    return source.readFile(file).trim() || null;
  } catch (cause) {
    throw new SeneschalError('config.invalid', `${name}_FILE: the file ${file} cannot be read.`, { cause });
  }
}

function parse(name: string, variable: Variable<unknown>, raw: string): unknown {
  try {
    return variable.parse(raw);
  } catch (cause) {
    const got = variable.secret ? 'a value' : `"${raw.slice(0, 80)}"`;
    throw new SeneschalError('config.invalid', `${name} got ${got}; allowed is ${variable.allowed}.`, { cause });
  }
}

function splitList(value: string): readonly string[] {
  return value
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

const expand = (path: string): string =>
  path === '~' || path.startsWith('~/') ? join(homedir(), path.slice(1)) : path;
