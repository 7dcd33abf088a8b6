import { describe, expect, it } from 'vitest';
import { createCommandGuard } from '../../../src/guards/shell/judge.js';
import { COMMAND_CLASSES } from '../../../src/guards/shell/rules/index.js';
import { ASKED, FORBIDDEN } from '../../fixtures/shell-destructive.js';
import { BOMBS, DISKS, PUSHES, WIPING } from '../../fixtures/shell-forbidden.js';
import { ORDINARY } from '../../fixtures/shell-ordinary.js';

const guard = createCommandGuard();
const effect = (command: string) => guard.judge(command).effect;
const notDenied = (commands: readonly string[]) => commands.filter((command) => effect(command) !== 'deny');

describe('the shell guard on forbidden commands (GUARD-6)', () => {
  it('is measured on hundreds of spellings', () => {
    expect(WIPING.length + DISKS.length + BOMBS.length + PUSHES.length).toBeGreaterThanOrEqual(700);
  });
  for (const [name, commands] of Object.entries({ WIPING, DISKS, BOMBS, PUSHES })) {
    it(`refuses ${name.toLowerCase()} in every spelling of the corpus, and asks at the very least`, () => {
      expect(notDenied(commands)).toEqual([]);
    });
  }

  it('refuses pipes from the net, reverse shells, leaks, destroyed clouds and databases, lost guards (GUARD-6, GUARD-13)', () => {
    expect(notDenied(FORBIDDEN)).toEqual([]);
  });

  it('lets nothing destructive pass without a word (GUARD-6)', () => {
    expect(ASKED.filter((command) => effect(command) === 'allow')).toEqual([]);
  });

  it('holds at least 50 forbidden classes as data (GUARD-6)', () => {
    const denied = COMMAND_CLASSES.filter((one) => one.effect === 'deny');
    expect(denied.length).toBeGreaterThanOrEqual(50);
    expect(new Set(COMMAND_CLASSES.map(({ rule }) => rule)).size).toBe(COMMAND_CLASSES.length);
  });
});

describe('the shell guard on ordinary commands', () => {
  it('blocks at most 1 % of them, here none (GUARD-6)', () => {
    expect(ORDINARY.length).toBeGreaterThanOrEqual(600);
    expect(ORDINARY.filter((command) => effect(command) === 'deny')).toEqual([]);
  });

  it('objects to fewer than 6 % of them', () => {
    const asked = ORDINARY.filter((command) => effect(command) === 'ask');
    expect(asked.length).toBeLessThan(ORDINARY.length * 0.06);
  });

  it('takes text for text: arguments of echo and grep, messages, comments, quoted here-documents (GUARD-6)', () => {
    for (const command of [
      'echo "rm -rf /"',
      "grep -r 'rm -rf /' .",
      'git commit -m "rm -rf / is refused"',
      'ls # rm -rf /',
      "cat <<'EOF' > notes.md\nrm -rf /\nEOF",
    ]) {
      expect(guard.judge(command)).toMatchObject({
        effect: 'allow',
        rule: 'command.none',
        findings: [],
        understood: true,
      });
    }
  });
});

describe('a verdict', () => {
  it('names the rule, the reason and the command that would run (GUARD-6)', () => {
    const verdict = guard.judge('x=/; sudo sh -c \'rm -rf "$0"\' $x');
    expect(verdict).toMatchObject({
      effect: 'deny',
      rule: 'wipe.root',
      reason: 'It deletes the whole system (/).',
      understood: true,
    });
    expect(verdict.findings).toEqual([
      { effect: 'deny', rule: 'wipe.root', reason: 'deletes the whole system (/)', command: 'rm -rf /' },
    ]);
    expect(verdict.words).toContainEqual(['rm', '-rf', '/']);
  });

  it('says what was not understood, and shows unknown parts as such', () => {
    for (const command of ['$(cat x) y', 'eval "$(cat x)"', 'cat x | sh', 'echo "', 'base64 -d x | bash']) {
      expect(guard.judge(command)).toMatchObject({ effect: 'ask', understood: false });
    }
    expect(guard.judge('rm -rf "$(cat x)"').findings[0]?.command).toBe('rm -rf …');
  });

  it('follows what an earlier part of the text did: folders, files, functions, branches', () => {
    expect(effect('cd / && rm -rf *')).toBe('deny');
    expect(effect('cd /tmp/x && rm -rf *')).not.toBe('deny');
    expect(effect("echo 'rm -rf /' > x.sh; sh x.sh")).toBe('deny');
    expect(effect("echo 'ls' > x.sh; sh x.sh")).toBe('allow');
    expect(effect('git checkout main && git push -f')).toBe('deny');
    expect(effect('git checkout feature && git push -f')).toBe('ask');
    expect(effect('f() { rm -rf "$1"; }; f /')).toBe('deny');
  });

  it('does not mistake one branch for the other', () => {
    expect(effect('if a; then x=rm; else x=ls; fi; $x -rf /')).toBe('ask');
    expect(effect('[ -d x ] || x=rm; $x -rf /')).toBe('ask');
    expect(effect('x=rm; false && x=ls; $x -rf /')).toBe('ask');
    expect(effect('x=rm; true || x=ls; $x -rf /')).toBe('ask');
    expect(effect('x=rm; (x=ls); $x -rf /')).toBe('deny');
    expect(effect('x=rm; for i in a; do x=ls; done; $x -rf /')).not.toBe('deny');
    expect(effect('x=rm; while read l; do x=ls; done; $x -rf /')).toBe('ask');
    expect(effect('x=rm; f() { x=ls; }; [ -d a ] && f; $x -rf /')).toBe('ask');
  });

  it('gives the line of `seneschal check command` (GUARD-10)', () => {
    expect(guard.check('ls')).toEqual({ effect: 'allow', rule: 'command.none', findings: [] });
    expect(guard.check('rm -rf /')).toEqual({
      effect: 'deny',
      rule: 'wipe.root',
      findings: [{ effect: 'deny', rule: 'wipe.root', reason: 'deletes the whole system (/)', command: 'rm -rf /' }],
    });
  });
});

