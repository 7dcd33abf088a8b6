import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { OWNER, startTelegramFake } from '../fakes/telegram/index.js';
import { cli } from '../support/cli.js';
import { Gateway, temporaryHome } from '../support/gateway.js';

const RELAY = fileURLToPath(new URL('../fakes/terminal/relay.py', import.meta.url));
const hasPython = spawnSync('python3', ['-c', 'import pty']).status === 0;
const VALUE = ['sk', 'live', 'x'.repeat(20), '7f3a'].join('_');

describe('the command line, as the first thing that runs', () => {
  const ends: (() => unknown)[] = [];
  const folder = () => {
    const home = temporaryHome();
    ends.push(() => home.remove());
    return home.path;
  };

  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  it('makes home folder, database and vault key, and says so once (VAULT-4, VAULT-7)', async () => {
    const home = join(folder(), 'not', 'there', 'yet');
    const here = { env: { SENESCHAL_HOME: home } };
    const set = await cli(folder(), ['vault', 'set', 'STRIPE_KEY', '--host', 'api.stripe.com', '--json'], {
      ...here,
      input: `${VALUE}\n`,
    });
    expect(set.code).toBe(0);
    expect(JSON.parse(set.stdout)).toEqual({ saved: 'STRIPE_KEY', kind: 'owner', hosts: ['api.stripe.com'] });
    expect(set.stderr).toBe(
      `A vault key was made and stands in ${home}/.env. Keep a copy in a password manager, apart from backups.\n`,
    );
    const list = await cli(folder(), ['vault', 'list'], here);
    expect(list).toMatchObject({ code: 0, stdout: 'STRIPE_KEY ***7f3a · api.stripe.com\n', stderr: '' });
  });

  it('a look at a vault that is not there makes none, and a wrong name asks for no value (VAULT-4)', async () => {
    const home = join(folder(), 'nothing');
    const here = { env: { SENESCHAL_HOME: home } };
    const sentence = `There is no vault in ${home} yet. A start makes it, and \`seneschal vault set\`.\n`;
    expect(await cli(folder(), ['vault', 'list'], here)).toMatchObject({ code: 0, stdout: sentence, stderr: '' });
    const named = await cli(folder(), ['vault', 'set', 'bad-name'], { ...here, input: VALUE });
    expect(named).toMatchObject({ code: 2, stdout: '' });
    expect(named.stderr).toBe('bad-name is no entry name: capitals, digits and _, up to 64, a letter first.\n');
    expect(existsSync(home)).toBe(false);
  });

  it('ends with one key and every value when several begin at once (VAULT-2)', async () => {
    const home = folder();
    const names = ['ONE', 'TWO', 'THREE'];
    const runs = await Promise.all(names.map((name) => cli(home, ['vault', 'set', name], { input: VALUE })));
    expect(runs.map(({ code, stderr }) => (code === 0 ? 0 : stderr))).toEqual([0, 0, 0]);
    expect(runs.filter(({ stderr }) => stderr.includes('A vault key was made'))).toHaveLength(1);
    const { stdout } = await cli(home, ['vault', 'list']);
    expect(stdout.trim().split('\n')).toHaveLength(3);
  });

  it('keeps a key of its own by name, apart from those for tools, and lets neither be lost by accident (CONF-1, VAULT-5)', async () => {
    const home = folder();
    const own = await cli(home, ['vault', 'set', 'MISTRAL_API_KEY'], { input: VALUE });
    expect(own.stdout).toContain('Saved MISTRAL_API_KEY. Seneschal itself uses it, no tool does');
    const gateway = await Gateway.start({ home, env: {} });
    expect(gateway.ready?.model).toContain('mistral');
    await gateway.stop();
    await cli(home, ['vault', 'set', 'MISTRAL_API_KEY', '--host', 'api.mistral.ai'], { input: `${VALUE}b` });
    const { stdout } = await cli(home, ['vault', 'list'], { env: { MISTRAL_API_KEY: `${VALUE}c` } });
    expect(stdout).toContain('MISTRAL_API_KEY ***f3ab · api.mistral.ai');
    expect(stdout).toContain('MISTRAL_API_KEY ***7f3a · used by Seneschal itself (the environment overrides it)');
    expect(stdout).toContain('TLS_CERTIFICATE · kept by Seneschal itself');
    expect(await cli(home, ['vault', 'rm', 'TLS_CERTIFICATE'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Add --own'),
    });
    const first = await cli(home, ['vault', 'rm', 'MISTRAL_API_KEY']);
    expect(first.stdout).toContain("Seneschal's own MISTRAL_API_KEY stays.");
    const second = await cli(home, ['vault', 'rm', 'MISTRAL_API_KEY']);
    expect(second.stdout).toContain('Removed MISTRAL_API_KEY. Seneschal no longer has it.');
    expect((await cli(home, ['vault', 'rm', 'TLS_CERTIFICATE', '--own'])).code).toBe(0);
  });

  it.skipIf(!hasPython)(
    `shows nothing of what is typed as soon as it asks (VAULT-4)${hasPython ? '' : ' [left out: no python3 to make a pseudo-terminal]'}`,
    async () => {
      const home = folder();
      const child = spawn(
        'python3',
        [RELAY, '80', '20', process.execPath, resolve('dist/src/main.js'), 'vault', 'set', 'TYPED'],
        { env: { PATH: process.env.PATH, SENESCHAL_HOME: home, TERM: 'xterm' }, stdio: ['pipe', 'pipe', 'inherit'] },
      );
      let shown = '';
      child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
        const asked = shown.includes('(not shown)');
        shown += chunk;
        if (!asked && shown.includes('(not shown)')) child.stdin.write(`${VALUE}\r`);
      });
      expect(await new Promise((done) => child.on('exit', done))).toBe(0);
      expect(shown).toContain('Saved TYPED.');
      expect(shown).not.toContain(VALUE);
      expect((await cli(home, ['vault', 'list'])).stdout).toContain('TYPED ***7f3a');
    },
  );

  it.each([
    ['SENESCHAL_BIND', 'everywhere', 'SENESCHAL_BIND got "everywhere"; allowed is an IP address.'],
    [
      'SENESCHAL_TRUSTED_PROXIES',
      '10.0.0.1,proxy',
      'SENESCHAL_TRUSTED_PROXIES got "10.0.0.1,proxy"; allowed is addresses or CIDRs, separated by commas.',
    ],
    ['SENESCHAL_HOME_CHANNEL', 'pigeon', /^SENESCHAL_HOME_CHANNEL got "pigeon"; allowed is telegram, slack/],
    ['SENESCHAL_TLS_CERT', '/a.pem', /^SENESCHAL_TLS_KEY got nothing; allowed is /],
    ['SENESCHAL_TOOLS_OFF', 'run command', /^SENESCHAL_TOOLS_OFF got "run command"; allowed is tool names/],
  ])('a wrong %s stops the start with one line and exit code 2 (CONF)', async (name, value, sentence) => {
    const { code, stdout, stderr } = await cli(folder(), ['start'], { env: { [name]: value } });
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr.trimEnd()).toMatch(sentence);
    expect(stderr.trimEnd()).not.toContain('\n');
  });

  it.each(['SENESCHAL_HOME', 'SENESCHAL_WORKSPACE'])(
    'a %s that cannot be made stops the start with a sentence that names it (CONF)',
    async (name) => {
      const { code, stderr } = await cli(folder(), ['start'], { env: { [name]: '/proc/nowhere' } });
      expect(code).toBe(1);
      expect(stderr).toMatch(new RegExp(`/proc/nowhere cannot be used: .*Set ${name} to a folder`));
    },
  );

  it('says which name in SENESCHAL_TOOLS_OFF is no tool, and starts (TOOL-4)', async () => {
    const gateway = await Gateway.start({ home: folder(), env: { SENESCHAL_TOOLS_OFF: 'run_comand,run_command' } });
    ends.push(() => gateway.kill());
    const warnings = gateway.lines.filter(({ msg }) => msg.startsWith('SENESCHAL_TOOLS_OFF'));
    expect(warnings.map(({ msg }) => msg)).toEqual(['SENESCHAL_TOOLS_OFF holds "run_comand", which is no tool here.']);
  });

  it('says which .env it does not read because others could have written it (CONF)', async () => {
    const [home, here] = [folder(), folder()];
    const file = join(here, '.env');
    writeFileSync(file, 'MISTRAL_API_KEY=made-up\nSENESCHAL_MODEL=mistral/made-up\n');
    const start = async (mode: number) => {
      chmodSync(file, mode);
      const gateway = await Gateway.start({ home, cwd: here, env: {} });
      await gateway.stop();
      const said = gateway.output.join('');
      return [
        String(gateway.ready?.model).split('/')[0],
        said.split(`${file} is not read: others can write it`).length - 1,
      ];
    };
    expect(await start(0o600)).toEqual(['mistral', 0]);
    expect(await start(0o664)).toEqual(['rehearsal', 1]);
    // Run in the home folder, HOME/.env is that file, and it is read.
    chmodSync(join(home, '.env'), 0o664);
    const gateway = await Gateway.start({ home, cwd: home, env: {} });
    await gateway.stop();
    expect(gateway.output.join('')).not.toContain('is not read');
  });

  it('can be run by its file alone, as a link to it is', async () => {
    expect(spawnSync(resolve('dist/src/main.js'), ['--version']).stdout.toString()).toBe('0.1.0\n');
  });

  it('reads no .env of a workspace, by whatever way one came there and whatever it says of itself (CONF)', async () => {
    const telegram = await startTelegramFake();
    ends.push(() => telegram.stop());
    const root = folder();
    const [home, workspace] = [join(root, 'home'), join(root, 'work')];
    for (const path of [home, workspace]) mkdirSync(path);
    symlinkSync(workspace, join(root, 'link'));
    const lines = [
      `TELEGRAM_BOT_TOKEN=${telegram.token}`,
      `TELEGRAM_API_ROOT=${telegram.url}`,
      `TELEGRAM_OWNER_ID=${OWNER.id}`,
    ];
    const channels = async (env: Record<string, string>) => {
      const gateway = await Gateway.start({ home, cwd: workspace, env });
      await gateway.stop();
      return gateway.ready?.channels;
    };
    const file = join(workspace, '.env');
    writeFileSync(file, lines.join('\n'), { mode: 0o600 });
    expect(await channels({})).toEqual(['telegram']);
    expect(await channels({ SENESCHAL_WORKSPACE: join(root, 'link') })).toEqual([]);
    // The owner's own file says where the workspace is; the file in it says otherwise.
    const own = join(home, '.env');
    writeFileSync(own, `${readFileSync(own, 'utf8')}SENESCHAL_WORKSPACE=${workspace}\n`);
    writeFileSync(file, [...lines, `SENESCHAL_WORKSPACE=${join(root, 'other')}`].join('\n'));
    chmodSync(file, 0o600);
    expect(await channels({})).toEqual([]);
  });
});
