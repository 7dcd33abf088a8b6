import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { eventually, Gateway, temporaryHome } from './gateway.js';
import { isDone, type Platform, type Shown } from './platform.js';

/** The built product on a home of its own, over one or several platforms' fakes. */
export interface PlatformRig {
  readonly home: string;
  gateway: Gateway;
  restart(how?: 'kill' | 'stop', more?: Readonly<Record<string, string>>): Promise<void>;
  /** Says something there and waits for a finished message by the agent that is new since and fits. */
  say(platform: Platform, text: string, fits?: (message: Shown) => boolean): Promise<Shown>;
  /** The first message by the agent that fits. */
  find(platform: Platform, what: string, fits: (message: Shown) => boolean, timeoutMs?: number): Promise<Shown>;
  /** Waits until the gateway has the receipt of this message: a person is never quicker. */
  receipt(message: Shown): Promise<void>;
  /** The data of all audit rows of one kind, oldest first. */
  audit(kind: string): Record<string, unknown>[];
  /** A file of the workspace, or null. */
  file(name: string): string | null;
  close(): Promise<void>;
}

export async function openRig(
  platforms: readonly Platform[],
  env: Readonly<Record<string, string>> = {},
): Promise<PlatformRig> {
  const home = temporaryHome();
  const base = {
    SENESCHAL_MODEL: 'rehearsal',
    SENESCHAL_TIMEZONE: 'UTC',
    ...Object.assign({}, ...platforms.map((platform) => platform.env)),
    ...env,
  };
  const rig: PlatformRig = {
    home: home.path,
    gateway: await Gateway.start({ home: home.path, env: base }),
    async restart(how = 'kill', more = {}) {
      if (how === 'kill') await rig.gateway.kill();
      else await rig.gateway.stop();
      rig.gateway = await Gateway.start({ home: home.path, env: { ...base, ...more } });
    },
    say(platform, text, fits = () => true) {
      const known = new Set(platform.messages().map((message) => message.id));
      platform.says(text);
      return rig.find(
        platform,
        `an answer to: ${text}`,
        (message) => !known.has(message.id) && isDone(message) && fits(message),
      );
    },
    async find(platform, what, fits, timeoutMs) {
      let found: Shown | undefined;
      const look = () => {
        found = platform.messages().find(fits);
        return found !== undefined;
      };
      await eventually(`${platform.name}: ${what}`, look, timeoutMs).catch((error: Error) => {
        const shown = platform.messages().map(({ space, text, labels }) => `${space}: ${text} [${labels.join()}]`);
        const log = rig.gateway.output.join('');
        throw new Error(`${error.message}\nthe chats:\n${shown.join('\n---\n')}\nthe log:\n${log}`);
      });
      return found as Shown;
    },
    receipt: (message) =>
      eventually('the receipt', () => {
        const found = 'SELECT 1 FROM deliveries WHERE message_id = ?';
        return read(home.path, (database) => database.prepare(found).get(message.id) !== undefined);
      }),
    audit: (kind) =>
      read(home.path, (database) =>
        database
          .prepare<[string], { data: string }>('SELECT data FROM audit WHERE kind = ? ORDER BY seq')
          .all(kind)
          .map((row) => JSON.parse(row.data) as Record<string, unknown>),
      ),
    file(name) {
      try {
        return readFileSync(join(home.path, 'workspace', name), 'utf8');
      } catch {
        return null;
      }
    },
    async close() {
      if (rig.gateway.running) await rig.gateway.kill();
      for (const platform of platforms) await platform.close();
      home.remove();
    },
  };
  return rig;
}

function read<Result>(home: string, work: (database: Database.Database) => Result): Result {
  const database = new Database(join(home, 'seneschal.sqlite'), { readonly: true });
  try {
    return work(database);
  } finally {
    database.close();
  }
}

export const call = (tool: string, input: object): string => `call ${tool} ${JSON.stringify(input)}`;

/** Put together at run time: no scanner should take the test for a leak. */
export const anthropicKey = (): string => ['sk', 'ant', 'api03', 'k3Q'.repeat(30), 'AA'].join('-');
