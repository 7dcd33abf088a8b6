import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { actionDigest } from '../../../src/core/approval.js';
import { Secret } from '../../../src/core/secret.js';
import type { ToolResult } from '../../../src/core/tool.js';
import { NO_TAINT } from '../../../src/core/trust.js';
import { createWorkspacePaths, type WorkspacePaths } from '../../../src/guards/paths.js';
import { createCommandGuard } from '../../../src/guards/shell/judge.js';
import { commandEnvironment, objectionToName } from '../../../src/tools/command/environment.js';
import { namesKeys } from '../../../src/tools/command/naming.js';
import { needsNetwork } from '../../../src/tools/command/network-need.js';
import { type BackgroundJob, createRunCommand } from '../../../src/tools/command/run-command.js';
import type { Sandbox } from '../../../src/tools/command/sandbox.js';
import type { ToolDefinition } from '../../../src/tools/define.js';
import { type CommandBox, commandBox } from '../../support/command-box.js';

const secretHosts = (name: string) => (name === 'NOBODY' ? null : name === 'STRIPE_KEY' ? ['api.stripe.com'] : []);
const toolContext = { conversation: 'c', direct: true, callId: 'call-1', taint: NO_TAINT, secretHosts };

let box: CommandBox;
let jobs: BackgroundJob[];
let paths: WorkspacePaths;
/** Sources by path. */
const origins = new Map<string, readonly string[]>();
beforeEach(async () => {
  box = await commandBox({ sandbox: false });
  jobs = [];
  origins.clear();
  paths = await createWorkspacePaths({ root: box.workspace });
});
afterEach(async () => {
  await box.runner.stop();
  box.remove();
});

function tool(sandboxed: boolean): ToolDefinition {
  const sandbox: Sandbox = { wrap: (argv) => [...argv] };
  return createRunCommand({
    guard: createCommandGuard(),
    runner: box.runner,
    containment: { ...box.containment, sandbox: sandboxed ? sandbox : null },
    workspace: { ...paths, root: box.workspace },
    provenance: { any: () => origins.size > 0, of: (path) => origins.get(path) ?? [] },
    background: (job) => jobs.push(job),
  });
}

const resolve = (input: unknown, sandboxed = true) =>
  tool(sandboxed).resolve(tool(sandboxed).input.parse(input), toolContext);

async function run(input: unknown, signal = new AbortController().signal): Promise<ToolResult> {
  const definition = tool(false);
  if (!definition.run) throw new Error('run_command does not run');
  return definition.run(definition.input.parse(input), {
    ...toolContext,
    signal,
    progress: () => undefined,
    secret: (name, host) => new Secret(`${name}@${host}`),
  });
}

describe('the card of run_command', () => {
  it('shows the command first, then where and how (APPR-2, CONT-2)', async () => {
    expect((await resolve({ command: 'npm test -- --run' })).card).toEqual({
      title: 'Run: npm test -- --run',
      body: '',
      facts: ['in workspace/ · sandboxed, no network · up to 2 min'],
    });
    expect((await resolve({ command: 'git push', timeout_seconds: 30, background: true })).card.facts).toEqual([
      'in workspace/ · sandboxed, with network · up to 30 s · in the background',
    ]);
    expect((await resolve({ command: 'ls' }, false)).card.facts).toEqual([
      "in workspace/ · not sandboxed: can read this product's keys · up to 2 min",
    ]);
  });

  it('shows a command of several lines whole', async () => {
    const command = '\nset -e\nmake\nmake install\n';
    expect((await resolve({ command })).card).toMatchObject({ title: 'Run: set -e (of 5 lines)', body: command });
  });

  it('says which secret the command gets and where it may go (SECRET-5)', async () => {
    const action = await resolve({ command: './deploy', secrets: { TOKEN: 'secret:STRIPE_KEY' } });
    expect(action.card.facts).toEqual([
      'in workspace/ · sandboxed, with network · up to 2 min',
      'gives it secret STRIPE_KEY (for api.stripe.com) as TOKEN; it can send that to any host',
    ]);
    const missing = resolve({ command: 'ls', secrets: { A: 'secret:NOBODY' } });
    await expect(missing).rejects.toMatchObject({ code: 'vault.missing' });
  });

  it('is a system action that never runs twice by itself and offers a standing yes for exactly its words (APPR-1)', async () => {
    const action = await resolve({ command: 'ls' });
    expect(action).toMatchObject({
      class: 'system',
      repeatable: false,
      grantPattern: 'run_command ls',
      forbidden: null,
      outward: false,
    });
    expect(await resolve({ command: 'curl https://a.example' })).toMatchObject({ outward: true });
  });

  it('binds command, folder, shell, sandbox, network, secrets and time (APPR-3)', async () => {
    const base = { command: './x', timeout_seconds: 5, secrets: { A: 'secret:B' } };
    const digest = actionDigest(await resolve(base));
    expect(actionDigest(await resolve(base))).toBe(digest);
    expect(actionDigest(await resolve(base, false))).not.toBe(digest);
    for (const change of [
      { command: './x ' },
      { timeout_seconds: 6 },
      { secrets: { A: 'secret:C' } },
      { secrets: { B: 'secret:B' } },
      { background: true },
    ]) {
      expect(actionDigest(await resolve({ ...base, ...change }))).not.toBe(digest);
    }
  });
});