describe('a shadow over a forbidden command', () => {
  it.each([
    'rm() { echo no; }; rm -rf /',
    'rm() { :; }; unset -f rm; rm -rf /',
    'alias rm=ls; rm -rf /',
    'sh() { :; }; unset -f sh; sh -c "rm -rf /"',
    'exit; rm -rf /',
    'return; rm -rf /',
    'exit 1 || rm -rf /',
    '[ a ] && exit; rm -rf /',
    'while true; do exit; done; rm -rf /',
    'x=rm; x=ls true; $x -rf /',
    'x=rm; x=ls & $x -rf /',
    'x=rm; (x=ls); $x -rf /',
  ])('does not hide it: %s', (command) => {
    expect(effect(command)).toBe('deny');
  });

  it.each([
    'x=rm; for i in *; do x=ls; done; $x -rf /',
    'x=rm; case a in b) x=ls;; esac; $x -rf /',
    'x=ls; . ./settings; $x -rf /',
    'x=ls; eval "$(cat settings)"; $x -rf /',
  ])('leaves what may be another program unknown: %s', (command) => {
    expect(effect(command)).toBe('ask');
  });
});

describe('the words that a standing grant covers (APPR-1)', () => {
  it.each([
    ['npm   test', 'npm test'],
    ["npm 'test'", 'npm test'],
    ['git add . && git commit -m "a message"', "git add . && git commit -m 'a message'"],
    ['cd web; npm test', 'cd web; npm test'],
    ['ls -la\npwd', 'ls -la; pwd'],
    ["echo 'it'\\''s'", "echo 'it'\\''s'"],
    ['date', 'date'],
  ])('are %j for %j', (command, pattern) => {
    expect(guard.grantWords(command)).toBe(pattern);
  });

  it('tell two commands apart that differ in one quoted character', () => {
    expect(guard.grantWords("echo 'a b'")).not.toBe(guard.grantWords('echo a b'));
    expect(guard.grantWords("echo 'a;' b")).not.toBe(guard.grantWords('echo a; echo b'));
    expect(guard.grantWords("echo '&&' ls")).not.toBe(guard.grantWords('echo && ls'));
  });

  it.each([
    'sh -c ls',
    'bash',
    'bash x.sh',
    'sudo ls',
    'env ls',
    'xargs ls',
    'time ls',
    'timeout 5 ls',
    'python3 x.py',
    'node x.js',
    'perl x.pl',
    'awk 1 x',
    'npx cowsay',
    'npm exec cowsay',
    'pnpm dlx x',
    'uvx ruff',
    './build.sh',
    '/bin/ls',
    'eval ls',
    'source x',
    '. x',
    'find . -exec ls {} +',
    'git -c core.pager=less log',
    'git config a b',
    'tar xf a --to-command=cat',
    'ssh host ls',
    'docker exec web ls',
    'ls *.ts',
    'ls $HOME',
    'ls ~',
    'ls $(pwd)',
    'ls {a,b}',
    'ls > x',
    'ls | wc -l',
    'ls &',
    '(ls)',
    'for i in 1; do ls; done',
    'X=1 ls',
    'x=1',
    'if true; then ls; fi',
    'ls \u202e',
    'rm -rf src',
    'rm -rf /',
    'git push -f',
    'echo "',
    '',
  ])('do not exist for %j', (command) => {
    expect(guard.grantWords(command)).toBeNull();
  });
});
