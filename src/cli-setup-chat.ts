import { askHealth, type SetupHome } from './cli-setup-home.js';
import { PLATFORMS, type Platform, type Tested, type Token, type Tokens } from './cli-setup-platforms.js';
import type { Prompts } from './cli-setup-prompts.js';
import { OWNER_ID } from './config.js';
import { SeneschalError } from './core/errors.js';
import { Secret } from './core/secret.js';
import { sleep } from './core/system.js';
import { createPairingCode } from './gateway/owners.js';
import { valueProblem } from './vault/rules.js';

/** Chat tokens: tested with one call each, kept in the vault; the owner by ids given here, or by a pairing code. */
export interface ChatSaved {
  readonly saved: readonly string[];
  readonly who: string | null;
  readonly owners: readonly string[];
  /** Present where nobody is the owner there yet. */
  readonly pairingCode: string | null;
  /** `connected`, or what is left to do. */
  readonly gateway: 'connected' | 'restart' | 'start';
  readonly notes: readonly string[];
  readonly overriddenBy: readonly string[];
}

const CONNECT_MS = 20_000;
const LOOK_MS = 500;

export const platformOf = (id: string): Platform => {
  const found = PLATFORMS.find((platform) => platform.id === id);
  if (!found) throw new SeneschalError('config.invalid', `${id} is no platform of Seneschal's.`);
  return found;
};

/** One token a line; where there are several, each is known by its beginning. */
export function readTokens(platform: Platform, input: string): Tokens {
  const lines = input.split(/\s+/).filter((line) => line !== '');
  const found: Partial<Record<Token['name'], Secret>> = {};
  for (const line of lines) {
    const token = platform.tokens.find(({ prefix }) => line.startsWith(prefix));
    if (!token) throw unusable(`${platform.label} has no token that begins like this one.`);
    found[token.name] = new Secret(line);
  }
  const missing = platform.tokens.find(({ name, isOptional }) => !isOptional && !found[name]);
  if (missing) throw unusable(`${missing.name} is missing: write it on standard input, one token a line.`);
  return found;
}

export function checkOwnerIds({ id: platform, label }: Platform, ids: readonly string[]): readonly string[] {
  const bad = ids.find((id) => !OWNER_ID[platform].test(id));
  if (bad !== undefined) throw unusable(`"${bad}" is no id of ${label}'s: names and @handles can change hands.`);
  return ids;
}

/** Without questions. */
export async function saveChat(
  home: SetupHome,
  platform: Platform,
  tokens: Tokens,
  owners: readonly string[],
  untested: boolean,
): Promise<ChatSaved> {
  const tested = await platform.test(tokens, home.config, home.system);
  if (tested.kind === 'refused') throw new SeneschalError('channel.unauthorized', tested.reason);
  if (tested.kind === 'untested' && !untested) {
    throw new SeneschalError('channel.unavailable', `${tested.reason} Nothing was kept.`, {
      hint: 'Add --untested to keep it nevertheless.',
    });
  }
  return keep(home, platform, tokens, owners, tested);
}

async function keep(
  home: SetupHome,
  platform: Platform,
  tokens: Tokens,
  owners: readonly string[],
  tested: Tested,
): Promise<ChatSaved> {
  const { store, vault, config, system } = home;
  const before = await health(home);
  const names = Object.keys(tokens);
  const pairingCode = store.transaction(() => {
    for (const [name, value] of Object.entries(tokens)) {
      vault.product.put({ name, value, hosts: [] });
      store.audit.add('secret.saved', { name, hosts: '' });
    }
    for (const user of owners) {
      store.owners.add(platform.id, user);
      store.audit.add('owner.added', { channel: platform.id, user });
    }
    const configured = Reflect.get(config, `${platform.id.toUpperCase()}_OWNER_ID`) as readonly string[] | undefined;
    const isOwned = (configured ?? []).length > 0 || store.owners.list(platform.id).length > 0;
    return isOwned ? null : createPairingCode(store, system, false);
  });
  return {
    saved: names,
    who: tested.kind === 'good' ? tested.who : null,
    owners,
    pairingCode,
    gateway: await takenUp(home, platform, before),
    notes: tested.kind === 'good' ? tested.notes : [],
    overriddenBy: names.filter((name) => Reflect.get(config, name) !== undefined),
  };
}