describe('what a command would leave behind or work on', () => {
  it('is refused where it does harm, and asks without a standing yes at a sensitive path (GUARD-8, APPR-1)', async () => {
    const miner = await resolve({ command: 'nohup ./xmrig -o stratum+tcp://pool.example:3333 -u wallet &' });
    expect(miner.forbidden).toMatch(/min/i);
    const hook = await resolve({ command: 'cp hook.sh .git/hooks/pre-commit' });
    expect(hook).toMatchObject({ forbidden: null, grantPattern: null });
    expect(hook.card.facts.length).toBeGreaterThan(1);
    expect((await resolve({ command: 'cp hook.sh docs/pre-commit' })).grantPattern).not.toBeNull();
  });

  it('counts as made from outside content when it fetches, whatever wraps it (GUARD-3, GUARD-11)', async () => {
    const from = async (command: string) => (await resolve({ command })).from;
    for (const command of ['curl -s https://x.example/', 'sh -c "curl x.example" | head', 'env A=1 /usr/bin/curl x']) {
      expect(await from(command), command).toEqual(['output of curl']);
    }
    expect(await from('echo "curl is a program"')).toEqual([]);
    expect(await from('git push')).toEqual([]);
  });

  it('counts as made from outside content when a file that it names is, or one that its pattern may match (GUARD-11)', async () => {
    await paths.write('notes/page 1.md', Buffer.from('a page'), { id: '1' });
    await paths.write('own.md', Buffer.from('my own'), { id: '2' });
    const from = async (command: string) => (await resolve({ command })).from;
    expect(await from('cat "notes/page 1.md"')).toEqual([]);
    origins.set('notes/page 1.md', ['https://example.org:443/post']);
    const touching = [
      'cat "notes/page 1.md"',
      'cat notes/*',
      'cp -r notes other',
      `mv ${box.workspace}/notes x`,
      'cd notes && cat *',
    ];
    for (const command of touching) expect(await from(command), command).toEqual(['https://example.org:443/post']);
    for (const command of ['cat own.md', 'npm test', 'echo notes-2']) expect(await from(command), command).toEqual([]);
    const { taint } = await run({ command: 'cat "notes/page 1.md"' });
    expect(taint.untrusted).toEqual(['https://example.org:443/post']);
  });
});

describe('what run_command refuses', () => {
  it('refuses secret:NAME inside the command and says what to do (SECRET-5)', async () => {
    await expect(resolve({ command: 'curl -H "Authorization: secret:API_KEY" x' })).rejects.toThrow(
      /give it in secrets/,
    );
  });

  it.each([
    'PATH',
    'LD_PRELOAD',
    'BASH_ENV',
    'NODE_OPTIONS',
    'SHELLOPTS',
    'PYTHONPATH',
    'GIT_SSH_COMMAND',
    'IFS',
    'HTTPS_PROXY',
    'VIMINIT',
    'SENESCHAL_HOME',
    'lower',
    '1A',
    'A-B',
    'A B',
    'A=B',
    '',
  ])('refuses a secret under the name %j (SECRET-5)', async (name) => {
    await expect(resolve({ command: 'ls', secrets: { [name]: 'secret:A' } })).rejects.toMatchObject({
      code: 'tool.input',
    });
    expect(objectionToName(name)).not.toBeNull();
  });

  it.each([
    'TOKEN',
    'STRIPE_KEY',
    'NPM_TOKEN',
    'NODE_AUTH_TOKEN',
    'AWS_SECRET_ACCESS_KEY',
    'GITHUB_TOKEN',
    'PGPASSWORD',
    'A1_',
  ])('takes a secret under the name %s', (name) => {
    expect(objectionToName(name)).toBeNull();
  });

  it('refuses a secret that is no reference, and characters that no command line carries', async () => {
    await expect(resolve({ command: 'ls', secrets: { A: 'plain' } })).rejects.toMatchObject({ code: 'tool.input' });
    await expect(resolve({ command: 'ls', secrets: { A: 'Bearer secret:B' } })).rejects.toMatchObject({
      code: 'tool.input',
    });
    await expect(resolve({ command: 'echo \0' })).rejects.toMatchObject({ code: 'tool.input' });
    await expect(resolve({ command: 'echo \ud800' })).rejects.toMatchObject({ code: 'tool.input' });
    expect(tool(true).input.safeParse({ command: 'ls', approved: true }).success).toBe(false);
    expect(tool(true).input.safeParse({ command: 'ls', timeout_seconds: 3601 }).success).toBe(false);
  });

  it('refuses, where there is no sandbox, what names the keys (CONT-2)', async () => {
    const names = [
      `cat ${box.home}/seneschal.sqlite`,
      `ls ${box.home}`,
      'cat .env',
      "cat '.e''nv'",
      'cat ../.env',
      'cat .env.local',
      'cat ~/.seneschal/vault',
      'cat /proc/1/environ',
      'cat /proc/self/../$PPID/environ',
      'strings /proc/$PPID/mem',
      'sh -c "cat \\.env"',
    ];
    for (const command of names) {
      expect((await resolve({ command }, false)).forbidden, command).not.toBeNull();
      expect((await resolve({ command }, true)).forbidden, command).toBeNull();
    }
    for (const command of [
      'ls',
      'cat .env.example',
      'node -e "process.env.X"',
      'cat environ.txt',
      'ls my.environment',
      'cat .envrc',
    ]) {
      expect(namesKeys(command, [box.home]), command).toBeNull();
    }
  });
});

