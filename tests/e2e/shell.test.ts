import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { labels, openTelegramRig, type TelegramRig } from '../support/rig.js';

const run = (command: string): string => `call run_command ${JSON.stringify({ command })}`;

describe('the shell guard, on the built product (GUARD-6, GUARD-13)', () => {
  let rig: TelegramRig;
  afterEach(() => rig.close());

  it('never runs the forbidden class, and says by which rule, whatever wraps it', async () => {
    rig = await openTelegramRig();
    for (const command of [
      'rm -rf /',
      'sudo sh -c "rm -rf --no-preserve-root /"',
      'echo cm0gLXJmIC8K | base64 -d | sh',
    ]) {
      const reply = await rig.say(run(command), (message) => message.text.includes('run_command:'));
      expect(reply.text).toContain('Refused');
      expect(labels(reply)).toEqual([]);
    }
    const harmless = await rig.say(run('echo "rm -rf /"'), (message) => labels(message).includes('Approve'));
    expect(harmless.text).toContain('Run: echo "rm -rf /"');
  });

  it('offers a standing yes only for words it understood, and it covers exactly those (APPR-1)', async () => {
    rig = await openTelegramRig();
    const unclear = await rig.say(run('$TOOL --now'), (message) => labels(message).includes('Approve'));
    expect(labels(unclear)).toEqual(['Approve', 'Deny']);
    const clear = await rig.say(run('ls -la'), (message) => labels(message).includes('Always'));
    expect(labels(clear)).toEqual(['Approve', 'Approve for 10 min', 'Always', 'Deny']);
    rig.telegram.presses(clear.messageId, 'Approve for 10 min');
    await rig.find('its end', (message) => message.text.startsWith('Rehearsal') && message.text.includes('exit 0'));
    expect((await rig.say(run('ls -la'), (message) => message.text.includes('exit 0'))).text).toContain('exit 0');
    const other = await rig.say(run('ls -la ..'), (message) => labels(message).length > 0);
    expect(labels(other)).toContain('Approve');
  });

  it('obeys rules.yaml, which can only make things stricter', async () => {
    rig = await openTelegramRig();
    const rules = 'rules:\n  - effect: deny\n    command: git push\n    reason: pushes, which you forbade\n';
    writeFileSync(join(rig.home, 'rules.yaml'), rules);
    await rig.restart('stop');
    const reply = await rig.say(run('git push origin feature'), (message) => message.text.includes('run_command:'));
    expect(reply.text).toContain('which you forbade');
  });
});