/** A running gateway connects a new channel by itself; one that was connected before keeps its old token. */
async function takenUp(
  home: SetupHome,
  platform: Platform,
  before: readonly string[] | null,
): Promise<ChatSaved['gateway']> {
  if (!home.isRunning()) return 'start';
  if (before === null || before.includes(platform.id)) return 'restart';
  const end = home.system.monotonic() + CONNECT_MS;
  while (home.system.monotonic() < end) {
    if ((await health(home))?.includes(platform.id)) return 'connected';
    await sleep(home.system, LOOK_MS);
  }
  return 'restart';
}

/** The channels that a running gateway has connected; null where none answers at the configured address. */
async function health({ config, system }: SetupHome): Promise<readonly string[] | null> {
  const bind = config.SENESCHAL_BIND ?? '127.0.0.1';
  const host = bind === '0.0.0.0' || bind === '::' ? '127.0.0.1' : bind.includes(':') ? `[${bind}]` : bind;
  const answer = await askHealth(system, `https://${host}:${config.SENESCHAL_PORT ?? 8443}`, 'any');
  return answer.kind === 'seneschal' ? answer.channels : null;
}

export function chatSentences(platform: Platform, saved: ChatSaved): readonly string[] {
  const next = {
    connected: `${platform.label} is connected.`,
    restart: 'Restart Seneschal to use it.',
    start: 'It is used from the next start on.',
  };
  const who = saved.who === null ? 'It is not tested.' : `It belongs to ${saved.who}.`;
  return [
    `Saved ${saved.saved.join(', ')}. ${who} ${next[saved.gateway]}`,
    ...saved.overriddenBy.map((name) => `The environment variable ${name} is set and wins over it.`),
    ...saved.notes,
    ...(saved.pairingCode === null
      ? []
      : [
          'An owner has full power over this box; there are no lesser roles.',
          `Send ${saved.pairingCode} to the bot in a direct message within 10 minutes: its sender becomes the owner.`,
        ]),
  ];
}

export async function askChat(home: SetupHome, prompts: Prompts, platform: Platform): Promise<void> {
  prompts.show(`${platform.label}: what to do there`, platform.how);
  if (platform.paste !== undefined) prompts.copy(platform.paste);
  for (;;) {
    const typed: Partial<Record<Token['name'], Secret>> = {};
    for (const token of platform.tokens) {
      const value = (await prompts.secret(token.label)).trim();
      if (value !== '') typed[token.name] = new Secret(value);
    }
    const missing = platform.tokens.find(({ name, isOptional }) => !isOptional && !typed[name]);
    const cut = platform.tokens.find(({ name }) => valueProblem(typed[name]?.reveal() ?? 'none given') !== null);
    const tested: Tested = missing
      ? { kind: 'refused', reason: `${missing.label} is empty.` }
      : cut
        ? { kind: 'refused', reason: `${cut.label}: what was entered is no token, by its length.` }
        : await prompts.during('Testing it', () => platform.test(typed, home.config, home.system));
    if (tested.kind === 'refused') {
      prompts.warn(tested.reason);
      if (!(await prompts.confirm('Enter it again?'))) return;
      continue;
    }
    if (tested.kind === 'untested') {
      prompts.warn(tested.reason);
      if (!(await prompts.confirm('Keep it untested?'))) return;
    }
    const owners = await askOwners(prompts, platform);
    const saved = await prompts.during('Connecting', () => keep(home, platform, typed, owners, tested));
    const [first = '', ...rest] = chatSentences(platform, saved);
    prompts.say(first);
    if (rest.length > 0) prompts.copy(rest.join('\n'));
    return;
  }
}

async function askOwners(prompts: Prompts, platform: Platform): Promise<readonly string[]> {
  for (;;) {
    const typed = await prompts.text(`Your own id there (${platform.ownId}). Left empty: a pairing code`, '');
    try {
      return checkOwnerIds(
        platform,
        typed.split(/[\s,]+/).filter((id) => id !== ''),
      );
    } catch (thrown) {
      prompts.warn((thrown as Error).message);
    }
  }
}

const unusable = (message: string): SeneschalError => new SeneschalError('tool.input', message);
