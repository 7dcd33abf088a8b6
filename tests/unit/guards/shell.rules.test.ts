import { describe, expect, it } from 'vitest';
import { hostObjection, NO_RULES, pathObjection } from '../../../src/guards/rules.js';
import { loadRules } from '../../../src/guards/rules-file.js';
import { createCommandGuard } from '../../../src/guards/shell/judge.js';

const RULES = `
rules:
  - name: no-publish
    effect: deny
    command: npm publish
    reason: publishes by hand only
  - effect: ask
    command: git push --tags
  - name: photos
    effect: deny
    path: ~/photos
  - name: production
    effect: deny
    host: "*.prod.example.com"
  - name: intern
    effect: ask
    host: wiki.example.com
`;

describe("the owner's rules (GUARD-13)", () => {
  const rules = loadRules(RULES);
  const guard = createCommandGuard(rules);

  it('refuse or ask by the words of a command, behind wrappers too', () => {
    expect(guard.judge('npm publish')).toMatchObject({
      effect: 'deny',
      rule: 'owner.no-publish',
      reason: 'It publishes by hand only.',
    });
    expect(guard.judge("sudo sh -c 'npm --tag next publish'").effect).toBe('deny');
    expect(guard.judge('git push --tags')).toMatchObject({ effect: 'ask', rule: 'owner.rule-2' });
    expect(guard.judge('git push').effect).toBe('allow');
    expect(guard.judge('npm pack').effect).toBe('allow');
  });

  it('refuse by path, as an argument, a redirection or from another folder', () => {
    for (const command of ['ls ~/photos', 'cp ~/photos/a.jpg .', 'echo x > ~/photos/x', 'cd ~ && cat photos/a.jpg']) {
      expect(guard.judge(command), command).toMatchObject({ effect: 'deny', rule: 'owner.photos' });
    }
    expect(guard.judge('ls ~/photos-old').effect).toBe('allow');
  });

  it('refuse by host, in a URL, an address or alone', () => {
    for (const command of [
      'curl https://db.prod.example.com/x',
      'ssh root@db.prod.example.com',
      'ping db.prod.example.com',
    ]) {
      expect(guard.judge(command).effect, command).toBe('deny');
    }
    expect(guard.judge('curl https://wiki.example.com')).toMatchObject({ effect: 'ask', rule: 'owner.intern' });
    expect(guard.judge('curl https://prod.example.com').effect).toBe('allow');
  });

  it('answer for other tools too', () => {
    expect(pathObjection(rules, '/home/alice/photos/a.jpg')?.name).toBe('photos');
    expect(pathObjection(rules, '/srv/photos')).toBeNull();
    expect(hostObjection(rules, 'DB.prod.example.com.')?.name).toBe('production');
    expect(hostObjection(rules, 'example.com')).toBeNull();
  });

  it('can only make things stricter', () => {
    expect(() => loadRules('rules:\n  - effect: allow\n    command: rm')).toThrow(/line 2/);
    expect(guard.judge('rm -rf /').rule).toBe('wipe.root');
  });

  it('may be absent', () => {
    for (const text of ['', '# nothing yet\n', 'rules: []\n']) expect(loadRules(text)).toEqual(NO_RULES);
  });

  it.each([
    ['an unknown key', 'rules:\n  - effect: deny\n    command: ls\n    comand: x\n', /rules\.yaml, line 4/],
    ['an unknown key at the top', 'rules: []\nallow:\n  - ls\n', /rules\.yaml, line 2/],
    [
      'two things in one rule',
      'rules:\n  - effect: deny\n    command: ls\n\n  - effect: deny\n    command: ls\n    path: /x\n',
      /line 5: a rule has exactly one/,
    ],
    ['a wrong effect', 'rules:\n  - command: ls\n    effect: allow\n', /line 3/],
    ['no list', 'rules: yes\n', /line 1/],
    ['broken YAML', 'rules:\n  - effect: deny\n    command: "ls\n', /rules\.yaml, line \d/],
    ['a key given twice', 'rules:\n  - effect: deny\n    effect: ask\n    command: ls\n', /line 3/],
    ['an alias', 'rules:\n  - &a\n    effect: deny\n    command: ls\n  - *a\n', /line 5/],
    ['a wrong type', 'rules:\n  - effect: deny\n    command: [ls]\n', /line 3/],
  ])('name the line of %s', (_, text, message) => {
    expect(() => loadRules(text)).toThrow(message);
  });
});
