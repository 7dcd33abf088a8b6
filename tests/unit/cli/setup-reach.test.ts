import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { setup } from '../../../src/cli-setup.js';
import { openHome, type SetupHome } from '../../../src/cli-setup-home.js';
import {
  applyReach,
  ownAuthority,
  planReach,
  triedSentence,
  withCertificateServer,
} from '../../../src/cli-setup-reach.js';
import { reachOf, whereItOpens } from '../../../src/gateway/reach.js';
import { createRig, type Rig } from './rig.js';

const AROUND = { tailscaleName: 'box.tail1234.ts.net', addresses: ['192.168.1.5'] };

let rig: Rig;
let home: SetupHome;
beforeEach(async () => {
  rig = createRig();
  rig.env.SENESCHAL_PORT = '8443';
  home = await openHome(rig.context);
});
afterEach(() => {
  home.close();
  rig.remove();
});

describe('from where links open (SECRET-9)', () => {
  it('writes its lines into HOME/.env and leaves every other line as it is', () => {
    const path = join(rig.home, '.env');
    writeFileSync(path, `${rig.dotEnv()}# mine\nexport SENESCHAL_BIND="10.0.0.1"\nTELEGRAM_OWNER_ID=4711\n`);
    const key = rig.dotEnv().split('\n')[0];
    applyReach(home, planReach(home, {}, AROUND, { way: 'tailscale' }));
    expect(rig.dotEnv()).toBe(
      `${key}\n# mine\nTELEGRAM_OWNER_ID=4711\nSENESCHAL_PUBLIC_URL=https://box.tail1234.ts.net:8443\n`,
    );
    applyReach(home, planReach(home, {}, AROUND, { way: 'lan' }));
    expect(rig.dotEnv()).toBe(`${key}\n# mine\nTELEGRAM_OWNER_ID=4711\nSENESCHAL_BIND=192.168.1.5\n`);
    applyReach(home, planReach(home, {}, AROUND, { way: 'loopback' }));
    expect(rig.dotEnv()).toBe(`${key}\n# mine\nTELEGRAM_OWNER_ID=4711\n`);
  });

  it('says what is to be done for each way, and warns of the browser inside Telegram', () => {
    expect(planReach(home, {}, AROUND, { way: 'tailscale' }).steps).toContain(
      'tailscale serve --bg --https=8443 https+insecure://127.0.0.1:8443',
    );
    const named = planReach(home, {}, AROUND, { way: 'name', publicUrl: 'https://box.example.org/' });
    expect(named.url).toBe('https://box.example.org');
    expect(planReach(home, {}, AROUND, { way: 'lan' }).steps[0]).toMatch(/^Telegram's in-app browser ignores/);
  });

  it('refuses a way that this box does not have, and names that are none', () => {
    const nothing = { tailscaleName: null, addresses: [] };
    expect(() => planReach(home, {}, nothing, { way: 'tailscale' })).toThrow('Tailscale was not found on this box.');
    expect(() => planReach(home, {}, nothing, { way: 'lan' })).toThrow('This box has no private IPv4 address.');
    expect(() => planReach(home, {}, AROUND, { way: 'lan', address: '8.8.8.8' })).toThrow('8.8.8.8 is no private');
    for (const publicUrl of [
      '',
      'box.example.org',
      'http://box.example.org',
      'https://a.b/path',
      'https://localhost',
    ]) {
      expect(() => planReach(home, {}, AROUND, { way: 'name', publicUrl })).toThrow();
    }
  });

  it('names a variable of the environment that wins over the file (CONF-4)', () => {
    const plan = planReach(home, { SENESCHAL_BIND: '10.0.0.1' }, AROUND, { way: 'lan' });
    expect(plan.overriddenBy).toEqual(['SENESCHAL_BIND']);
  });

  it('fixes a port where a free one was taken at each start', async () => {
    rig.env.SENESCHAL_PORT = '0';
    const other = await openHome(rig.context);
    expect(planReach(other, {}, AROUND, { way: 'lan' })).toMatchObject({
      url: 'https://192.168.1.5:8443',
      variables: { SENESCHAL_PORT: '8443' },
    });
    other.close();
  });

  it('hands the CA over for a phone: as a file, and by one address while the owner installs it', async () => {
    const plan = planReach(home, {}, AROUND, { way: 'lan' });
    const authority = await ownAuthority(home, plan);
    expect(authority?.fingerprint).toMatch(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
    expect(readFileSync(authority?.path ?? '', 'utf8')).toBe(authority?.pem);
    expect(authority?.pem).not.toContain('PRIVATE');
    const url = await withCertificateServer('127.0.0.1', authority?.pem ?? '', async (address) => {
      const answer = await fetch(address);
      expect(answer.headers.get('content-type')).toBe('application/x-x509-ca-cert');
      expect(await answer.text()).toBe(authority?.pem);
      expect((await fetch(new URL('/', address))).status).toBe(404);
      return address;
    });
    await expect(fetch(url)).rejects.toThrow();
    expect((await ownAuthority(home, plan))?.pem).toBe(authority?.pem);
  });

  it('says what a try has shown', () => {
    const plan = planReach(home, {}, AROUND, { way: 'tailscale' });
    expect(triedSentence(plan, { kind: 'seneschal', channels: [] })).toBe('https://box.tail1234.ts.net:8443 answers.');
    expect(triedSentence(plan, { kind: 'other', status: 421 })).toMatch(/only after a restart\.$/);
    expect(triedSentence(plan, { kind: 'other', status: 502 })).toMatch(/look at the proxy\.$/);
    expect(triedSentence(plan, { kind: 'untrusted', code: 'DEPTH_ZERO_SELF_SIGNED_CERT' })).toMatch(/not trusted/);
    expect(triedSentence(plan, { kind: 'nothing', code: 'ECONNREFUSED' })).toMatch(/^Nothing answers at/);
    expect(triedSentence(plan, null)).toMatch(/^Seneschal is not running/);
  });

  it('works without questions too', async () => {
    await setup(rig.context, { reach: 'name', publicUrl: 'https://box.example.org' }, null);
    expect(rig.said[0]?.fields).toMatchObject({ way: 'name', url: 'https://box.example.org', isRunning: false });
    expect(rig.dotEnv()).toContain('SENESCHAL_PUBLIC_URL=https://box.example.org\n');
  });
});

describe('the sentence in the chat', () => {
  it.each([
    ['https://127.0.0.1:8443', 'box', /^Open it on the box itself/],
    ['https://localhost:8443', 'box', /seneschal setup/],
    ['https://box.tail1234.ts.net:8443', 'tailscale', /^Opens on your devices in Tailscale/],
    ['https://100.101.102.103:8443', 'tailscale', /Tailscale/],
    ['https://192.168.1.5:8443', 'network', /^Opens in your own network/],
    ['https://[fd00::1]:8443', 'network', /certificate/],
    ['https://box.example.org', 'name', /^Opens on any of your devices/],
  ])('%s opens from: %s', (url, reach, words) => {
    expect(reachOf(url)).toBe(reach);
    expect(whereItOpens(url)).toMatch(words);
  });
});
