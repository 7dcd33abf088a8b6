import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, it } from 'vitest';
import { OWNER, type StoredMessage, startTelegramFake, type TelegramFake } from '../fakes/telegram/index.js';
import { fakeSystem } from '../support/fake-system.js';
import { commandProcesses, eventually, Gateway, temporaryHome } from '../support/gateway.js';

/*
 * The built product over Telegram's protocol, killed with SIGKILL at instants that a seed draws: while it starts, while
 * a message comes in, while a reply streams, while an approval waits, while a command runs. The owner taps what is
 * asked, as a person would, and after a restart answers `Run again` only where the effect is not there.
 */
const KILLS = Number(process.env.KILLS ?? 200);
const SHARDS = 2;
const SEED = Number(process.env.KILL_SEED ?? Date.now() % 1_000_000);

type Kind = 'say' | 'command' | 'write' | 'stream';

interface Asked {
  readonly id: string;
  readonly kind: Kind;
}

class Owner {
  readonly asked: Asked[] = [];
  readonly #tapped = new Set<string>();

  constructor(
    readonly telegram: TelegramFake,
    readonly home: string,
    readonly draw: (below: number) => number,
    readonly name: string,
  ) {}

  says(): void {
    const id = `${this.name}${this.asked.length}q`;
    const kind = (['say', 'command', 'write', 'stream'] as const)[this.draw(4)] ?? 'say';
    const texts: Record<Kind, string> = {
      say: `say ${id} is answered`,
      command: `call run_command ${JSON.stringify({ command: `sleep 0.2; echo ${id} >> effects.txt; sleep 0.2` })}`,
      write: `call write_file ${JSON.stringify({ path: `${id}.txt`, content: `${id}\n` })}`,
      stream: 'stream 12',
    };
    this.asked.push({ id, kind });
    this.telegram.userSays(texts[kind]);
  }

  /** Taps every open card once. */
  taps(): void {
    for (const card of this.telegram.botMessages()) {
      const labels = card.buttons.flat().map((button) => button.text);
      const choice = labels.includes('Approve') ? 'Approve' : labels.includes('Run again') ? this.#again(card) : null;
      if (choice === null) continue;
      const key = `${card.messageId} ${labels.join()}`;
      if (this.#tapped.has(key)) continue;
      this.#tapped.add(key);
      this.telegram.presses(card.messageId, choice);
    }
  }

  /** A person looks before running something again. */
  #again(card: StoredMessage): string {
    const id = /echo (\w+)/.exec(card.text)?.[1] ?? '';
    return this.effects().includes(id) ? 'Skip' : 'Run again';
  }

  effects(): string[] {
    const path = join(this.home, 'workspace', 'effects.txt');
    return existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : [];
  }
}

async function shard(name: string, seed: number, kills: number): Promise<void> {
  const system = fakeSystem(seed);
  const draw = (below: number) => (((system.randomBytes(2)[0] ?? 0) << 8) + (system.randomBytes(1)[0] ?? 0)) % below;
  const telegram = await startTelegramFake();
  const home = temporaryHome();
  const env = {
    TELEGRAM_BOT_TOKEN: telegram.token,
    TELEGRAM_API_ROOT: telegram.url,
    TELEGRAM_OWNER_ID: String(OWNER.id),
    SENESCHAL_MODEL: 'rehearsal',
    SENESCHAL_LOG_LEVEL: 'warn',
  };
  const owner = new Owner(telegram, home.path, draw, name);
  try {
    for (let kill = 0; kill < kills; kill += 1) {
      const polls = telegram.callsOf('getUpdates').length;
      const gateway = await Gateway.start({ home: home.path, env, untilReady: false });
      const duringStart = draw(5) === 0;
      if (!duringStart)
        await eventually('a poll', () => !gateway.running || telegram.callsOf('getUpdates').length > polls, 20_000);
      if (kill < kills - 3 && owner.asked.length < kills / 2) owner.says();
      for (let left = duringStart ? draw(700) : draw(900); left > 0; left -= 30) {
        if (draw(3) === 0) owner.taps();
        await new Promise((done) => setTimeout(done, Math.min(left, 30)));
      }
      await gateway.kill();
    }
    await drain(owner, await Gateway.start({ home: home.path, env }));
    check(owner);
  } finally {
    await telegram.stop();
    home.remove();
  }
}

