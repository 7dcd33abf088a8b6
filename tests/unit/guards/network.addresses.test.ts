import { describe, expect, it } from 'vitest';
import { judgeAddress, parseNetworkAllow } from '../../../src/guards/addresses.js';
import { judgeUrl } from '../../../src/guards/urls.js';

const verdict = (url: string, options: { allow?: string; enforceHttps?: boolean; addresses?: string[] } = {}) =>
  judgeUrl(url, {
    allow: parseNetworkAllow(options.allow ?? ''),
    enforceHttps: options.enforceHttps ?? false,
    ...(options.addresses ? { addresses: options.addresses } : {}),
  });

const PRIVATE_SPELLINGS = [
  'http://127.0.0.1/',
  'http://127.1/',
  'http://0x7f.1/',
  'http://0x7f000001/',
  'http://2130706433/',
  'http://017700000001/',
  'http://0177.0.0.1/',
  'http://127.0.0.1./',
  'http://127.0.0.1%2e/',
  'http://１２７.0.0.1/',
  'http://①②⑦.0.0.1/',
  'http://127。0。0。1/',
  'http://user@127.0.0.1/',
  'http://example.com@127.0.0.1/',
  'http://127.0.0.1\\@example.com/',
  'http:\\\\127.0.0.1/',
  'http:///127.0.0.1/',
  'http://0/',
  'http://0.0.0.0/',
  'http://10.0.0.1/',
  'http://172.16.5.4/',
  'http://172.31.255.255/',
  'http://192.168.1.1/',
  'http://100.64.0.1/',
  'http://169.254.1.1/',
  'http://198.18.0.1/',
  'http://224.0.0.1/',
  'http://240.0.0.1/',
  'http://255.255.255.255/',
  'http://[::]/',
  'http://[::1]/',
  'http://[0:0:0:0:0:0:0:1]/',
  'http://[::127.0.0.1]/',
  'http://[::7f00:1]/',
  'http://[::ffff:127.0.0.1]/',
  'http://[::ffff:7f00:1]/',
  'http://[::ffff:0:7f00:1]/',
  'http://[64:ff9b::127.0.0.1]/',
  'http://[64:ff9b:1::a00:1]/',
  'http://[2002:7f00:1::]/',
  'http://[2001:0:7f00:1::]/',
  'http://[2001:db8::1]/',
  'http://[3fff::1]/',
  'http://[fc00::1]/',
  'http://[fd12:3456::1]/',
  'http://[fe80::1]/',
  'http://[fec0::1]/',
  'http://[ff02::1]/',
  'http://[100::1]/',
  'http://[5f00::1]/',
  'http://[4000::1]/',
  'http://localhost/',
  'http://LOCALHOST./',
  'http://ⓛocalhost/',
  'http://app.localhost/',
  'http://printer.local/',
  'http://redis/',
  'http://10.0.0.1.nip.io/',
  'http://app-192-168-1-1.sslip.io/',
  'http://a.localtest.me/',
];

describe('judgeUrl', () => {
  it.each(PRIVATE_SPELLINGS)('refuses %s by its spelling (GUARD-1)', (url) => {
    expect(verdict(url).effect).toBe('deny');
  });

  it.each(PRIVATE_SPELLINGS)('refuses %s over https too (GUARD-1)', (url) => {
    expect(verdict(url.replace('http:', 'https:')).effect).toBe('deny');
  });

  it.each([
    'https://example.com/',
    'http://93.184.216.34/',
    'https://[2606:4700::1111]/',
    'https://[::ffff:8.8.8.8]/',
    'https://example.com:8443/a?b=c#d',
    'https://bücher.example/',
    'https://8.8.8.8.nip.io/',
    'https://internal.example.com/',
    'https://mylocal.dev/',
  ])('lets %s pass', (url) => {
    expect(verdict(url)).toMatchObject({ effect: 'allow', rule: 'public' });
  });

  it.each([
    'file:///etc/passwd',
    'ftp://example.com/',
    'gopher://example.com/',
    'javascript:alert(1)',
    'data:text/plain,hi',
    'ws://example.com/',
    'unix:/run/x.sock',
  ])('refuses the scheme of %s (GUARD-1)', (url) => {
    expect(verdict(url)).toMatchObject({ effect: 'deny', rule: 'scheme' });
  });

  it.each(['', 'example.com', 'http://', 'http://256.1.1.1/', 'http://[::1%25eth0]/', 'http://a b/', 'http://x%00y/'])(
    'refuses %j as no URL',
    (url) => {
      expect(verdict(url)).toMatchObject({ effect: 'deny', rule: 'invalid-url' });
    },
  );

  it('refuses a name as soon as one of its addresses is private (GUARD-1)', () => {
    expect(verdict('http://example.com/', { addresses: ['93.184.216.34', '10.0.0.1'] })).toMatchObject({
      effect: 'deny',
      rule: 'private-address',
      findings: ['example.com resolves to 10.0.0.1, which is a private or loopback address'],
    });
    expect(verdict('http://example.com/', { addresses: ['::ffff:10.0.0.1'] }).effect).toBe('deny');
    expect(verdict('http://example.com/', { addresses: ['fe80::1%eth0'] }).effect).toBe('deny');
    expect(verdict('http://example.com/', { addresses: ['not an address'] }).effect).toBe('deny');
    expect(verdict('http://example.com/', { addresses: [] }).effect).toBe('deny');
    expect(verdict('http://example.com/', { addresses: ['93.184.216.34', '2606:4700::1111'] }).effect).toBe('allow');
  });

  it('refuses plain http when https is enforced (GUARD-12)', () => {
    expect(verdict('http://example.com/', { enforceHttps: true })).toMatchObject({ effect: 'deny', rule: 'https' });
    expect(verdict('https://example.com/', { enforceHttps: true }).effect).toBe('allow');
  });

  it('says when a URL carries a user name', () => {
    expect(verdict('https://example.org@example.com/').findings).toHaveLength(1);
  });
});

