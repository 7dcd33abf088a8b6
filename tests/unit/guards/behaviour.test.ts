import { describe, expect, it } from 'vitest';
import { type CallFact, judgeSequence, whatItReads } from '../../../src/guards/behaviour.js';

let clock = 0;
const call = (fact: Partial<CallFact>): CallFact => {
  clock += 1_000;
  return { tool: 'x', digest: `${clock}`, reads: null, outward: false, host: null, failed: false, at: clock, ...fact };
};
const next = (fact: Partial<CallFact>): CallFact => call({ failed: null, ...fact });

describe('the sequence of calls', () => {
  it('pauses at a request after a sensitive read, however much lies between (GUARD-5)', () => {
    const read = call({ tool: 'read_file', reads: 'sensitive' });
    const between = Array.from({ length: 30 }, () => call({}));
    expect(judgeSequence([read, ...between, next({ outward: true, host: 'x.example' })])).toEqual({
      rule: 'behaviour.sensitive-then-out',
      reason: 'After reading credentials with read_file, it wants to send to x.example.',
    });
    expect(judgeSequence([read, next({})])).toBeNull();
    expect(judgeSequence([{ ...read, failed: true }, next({ outward: true, host: 'x.example' })])).toBeNull();
    expect(judgeSequence([call({ outward: true }), next({ reads: 'sensitive' })])).toBeNull();
  });

  it('pauses at an outward send after mail or Drive was read (GUARD-5)', () => {
    for (const reads of ['mail', 'drive'] as const) {
      const hit = judgeSequence([call({ reads }), next({ tool: 'send_mail', outward: true })]);
      expect(hit?.rule).toBe('behaviour.private-then-out');
    }
  });

  it('pauses at the ninth new host within a minute (GUARD-5)', () => {
    clock = 0;
    const visits = (count: number) => Array.from({ length: count }, (_, index) => call({ host: `h${index}.example` }));
    expect(judgeSequence([...visits(7), next({ host: 'new.example' })])).toBeNull();
    expect(judgeSequence([...visits(8), next({ host: 'new.example' })])).toMatchObject({ rule: 'behaviour.burst' });
    expect(judgeSequence([...visits(8), next({ host: 'h3.example' })])).toBeNull();
    expect(judgeSequence([...visits(8), next({ host: 'new.example', at: clock + 120_000 })])).toBeNull();
  });

  it('pauses when the same call has failed three times in a row (GUARD-5)', () => {
    const failed = (digest: string) => call({ tool: 'run_command', digest, failed: true });
    const three = [failed('a'), call({}), failed('a'), failed('b'), failed('a')];
    expect(judgeSequence([...three, next({ tool: 'run_command', digest: 'a' })])).toEqual({
      rule: 'behaviour.loop',
      reason: 'The same call of run_command has failed 3 times.',
    });
    expect(judgeSequence([...three, next({ digest: 'b' })])).toBeNull();
    expect(judgeSequence([...three, call({ digest: 'a' }), next({ digest: 'a' })])).toBeNull();
    expect(judgeSequence([])).toBeNull();
  });

  it('knows what reads credentials, mail and Drive (GUARD-5)', () => {
    const sensitive = [
      '.env',
      'app/.env.local',
      '/home/me/.ssh/id_ed25519',
      '~/.aws/credentials',
      'certs/server.pem',
      '/etc/shadow',
    ];
    for (const path of sensitive) expect(whatItReads('read_file', { path }), path).toBe('sensitive');
    expect(whatItReads('run_command', { command: 'cat .env | head' })).toBe('sensitive');
    expect(whatItReads('run_command', { command: 'npm test' })).toBeNull();
    expect(whatItReads('read_file', { path: 'docs/environment.md' })).toBeNull();
    expect(whatItReads('read_mail', { id: '1' })).toBe('mail');
    expect(whatItReads('drive_read', { id: '1' })).toBe('drive');
    expect(whatItReads('http_request', { url: 'https://x.example/.env' })).toBeNull();
  });
});