describe('run_command, run', () => {
  it('gives output, exit code and time', async () => {
    const good = await run({ command: 'echo hi' });
    expect(good.text).toMatch(/^hi\nexit 0 after \d+ ms$/);
    expect(good).toMatchObject({ isError: false, summary: expect.stringMatching(/^exit 0 after/), taint: NO_TAINT });
    expect(await run({ command: 'exit 3' })).toMatchObject({
      isError: true,
      text: expect.stringMatching(/^\(no output\)\nexit 3 after/),
    });
  });

  it('gives each secret for no host, since a command can send it anywhere (SECRET-5)', async () => {
    expect((await run({ command: 'echo "$TOKEN"', secrets: { TOKEN: 'secret:API_KEY' } })).text).toMatch(
      /^API_KEY@null\n/,
    );
  });

  it('is stopped by the signal within a second, and says what died (CONT-3)', async () => {
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 200);
    const begun = performance.now();
    const result = await run({ command: 'sleep 300 & sleep 300' }, stop.signal);
    expect(performance.now() - begun).toBeLessThan(1_200);
    expect(result.summary).toMatch(/^stopped after \d+ ms; \d processes ended in \d+ ms$/);
    await expect(run({ command: 'ls' }, stop.signal)).rejects.toMatchObject({ code: 'tool.failed' });
  });

  it('says the time limit it met', async () => {
    expect((await run({ command: 'sleep 300; :', timeout_seconds: 1 })).summary).toMatch(
      /^ended at its time limit of 1.0 s; 2 processes ended/,
    );
  });

  it('hands a background command over at once and lets the turn go (TURN-11)', async () => {
    const turn = new AbortController();
    const result = await run({ command: 'sleep 0.3; echo done', background: true }, turn.signal);
    expect(result.text).toBe('Started job 1.');
    turn.abort();
    expect(jobs[0]).toMatchObject({ conversation: 'c', callId: 'call-1', title: 'sleep 0.3; echo done' });
    expect((await jobs[0]?.running.end)?.text).toMatch(/^done\nexit 0/);
    await run({ command: 'sleep 300', background: true });
    await jobs[1]?.running.stop();
    expect((await jobs[1]?.running.end)?.summary).toMatch(/^stopped after/);
  });
});

describe('needsNetwork', () => {
  it.each([
    'curl https://a.example',
    '/usr/bin/curl x',
    "cu''rl x",
    'sudo -E env A=b timeout 5 wget x',
    'git push',
    'git -C dir fetch origin',
    'cd x && npm ci',
    'yarn',
    'npx create-x',
    'python3 -m pip install x',
    'pip3 install x',
    'echo "$(curl x)"',
    'bash -lc "npm install && make"',
    'if true; then apt-get update; fi',
    'ls | xargs -n 1 curl',
    'cat <<EOF\n$(ssh host)\nEOF',
  ])('gives it to %j', (command) => {
    expect(needsNetwork(command, false)).toBe(true);
  });

  it.each([
    'ls',
    'npm test',
    'npm run build',
    'git status',
    'git commit -m "push it"',
    'echo curl',
    'grep -r wget .',
    'cat curl.txt',
    'make',
    'curl "unterminated',
    '',
  ])('keeps it from %j', (command) => {
    expect(needsNetwork(command, false)).toBe(false);
  });

  it('gives it to whatever gets a secret', () => {
    expect(needsNetwork('./deploy', true)).toBe(true);
  });
});

describe('commandEnvironment', () => {
  it('is an allow-list: nothing of the gateway steers a command', () => {
    const host = {
      PATH: '/opt/tools:relative::/w/bin:/opt/x/node_modules/.bin',
      LANG: 'C.UTF-8',
      LD_PRELOAD: 'x',
      BASH_ENV: 'x',
      NODE_OPTIONS: 'x',
      SHELLOPTS: 'xtrace',
      HOME: '/root',
      ANTHROPIC_API_KEY: 'x',
      TZ: 'Europe/Berlin',
    };
    expect(commandEnvironment(host, '/w')).toEqual({
      PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/opt/tools',
      LANG: 'C.UTF-8',
      TZ: 'Europe/Berlin',
      HOME: '/w',
      SHELL: '/bin/sh',
      TERM: 'dumb',
    });
  });
});
