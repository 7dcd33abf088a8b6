import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CommandBox, commandBox } from '../support/command-box.js';

const HOSTILE_NAMES = [
  '$(id)',
  '`id`',
  '-rf',
  "'; DROP TABLE x; --",
  'a b',
  'a\nb',
  '"',
  '\\',
  '*',
  '~',
  '$HOME',
  '#x',
  '&& touch pwned',
  '| sh',
  '\u202egnp.exe',
  'ünï🔑',
];

describe.each([true, false])('a command and its surroundings, sandbox wanted: %s', (sandbox) => {
  let box: CommandBox;
  beforeAll(async () => {
    box = await commandBox({
      sandbox,
      environment: {
        BASH_ENV: '/pwned',
        ENV: '/pwned',
        LD_PRELOAD: '/pwned.so',
        NODE_OPTIONS: '--require=/pwned.js',
        SHELLOPTS: 'xtrace',
        PROMPT_COMMAND: 'touch pwned',
        'BASH_FUNC_ls%%': '() { touch pwned; }',
        GIT_SSH_COMMAND: 'touch pwned',
        ANTHROPIC_API_KEY: 'gateway-key',
      },
    });
  });
  afterAll(() => box.remove());

  it('hands the shell exactly the text that was approved, as one argument (TOOL-5)', async () => {
    for (const weird of [
      ...HOSTILE_NAMES,
      '\t\r\x01\x7f',
      '%s%n\\0101',
      ' trailing  ',
      '-c',
      '--',
      'x'.repeat(20_000),
    ]) {
      // The text reads its own argument back from the kernel, so nothing in between can have changed it unseen.
      const command = `tail -zn 1 /proc/$$/cmdline | tr -d '\\0'\n: <<'END'\n${weird}\nEND\n`;
      expect((await box.run(command)).output).toBe(command);
    }
  });

  it('treats hostile file names as plain names', async () => {
    for (const name of HOSTILE_NAMES) writeFileSync(path.join(box.workspace, name), 'x');
    const end = await box.run('for f in * ; do printf "%s\\0" "$f"; done');
    expect(
      end.output
        .split('\0')
        .filter((name) => name !== '')
        .sort(),
    ).toEqual([...HOSTILE_NAMES].sort());
    expect(existsSync(path.join(box.workspace, 'pwned'))).toBe(false);
  });

  it('lets nothing of the gateway environment through', async () => {
    const names = (await box.run('cat /proc/self/environ | tr "\\0" "\\n" | cut -d= -f1 | sort')).output
      .trim()
      .split('\n');
    const allowed = [
      'HOME',
      'LANG',
      'LANGUAGE',
      'LC_ALL',
      'LC_CTYPE',
      'LOGNAME',
      'PATH',
      'PWD',
      'SENESCHAL_CALL',
      'SHELL',
      'SHLVL',
      'TERM',
      'TZ',
      'USER',
      '_',
    ];
    expect(names.filter((name) => !allowed.includes(name))).toEqual([]);
    expect((await box.run('ls; node -p 1')).output).not.toContain('+');
  });

  it('reads no start-up file of the workspace, which is its HOME', async () => {
    for (const name of ['.bashrc', '.bash_profile', '.profile', '.env', '.bash_logout']) {
      writeFileSync(path.join(box.workspace, name), 'touch pwned; export PLANTED=1\n');
    }
    expect((await box.run('echo "[$PLANTED]"')).output).toBe('[]\n');
    expect(readdirSync(box.workspace)).not.toContain('pwned');
  });

  it('inherits no open file of the gateway', async () => {
    const files = (await box.run('ls -l /proc/$$/fd | sed -n "s/.*-> //p"')).output.trim().split('\n');
    for (const file of files) expect(file).toMatch(/^\/dev\/null$|^.*\/pipe \(deleted\)$|^pipe:/);
  });
});
