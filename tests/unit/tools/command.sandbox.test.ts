import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sandboxArgv, sandboxLayout } from '../../../src/tools/command/sandbox.js';
import { type CommandBox, commandBox } from '../../support/command-box.js';

const parent = path.join(process.cwd(), 'node_modules', '.cache');
const probe = await commandBox({ sandbox: true });
probe.remove();

describe.skipIf(probe.containment.sandbox === null)('the sandbox (needs bubblewrap)', () => {
  let box: CommandBox;
  const see = async (command: string, options = {}) => (await box.run(command, options)).output;

  beforeAll(async () => {
    // Outside of /tmp, which the sandbox replaces anyway.
    box = await commandBox({ sandbox: true, parent });
  });
  afterAll(() => box.remove());

  it('hides the home folder around the workspace (CONT-2)', async () => {
    expect(await see('ls -A ..')).toBe('workspace\n');
    expect(await see(`cat ${box.home}/.env 2>&1; ls -A /proc/1/root${box.home}`)).not.toContain('the-vault-key');
    expect(await see('cd ..; touch planted 2>&1; cat .env 2>&1')).toMatch(/No such file/);
    expect(existsSync(path.join(box.home, 'planted'))).toBe(false);
  });

  it('lets the workspace be written and nothing else (CONT-2)', async () => {
    expect(await see('echo kept > file; cat file; pwd')).toBe(`kept\n${box.workspace}\n`);
    expect(readFileSync(path.join(box.workspace, 'file'), 'utf8')).toBe('kept\n');
    for (const folder of ['/etc', '/usr', '/', '/var', '/root', '/home', process.cwd()]) {
      await see(`touch ${folder}/seneschal-was-here`);
      expect(existsSync(path.join(folder, 'seneschal-was-here')), folder).toBe(false);
    }
    expect(await see('echo 1 2>&1 > /proc/sys/kernel/sysrq || echo refused')).toContain('refused');
  });

  it('has its own processes, /tmp and devices, gone afterwards (CONT-5)', async () => {
    const processes = (await see('ls -d /proc/[0-9]*')).trim().split('\n');
    expect(processes.length).toBeLessThan(6);
    expect(await see('ls -A /tmp /var/tmp; echo x > /tmp/left; ls /tmp')).toMatch(/^left$/m);
    expect(existsSync('/tmp/left')).toBe(false);
    expect(await see('ls -A /tmp')).not.toContain('left');
    expect(await see('ls /dev')).not.toMatch(/sda|vda|mem|kmsg/);
    expect(await see('ls -A /run /root /home 2>/dev/null | grep -v :')).not.toMatch(/\w/);
  });

  it('has no capability and cannot get one (CONT-5)', async () => {
    expect(await see('grep -E "^Cap(Eff|Prm|Bnd)" /proc/self/status')).toMatch(/^(Cap\w+:\t0+\n)+$/);
    expect(await see('mount -t tmpfs x /mnt 2>&1; umount /root 2>&1; ls -A /root')).not.toContain('.bashrc');
    expect((await box.run('unshare -Ur true')).code).not.toBe(0);
  });

  it('has no network unless it is given, and then only what was approved (CONT-2)', async () => {
    const devices = 'grep -c : /proc/net/dev';
    expect(await see(devices)).toBe('1\n');
    expect(Number(await see(devices, { network: true }))).toBe(
      readFileSync('/proc/net/dev', 'utf8')
        .split('\n')
        .filter((line) => line.includes(':')).length,
    );
    expect(await see('cat /etc/resolv.conf', { network: true })).toBe(readFileSync('/etc/resolv.conf', 'utf8'));
  });

  it('does not see the variables of the gateway, nor its memory (CONT-2)', async () => {
    process.env.SENESCHAL_TEST_MARKER = 'gateway-only';
    try {
      expect(await see('env; cat /proc/*/environ | tr "\\0" "\\n"')).not.toContain('gateway-only');
      expect(await see(`cat /proc/${process.pid}/environ 2>&1`)).toMatch(/No such file|^$/);
    } finally {
      delete process.env.SENESCHAL_TEST_MARKER;
    }
  });

  it('runs Node and the usual tools', async () => {
    expect(await see('node -p 1+1')).toBe('2\n');
    expect(await see('git --version')).toMatch(/^git version/);
  });
});

describe('sandboxArgv', () => {
  const options = { network: false, resolver: null, features: new Set<string>() };
  const layout = {
    workspace: '/srv/data/ws',
    hidden: ['/srv/data', '/home'],
    masked: ['/opt/app/.env', '/srv/data/.env'],
    kept: [],
  };
  const at = (argv: string[], ...part: string[]) => argv.join(' ').indexOf(part.join(' '));

  it('hides the home folder first and puts the workspace back in', () => {
    const argv = sandboxArgv(layout, options);
    expect(at(argv, '--ro-bind / /')).toBeLessThan(at(argv, '--tmpfs /srv/data'));
    expect(at(argv, '--tmpfs /srv/data')).toBeLessThan(at(argv, '--bind /srv/data/ws /srv/data/ws'));
    expect(at(argv, '--bind /srv/data/ws')).toBeLessThan(at(argv, '--remount-ro /srv/data'));
    expect(argv).toContain('--unshare-net');
    expect(sandboxArgv(layout, { ...options, network: true })).not.toContain('--unshare-net');
  });

  it('hides a home folder that lies inside the workspace after the workspace is there', () => {
    const argv = sandboxArgv({ ...layout, workspace: '/srv/data', hidden: ['/srv/data/.seneschal'] }, options);
    expect(at(argv, '--bind /srv/data /srv/data')).toBeLessThan(at(argv, '--tmpfs /srv/data/.seneschal'));
    expect(at(argv, '--tmpfs /srv/data/.seneschal')).toBeGreaterThan(0);
  });

  it('covers a file with keys that lies elsewhere', () => {
    expect(at(sandboxArgv(layout, options), '--ro-bind /dev/null /opt/app/.env')).toBeGreaterThan(0);
    expect(at(sandboxArgv(layout, options), '/srv/data/.env')).toBe(-1);
  });

  it('keeps the folder of a Node that lives in a hidden home', () => {
    const home = path.join(parent, 'layout-home');
    const bin = path.join(home, '.nvm', 'v20', 'bin');
    mkdirSync(bin, { recursive: true });
    writeFileSync(path.join(bin, 'node'), '');
    mkdirSync(path.join(home, 'ws'));
    try {
      const base = { workspace: path.join(home, 'ws'), home: path.join(home, 'none'), userHome: home, secrets: [] };
      expect(sandboxLayout({ ...base, execPath: path.join(bin, 'node') }).kept).toEqual([path.dirname(bin)]);
      mkdirSync(path.join(home, 'bin'));
      writeFileSync(path.join(home, 'bin', 'node'), '');
      expect(sandboxLayout({ ...base, execPath: path.join(home, 'bin', 'node') }).kept).toEqual([]);
    } finally {
      rmSync(home, { recursive: true, force: true });
    }
  });
});
