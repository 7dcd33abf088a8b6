import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { VARIABLES } from '../../../src/config.js';

/** The files are read, not run: building an image needs a Docker engine, which tests do without. */
const compose = parse(readFileSync('docker-compose.yml', 'utf8'));
const service = compose.services.seneschal;

/** Stage name → its instructions, each on one line. */
function stages(): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  let current: string[] = [];
  for (const line of readFileSync('Dockerfile', 'utf8')
    .replace(/^\s*#.*\n/gm, '')
    .replace(/\\\n/g, ' ')
    .split('\n')) {
    const stage = /^FROM \S+ AS (\S+)$/.exec(line)?.[1];
    if (stage) {
      current = [];
      found.set(stage, current);
    }
    if (line.trim() !== '') current.push(line.replace(/\s+/g, ' ').trim());
  }
  return found;
}

const image = stages();
const stage = (name: string) => (image.get(name) ?? []).join('\n');

describe('docker-compose.yml, as written', () => {
  it('holds the figures of the hardened service (BOX-1, BOX-7)', () => {
    expect(service).toMatchObject({
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
      pids_limit: 512,
      mem_limit: '1g',
      init: true,
      logging: { driver: 'json-file', options: { 'max-size': '20m', 'max-file': '3' } },
    });
    expect(service.tmpfs.map((mount: string) => mount.split(':')[0])).toEqual([
      '/tmp',
      '/workspace',
      '/home/seneschal/.cache',
    ]);
    expect(
      service.privileged ?? service.cap_add ?? service.network_mode ?? service.pid ?? service.devices,
    ).toBeUndefined();
  });

  it('keeps the home folder and mounts nothing else, no Docker socket (BOX-7, CONT-5)', () => {
    expect(service.volumes).toEqual(['home:/home/seneschal/.seneschal']);
    expect(JSON.stringify(compose)).not.toContain('docker.sock');
  });

  it('publishes one port on loopback of the host, in a network of its own (NET-1)', () => {
    const published = (part: string, byDefault: string) => `\${SENESCHAL_PUBLISHED_${part}:-${byDefault}}`;
    expect(service.ports).toEqual([`${published('HOST', '127.0.0.1')}:${published('PORT', '8443')}:8443`]);
    expect(service.networks).toEqual(['private']);
    expect(service.environment).toMatchObject({ SENESCHAL_BIND: '0.0.0.0', SENESCHAL_ALLOW_PUBLIC_BIND: 'true' });
  });

  it('hands every variable on, and sets no key (START-5)', () => {
    const composeOnly = ['SENESCHAL_PUBLISHED_HOST', 'SENESCHAL_PUBLISHED_PORT'];
    const names = Object.keys(VARIABLES).filter((name) => !composeOnly.includes(name));
    expect(Object.keys(service.environment).sort()).toEqual(names.sort());
    const secrets = Object.entries(VARIABLES).filter(([, variable]) => 'secret' in variable);
    expect(secrets.map(([name]) => service.environment[name])).toEqual(secrets.map(() => null));
  });

  it('waits longer for the end than the gateway takes (START-7)', () => {
    expect(Number.parseInt(service.stop_grace_period, 10)).toBeGreaterThan(10);
  });
});

describe('Dockerfile, as written', () => {
  it('makes seneschal, 1001, and removes package managers, bash, perl and setuid bits (BOX-7)', () => {
    const base = stage('base');
    expect(base).toMatch(/useradd --uid 1001 .*seneschal/);
    expect(base).toContain('find / -xdev -type f -perm /6000 -exec chmod a-s {} +');
    for (const path of ['/usr/bin/apt*', '/usr/bin/dpkg*', '/usr/bin/perl*', '/usr/bin/bash', '/usr/local/bin/npm']) {
      expect(base).toContain(` ${path}`);
    }
    expect(base).not.toMatch(/rm .*\/usr\/bin\/(sh|dash)\b/);
  });

  it.each(['standard', 'locked'])('%s is one layer of files, runs as 1001 and asks its own health (BOX-1)', (name) => {
    const text = stage(name);
    expect(text).toMatch(/^FROM scratch /);
    expect(text).not.toMatch(/^RUN /m);
    expect(text).toContain('USER 1001:1001');
    expect(text).toContain('VOLUME /home/seneschal/.seneschal');
    expect(text).toMatch(/HEALTHCHECK .*CMD \["node", "\/app\/scripts\/health\.mjs"\]/);
    expect(text).toContain(
      'ENTRYPOINT ["node", "--max-semi-space-size=1", "--v8-pool-size=1", "/app/dist/src/main.js"]',
    );
  });

  it('has a target locked without any shell and without run_command (BOX-7)', () => {
    expect(stage('base-without-shell')).toContain('rm -f /usr/bin/sh /usr/bin/dash');
    expect(stage('locked')).toContain('COPY --from=base-without-shell / /');
    expect(stage('locked')).toContain('SENESCHAL_TOOLS_OFF=run_command');
    expect(stage('standard')).not.toContain('SENESCHAL_TOOLS_OFF');
  });

  it('is what compose builds, and the last stage', () => {
    expect(service.build.target).toBe('standard');
    expect([...image.keys()].at(-1)).toBe('standard');
  });
});
