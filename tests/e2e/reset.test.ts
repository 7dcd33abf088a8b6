import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { cli } from '../support/cli.js';
import { Gateway } from '../support/gateway.js';
import { openTelegramRig } from '../support/rig.js';
import { linkIn, visit } from '../support/visit.js';

it('a lost vault key costs values, never names and hosts, and the forms to enter them come by themselves (VAULT-7)', {
  timeout: 90_000,
}, async () => {
  const rig = await openTelegramRig();
  try {
    await rig.say('hello');
    for (const name of ['FIRST_KEY', 'SECOND_KEY']) {
      const host = `${name.slice(0, 5).toLowerCase()}.example`;
      expect(
        (await cli(rig.home, ['vault', 'set', name, '--host', host], { input: `the value of ${name}` })).code,
      ).toBe(0);
    }
    await rig.gateway.stop();
    const keyFile = join(rig.home, '.env');
    const lines = readFileSync(keyFile, 'utf8').split('\n');
    writeFileSync(keyFile, lines.filter((line) => !line.startsWith('SENESCHAL_VAULT_KEY')).join('\n'));
    const refused = await Gateway.start({ home: rig.home, env: {}, untilReady: false });
    expect(await refused.ended()).toBe(1);
    expect(refused.output.join('')).toMatch(/FIRST_KEY.*SECOND_KEY/);
    expect(readFileSync(keyFile, 'utf8')).not.toContain('SENESCHAL_VAULT_KEY');
    const reset = await cli(rig.home, ['vault', 'reset', '--yes']);
    expect(reset).toMatchObject({ code: 0, stdout: expect.stringContaining('FIRST_KEY, SECOND_KEY') });
    await rig.restart('stop').catch(() => undefined);
    for (const name of ['FIRST_KEY', 'SECOND_KEY']) {
      const asked = await rig.find(`the form for ${name}`, (message) => message.text.startsWith(`I need ${name}`));
      const page = await visit(linkIn(asked.text));
      expect(page.body).toContain(`${name.slice(0, 5).toLowerCase()}.example`);
      const hosts = `${name.slice(0, 5).toLowerCase()}.example`;
      expect((await visit(linkIn(asked.text), { value: `entered again ${name}`, hosts })).body).toContain(
        `Saved ${name}`,
      );
    }
    const listed = await cli(rig.home, ['vault', 'list']);
    expect(listed.stdout).toMatch(/FIRST_KEY \S+ · first\.example\n/);
    await rig.restart('kill');
    await rig.say('still there');
    expect(rig.telegram.botMessages().filter((message) => message.text.startsWith('I need'))).toEqual([]);
  } finally {
    await rig.close();
  }
});
