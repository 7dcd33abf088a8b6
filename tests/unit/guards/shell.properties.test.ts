import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCommandGuard } from '../../../src/guards/shell/judge.js';

const guard = createCommandGuard();
const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

const forbidden = fc.constantFrom(
  'rm -rf /',
  'rm -rf ~',
  'rm -rf /etc /usr',
  'mkfs.ext4 /dev/sda',
  'dd if=/dev/zero of=/dev/sda',
  'git push --force origin main',
  'find / -delete',
  'chmod -R 777 /',
  'shutdown now',
  'terraform destroy -auto-approve',
);

/** A prefix takes plain words; anything more goes through a shell of its own. */
const plain = (command: string): string =>
  /[\n;|&<>(){}]|^(if|for|x=)/.test(command) ? `sh -c ${quote(command)}` : command;

/** Ways to run a command of plain words through something else. */
const wrapper = fc.constantFrom<(command: string) => string>(
  (c) => `sudo ${plain(c)}`,
  (c) => `sudo -u root -- ${plain(c)}`,
  (c) => `env A=1 ${plain(c)}`,
  (c) => `nohup ${plain(c)} &`,
  (c) => `nice -n 5 ${plain(c)}`,
  (c) => `timeout -s KILL 5m ${plain(c)}`,
  (c) => `time ${c}`,
  (c) => `command ${plain(c)}`,
  (c) => `exec ${plain(c)}`,
  (c) => `sh -c ${quote(c)}`,
  (c) => `bash -lc ${quote(c)}`,
  (c) => `eval ${quote(c)}`,
  (c) => `su -c ${quote(c)}`,
  (c) => `ssh host ${quote(c)}`,
  (c) => `watch ${quote(c)}`,
  (c) => `echo ${quote(c)} | sh`,
  (c) => `bash <<< ${quote(c)}`,
  (c) => `sh <<'EOF'\n${c}\nEOF`,
  (c) => `echo ${Buffer.from(c).toString('base64')} | base64 -d | bash`,
  (c) => `x=${quote(c)}; eval "$x"`,
  (c) => `x=${quote(c)}; sh -c "$x"`,
  (c) => `f() { ${c}\n}; f`,
  (c) => `(${c}\n)`,
  (c) => `{ ${c}\n}`,
  (c) => `if true; then ${c}\nfi`,
  (c) => `for i in 1 2; do ${c}\ndone`,
  (c) => `true && ${c}`,
  (c) => `false || ${c}`,
  (c) => `ls; ${c}`,
  (c) => `echo "$(${c}\n)"`,
  (c) => `cat <(${c}\n)`,
  (c) => `trap ${quote(c)} EXIT`,
  (c) => `busybox sh -c ${quote(c)}`,
  (c) => `unheard-of ${quote(c)}`,
);

describe('the shell guard on anything (GUARD-6)', () => {
  it('never lets a forbidden command pass, whatever it is wrapped in', () => {
    fc.assert(
      fc.property(forbidden, fc.array(wrapper, { maxLength: 4 }), (command, wrappers) => {
        const text = wrappers.reduce<string>((inner, wrap) => wrap(inner), command);
        expect(guard.judge(text).effect, text).not.toBe('allow');
      }),
      { numRuns: 400 },
    );
  });

  it('refuses it outright through one wrapper that is known', () => {
    fc.assert(
      fc.property(forbidden, wrapper, (command, wrap) => {
        const text = wrap(command);
        fc.pre(!text.startsWith('unheard-of'));
        expect(guard.judge(text).effect, text).toBe('deny');
      }),
      { numRuns: 300 },
    );
  });

  it('sees through quotes and backslashes put anywhere into the words', () => {
    const pieces: readonly ((one: string) => string)[] = [
      (one) => one,
      (one) => `'${one}'`,
      (one) => `"${one}"`,
      (one) => `\\${one}`,
      (one) => `''${one}`,
      (one) => `$'${one}'`,
      (one) => `$'\\x${one.charCodeAt(0).toString(16)}'`,
      (one) => `\${nothing}${one}`,
    ];
    const choices = fc.array(fc.nat(pieces.length - 1), { minLength: 40, maxLength: 40 });
    fc.assert(
      fc.property(forbidden, choices, (command, chosen) => {
        // A name that stands before `=` must stay as it is, and so must the tilde.
        const change = (one: string, at: number) => pieces[chosen[at % 40] ?? 0]?.(one) ?? one;
        const text = [...command].map((one, at) => (/[a-z/0-9]/.test(one) ? change(one, at) : one)).join('');
        fc.pre(!text.includes('~'));
        expect(guard.judge(text).effect, text).toBe('deny');
      }),
      { numRuns: 300 },
    );
  });

  it('is not led to overlook by something like it that came before', () => {
    expect(guard.judge("unheard-of 'rm -rf /'; rm -rf /").effect).toBe('deny');
    expect(guard.judge('python3 -c "print(1); run(\'rm -rf /\')"; rm -rf /').effect).toBe('deny');
  });

  it('answers for any text, the same each time, and grants only what it allows', () => {
    const bit = fc.constantFrom(
      ...['rm', ' ', '-rf', '/', '$', '(', ')', '{', '}', '"', "'", '`', '|', '&', ';', '<', '>', '<<', 'EOF', '\n'],
      ...['x', '=', '*', '?', '[', ']', '\\', '~', 'if', 'then', 'fi', 'for', 'do', 'done', '$((', '))', '#', '!', ','],
    );
    fc.assert(
      fc.property(fc.array(bit, { maxLength: 60 }), (bits) => {
        const text = bits.join('');
        const verdict = guard.judge(text);
        expect(guard.judge(text)).toEqual(verdict);
        if (guard.grantWords(text) !== null) expect(verdict).toMatchObject({ effect: 'allow', understood: true });
      }),
      { numRuns: 2_000 },
    );
  });

  it('gives a grant whose own text is the same command again (APPR-1)', () => {
    const word = fc.stringMatching(/^[a-z][a-z ;&|'"=.$*-]{0,8}$/);
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 5 }), (words) => {
        const pattern = guard.grantWords(`git add ${words.map(quote).join(' ')}`);
        if (pattern !== null) expect(guard.grantWords(pattern)).toBe(pattern);
      }),
      { numRuns: 300 },
    );
  });
});