/** The last life: everything that is open comes to its end. */
async function drain(owner: Owner, gateway: Gateway): Promise<void> {
  const database = new Database(join(owner.home, 'seneschal.sqlite'), { readonly: true });
  const count = (sql: string) => (database.prepare(sql).get() as { n: number }).n;
  await eventually(
    'everything has come to its end',
    () => {
      owner.taps();
      return (
        owner.telegram.state.queue.length === 0 &&
        count("SELECT count(*) AS n FROM turns WHERE state IN ('queued', 'running', 'parked')") === 0 &&
        count("SELECT count(*) AS n FROM approvals WHERE state IN ('pending', 'approved')") === 0 &&
        count("SELECT count(*) AS n FROM deliveries WHERE state IN ('queued', 'sending', 'unknown')") === 0
      );
    },
    90_000,
  );
  database.close();
  const { code } = await gateway.stop();
  expect(code).toBe(0);
}

function check(owner: Owner): void {
  const { telegram, asked, home } = owner;
  const texts = telegram.botMessages().map((message) => message.text);
  const answers = texts.filter(isFirst);
  for (const { id, kind } of asked) {
    if (kind === 'say') once(texts, (text) => text.includes(`${id} is answered`), id);
    if (kind === 'write') expect.soft(readFileSync(join(home, 'workspace', `${id}.txt`), 'utf8')).toBe(`${id}\n`);
  }
  const streams = asked.filter(({ kind }) => kind === 'stream').length;
  const interrupted = answers.filter((text) => text.includes('I was interrupted')).length;
  const streamed = texts.filter((text) => /\bword12(\n\n\(may be a repeat\))?$/.test(text));
  expect.soft(streamed.length + interrupted, 'streamed replies').toBeGreaterThanOrEqual(streams);
  expect.soft(streamed.filter(isFirst).length, 'streamed replies').toBeLessThanOrEqual(streams);
  const done = owner.effects();
  const commands = asked.filter(({ kind }) => kind === 'command').map(({ id }) => id);
  expect.soft(done.length, 'an effect came twice').toBe(new Set(done).size);
  const missing = commands.filter((id) => !done.includes(id));
  const givenUp = answers.filter((text) => /given up|can no longer be run again|was interrupted/.test(text)).length;
  expect.soft(missing.length, `effects that never came: ${missing.join()}`).toBeLessThanOrEqual(givenUp);
  // A press that was answered but not yet confirmed comes again after a kill, and is answered again.
  const violations = telegram.violations.filter((one) => !/^callback query \d+ was answered twice$/.test(one));
  expect.soft(violations).toEqual([]);
  expect.soft(commandProcesses(home)).toEqual([]);
}

/** Telegram cannot tell whether a lost send arrived: what is sent once more says so, and is the only kind of second copy. */
const isFirst = (text: string): boolean => !text.includes('(may be a repeat)');

function once(texts: readonly string[], fits: (text: string) => boolean, what: string): void {
  const found = texts.filter(fits);
  expect.soft(found.length, `${what} was lost`).toBeGreaterThanOrEqual(1);
  expect.soft(found.filter(isFirst).length, `${what} came twice`).toBeLessThanOrEqual(1);
}

it(`loses nothing and repeats nothing over ${KILLS} kills, seed ${SEED} (TURN-3, TURN-4, START-7)`, async () => {
  process.stdout.write(`kill test: KILL_SEED=${SEED}\n`);
  const per = KILLS / SHARDS;
  await Promise.all(Array.from({ length: SHARDS }, (_, index) => shard('abcd'[index] ?? 'x', SEED + index, per)));
}, 600_000);
