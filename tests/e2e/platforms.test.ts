import { afterEach, describe, expect, it } from 'vitest';
import { isDone, type Platform } from '../support/platform.js';
import { openDiscord } from '../support/platform-discord.js';
import { anthropicKey, call, openRig, type PlatformRig } from '../support/platform-rig.js';
import { openSlack } from '../support/platform-slack.js';
import { openTelegram } from '../support/platform-telegram.js';
import { linkIn, visit } from '../support/visit.js';

/*
 * One scenario on the built product, the same on the three platforms: everything that the owner is promised, seen from
 * outside.
 */
let rig: PlatformRig;
let platform: Platform;

afterEach(async () => {
  const violations = [...platform.violations()];
  await rig.close();
  expect(violations).toEqual([]);
});

describe.each([
  ['Telegram', openTelegram],
  ['Slack', openSlack],
  ['Discord', openDiscord],
] as const)('the whole way over %s', (_name, open) => {
  it('goes from a message to a restart with a waiting approval (CHAN-2, CHAN-3, OWN-2, APPR-2, APPR-4, PASTE-2, SECRET-4)', async () => {
    platform = await open();
    rig = await openRig([platform]);
    expect(rig.gateway.ready).toMatchObject({ channels: [platform.channel] });

    // A message, its progress, its reply: one message that grows.
    const words = Array.from({ length: 60 }, (_, index) => `word${index + 1}`).join(' ');
    const reply = await rig.say(platform, 'stream 60', (message) => message.text.endsWith('word60'));
    expect(reply.text).toBe(`Rehearsal, no AI.\n\n${words}`);
    expect(reply.edits).toBeGreaterThan(1);

    // An approval: a stranger's press does nothing and is told nothing, the owner's runs it once.
    const command = 'echo "one & <two>" >> out.txt';
    const card = await rig.say(platform, call('run_command', { command }), (m) => m.labels.includes('Approve'));
    expect(card.text.split('\n')[0]).toBe(`Run: ${command}`);
    expect(card.labels).toEqual(['Approve', 'Deny']);
    expect(await platform.presses(card, 'Approve', 'stranger')).toBe('');
    expect(rig.file('out.txt')).toBeNull();
    await platform.presses(card, 'Approve');
    await rig.find(platform, 'the outcome', (m) => m.text.startsWith('Rehearsal') && m.text.includes('exit 0'));
    const after = await rig.find(platform, 'the card', (m) => /✓ Approved \d\d:\d\d · exit 0 after/.test(m.text));
    expect([after.id, after.space, after.labels]).toEqual([card.id, card.space, []]);
    expect(rig.file('out.txt')).toBe('one & <two>\n');

    // A secret by a link that only the owner sees, entered over HTTPS.
    platform.says(call('ask_secret', { name: 'DEMO_KEY', prompt: 'to greet.', hosts: ['example.org'] }));
    const asked = await rig.find(platform, 'the link', (message) => linkIn(message.text) !== '');
    expect(asked.text.split('\n')[0]).toBe('I need DEMO_KEY: to greet.');
    expect(platform.seenByStranger().filter((message) => message.text.includes('/s/'))).toEqual([]);
    const value = ['canary', 'v4lue', '0123456789', 'tail'].join('-');
    expect((await visit(linkIn(asked.text), { value, hosts: 'example.org' })).body).toContain('Saved DEMO_KEY');
    await rig.find(platform, 'how the form ended', (message) => message.text.startsWith('Saved DEMO_KEY (***tail)'));
    await rig.find(platform, 'the result', (message) => message.text.includes('ask_secret: Saved DEMO_KEY'));

    // A pasted key: gone where the platform allows it, and the truth about it.
    const pasted = platform.pastes(`say hello with ${anthropicKey()} in it`);
    const told = await rig.find(platform, 'the answer', (message) => message.labels.includes('Save to vault'));
    expect(told.text).toContain(platform.pasteAnswer);
    expect(told.text).toContain('https://console.anthropic.com');
    expect(pasted.stands()).toBe(!platform.pasteAnswer.startsWith('I deleted'));
    await rig.find(platform, 'the rest of it', (message) => /hello with .+ in it/.test(message.text));
    expect(JSON.stringify(platform.messages())).not.toContain(anthropicKey().slice(0, 30));

    // Stop: what runs ends, and the word never reaches the model.
    const slow = await rig.say(platform, call('run_command', { command: 'sleep 60; touch never' }), (m) =>
      m.labels.includes('Approve'),
    );
    await platform.presses(slow, 'Approve');
    await rig.find(platform, 'the work', (message) => message.text.startsWith('Working') && !isDone(message));
    platform.stops();
    const stopped = await rig.find(platform, 'the end', (message) => message.text.startsWith('Stopped.'));
    expect(stopped.text).toMatch(/^Stopped\. 1 command \(\d+ process(es)?\) ended in \d+/);
    expect(rig.file('never')).toBeNull();

    // Killed while an approval waits: its button still works.
    const kept = await rig.say(platform, call('write_file', { path: 'kept.txt', content: 'kept' }), (m) =>
      m.labels.includes('Always'),
    );
    await rig.restart('kill');
    await platform.presses(kept, 'Approve');
    await rig.find(platform, 'the result', (message) => message.text.includes('write_file: Wrote kept.txt'));
    expect(rig.file('kept.txt')).toBe('kept');
    await rig.find(platform, 'the card', (message) => message.id === kept.id && message.text.includes('✓ Approved'));
    expect(platform.messages().some((message) => /You said: \/?stop/i.test(message.text))).toBe(false);
    expect((await rig.gateway.stop()).code).toBe(0);
  }, 90_000);

  it('answers the same commands in the platform’s own form (CHAN-6)', async () => {
    platform = await open();
    rig = await openRig([platform]);
    await rig.say(platform, 'say hello');
    const answers: readonly [name: string, argument: string | undefined, words: RegExp][] = [
      ['status', undefined, /^rehearsal · this conversation/],
      ['approvals', undefined, /^Nothing waits for you/],
      ['settings', undefined, /^Model: rehearsal/],
      ['help', undefined, /\/settings: Model/],
      ['stop', undefined, /^Nothing is running here/],
      ['stop', 'job 7', /^There is no running job 7 here/],
      ['secret', 'DEMO_KEY', /^The form for DEMO_KEY is on its way/],
      ['burn', undefined, /./],
      ['new', undefined, /^New conversation/],
    ];
    for (const [name, argument, words] of answers) {
      const known = new Set(platform.messages().map((message) => message.id));
      platform.commands(name, argument);
      await rig.find(platform, `/${name} ${argument ?? ''}`, (m) => !known.has(m.id) && words.test(m.text));
    }
  }, 60_000);

  it('shows the model’s text literally: it pings nobody and hides no address (CHAN-14)', async () => {
    platform = await open();
    rig = await openRig([platform]);
    const text =
      '@everyone @here <!channel> <!everyone> <@U0STRANGER> <@1> <b>x</b> **bold** [good](https://evil.example/x)';
    const reply = await rig.say(platform, `say ${text}`);
    for (const words of ['@everyone', '@here', '<!channel>', '<@U0STRANGER>', '<b>x</b>', 'evil.example']) {
      expect(reply.text).toContain(words);
    }
    expect(reply.text).toContain('bold');
    expect(reply.text).not.toContain('**');
    expect(platform.pings()).toEqual([]);
  });
});