describe('SENESCHAL_NETWORK_ALLOW', () => {
  it('opens a host, a host on one port, and a range (GUARD-12)', () => {
    expect(verdict('http://nas.local/', { allow: 'nas.local' }).rule).toBe('allow-list');
    expect(verdict('http://nas.local/', { allow: 'nas.local', addresses: ['192.168.1.9'] }).rule).toBe('allow-list');
    expect(verdict('http://nas.local:81/', { allow: 'nas.local:80' }).effect).toBe('deny');
    expect(verdict('http://127.0.0.1:81/', { allow: '127.0.0.1:81' }).effect).toBe('allow');
    expect(verdict('http://127.0.0.1:82/', { allow: '127.0.0.1:81' }).effect).toBe('deny');
    expect(verdict('http://[::1]:81/', { allow: '[::1]:81' }).effect).toBe('allow');
    expect(verdict('http://10.9.8.7/', { allow: 'x.lan, 10.0.0.0/8' }).effect).toBe('allow');
    expect(verdict('http://nas.local/', { allow: '10.0.0.0/8', addresses: ['10.1.1.1'] }).effect).toBe('allow');
    expect(verdict('http://11.example/', { allow: '10.0.0.0/8', addresses: ['192.168.0.1'] }).effect).toBe('deny');
  });

  it.each([
    ['169.254.169.254', 'http://169.254.169.254/'],
    ['100.64.0.0/10', 'http://100.100.100.200/'],
    ['fd00::/8', 'http://[fd00:ec2::254]/'],
    ['', 'http://168.63.129.16/'],
    ['192.0.0.0/24', 'http://192.0.0.192/'],
    ['', 'http://metadata.google.internal/computeMetadata/v1/'],
    ['', 'http://metadata.google.internal./'],
    ['', 'http://[::ffff:169.254.169.254]/'],
    ['', 'http://0xa9fea9fe/'],
    ['', 'http://2852039166/'],
    ['', 'http://instance-data/'],
    ['', 'http://169.254.169.254.nip.io/'],
  ])('with %j never opens the metadata service at %s (GUARD-12)', (allow, url) => {
    const entries = allow.startsWith('169') ? '' : allow;
    expect(verdict(url, { allow: entries })).toMatchObject({ effect: 'deny', rule: 'metadata' });
  });

  it('never opens link-local, multicast or unspecified addresses through a name (GUARD-12)', () => {
    for (const address of ['169.254.7.7', 'fe80::1', '224.0.0.1', '0.0.0.0', '::', '169.254.169.254']) {
      expect(verdict('http://nas.local/', { allow: 'nas.local', addresses: [address] }).effect, address).toBe('deny');
    }
  });

  it.each([
    '0.0.0.0/0',
    '10.0.0.0/7',
    '::/0',
    '169.254.169.254',
    '169.254.0.0/16',
    'fe80::/10',
    'metadata.google.internal',
    '*',
    '*.lan',
    'http://nas.lan',
    'nas.lan:0',
    'nas.lan:70000',
    'a@b',
    '10.0.0.0/33',
  ])('refuses the entry %s at the start (GUARD-12)', (entry) => {
    expect(() => parseNetworkAllow(entry)).toThrow(/SENESCHAL_NETWORK_ALLOW has/);
  });
});

describe('judgeAddress', () => {
  it('never reaches what it cannot parse', () => {
    expect(judgeAddress('')).toEqual({ reach: 'never', rule: 'reserved-address' });
  });
});
