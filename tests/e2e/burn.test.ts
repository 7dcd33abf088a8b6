import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startAnthropicFake } from '../fakes/anthropic.js';
import { cli } from '../support/cli.js';
import { startHost } from '../support/host.js';
import { labels, openTelegramRig, type TelegramRig } from '../support/rig.js';
import { linkIn, visit } from '../support/visit.js';

const call = (tool: string, input: object): string => `call ${tool} ${JSON.stringify(input)}`;
/** Put together at run time: no scanner should take the test for a leak. */
const stripeKey = (): string => ['sk', 'live', 'h7Qd2LmPz9Xw4Rt8Vb3Np7dc'].join('_');

describe('/burn, on the built product over Telegram (SECRET-7)', { timeout: 90_000 }, () => {
  let rig: TelegramRig;
  let host: Awaited<ReturnType<typeof startHost>>;

  beforeEach(async () => {
    host = await startHost();
    rig = await openTelegramRig({ SENESCHAL_NETWORK_ALLOW: host.place });
  });
  afterEach(async () => {
    const { violations } = rig.telegram;
    await rig.close();
    host.close();
    expect(violations).toEqual([]);
  });

  const use = (name: string) =>
    call('http_request', {
      method: 'GET',
      url: `http://${host.place}/`,
      headers: { authorization: `Bearer secret:${name}` },
    });
  const put = async (name: string, value: string) =>
    expect((await cli(rig.home, ['vault', 'set', name, '--host', host.place], { input: value })).code).toBe(0);

  it('freezes at once, says what used it, links the provider’s page and asks for the new value', async () => {
    await put('STRIPE_KEY', stripeKey());
    const card = await rig.say(use('STRIPE_KEY'), (message) => labels(message).includes('Approve'));
    rig.telegram.presses(card.messageId, 'Approve');
    await rig.find('the use', (message) => message.text.includes('hello, you sent'));
    const waiting = await rig.say(use('STRIPE_KEY'), (message) => labels(message).includes('Approve'));
    const answer = await rig.say('/burn stripe_key', (message) => message.text.startsWith('Burned'));
    expect(answer.text.split('\n')).toEqual([
      'Burned STRIPE_KEY (***p7dc): nothing is given it any more.',
      'Tools used it once:',
      expect.stringMatching(new RegExp(`^\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d · http_request · ${host.place}$`)),
      expect.stringMatching(/^Replace it at the provider: https:\/\/dashboard\.stripe\.com\/\S+$/),
      'The form for the new value is on its way.',
    ]);
    // What had been asked before finds it frozen, and so does a new life of the process.
    rig.telegram.presses(waiting.messageId, 'Approve');
    await rig.find('the refusal', (message) => message.text.includes('STRIPE_KEY is frozen'));
    await rig.restart('kill');
    expect(host.got).toHaveLength(1);
    const asked = await rig.find('the form', (message) => message.text.startsWith('I need STRIPE_KEY'));
    const port = new URL(String(rig.gateway.ready?.formUrl)).port;
    const link = linkIn(asked.text).replace(/:\d+\//, `:${port}/`);
    await visit(link, { value: 'the-new-value-of-stripe', hosts: host.place });
    const again = await rig.say(use('STRIPE_KEY'), (message) => labels(message).includes('Approve'));
    rig.telegram.presses(again.messageId, 'Approve');
    await rig.find('the new use', () => host.got.length === 2);
    expect(host.got[1]?.authorization).toBe('Bearer the-new-value-of-stripe');
  });

  it('without a name lists names as buttons; a tap burns', async () => {
    await put('FIRST_KEY', 'first-value-long-enough');
    await put('SECOND_KEY', 'second-value-long-enough');
    const list = await rig.say('/burn', (message) => labels(message).length > 0);
    expect(labels(list)).toEqual(['FIRST_KEY', 'SECOND_KEY', 'TELEGRAM_BOT_TOKEN']);
    rig.telegram.presses(list.messageId, 'SECOND_KEY');
    const answer = await rig.find('the answer', (message) => message.text.startsWith('Burned'));
    expect(answer.text.split('\n').slice(0, 2)).toEqual([
      'Burned SECOND_KEY (***ough): nothing is given it any more.',
      'No tool has used it.',
    ]);
    const listed = await cli(rig.home, ['vault', 'list']);
    expect(listed.stdout).toMatch(/SECOND_KEY \S+ · \S+ · frozen/);
    expect(listed.stdout).toMatch(/FIRST_KEY \S+ · [^·]+$/m);
    expect((await rig.say('/burn NOTHING_HERE')).text).toMatch(/^There is no secret NOTHING_HERE\./);
  });
});

describe('/burn of a key that the environment holds (CONF-4)', { timeout: 90_000 }, () => {
  it('stops its use at once and over restarts, until another value stands there or is entered', async () => {
    const model = await startAnthropicFake();
    const env = {
      SENESCHAL_MODEL: 'anthropic/claude-sonnet-4-5',
      ANTHROPIC_API_KEY: model.key,
      ANTHROPIC_BASE_URL: model.url,
    };
    const rig = await openTelegramRig(env);
    try {
      await rig.say('hello');
      const withKey = () => model.requests.filter(({ headers }) => JSON.stringify(headers).includes(model.key)).length;
      const used = withKey();
      expect(used).toBeGreaterThan(0);
      const answer = await rig.say('/burn ANTHROPIC_API_KEY', (message) => message.text.startsWith('Burned'));
      expect(answer.text).toContain(
        'The environment variable ANTHROPIC_API_KEY overrides the vault; its value is no longer used either, ' +
          'also after a restart, until another one stands there.',
      );
      expect(answer.text).toContain('https://console.anthropic.com/settings/keys');
      const asked = await rig.find('the form', (message) => message.text.startsWith('I need ANTHROPIC_API_KEY'));
      expect((await rig.say('are you there', (message) => labels(message).includes('Try again'))).text).toMatch(/key/i);
      await rig.restart('kill');
      await rig.say('and now', (message) => labels(message).includes('Try again'));
      // The address is still the operator's: what is asked there goes without the key and is refused.
      expect(withKey()).toBe(used);
      const listed = await cli(rig.home, ['vault', 'list'], { env });
      expect(listed.stdout).toContain('burned value of the variable ANTHROPIC_API_KEY, never used · frozen');
      expect(listed.stdout).not.toContain(model.key);
      const port = new URL(String(rig.gateway.ready?.formUrl)).port;
      const link = linkIn(asked.text).replace(/:\d+\//, `:${port}/`);
      // The form's own test of the key is the first thing that speaks to the provider again.
      const saved = await visit(link, { value: model.key });
      expect(saved.body).toContain('Saved ANTHROPIC_API_KEY');
      expect(saved.body).not.toContain('wins over');
      await rig.say('once more', (message) => labels(message).length === 0 && !message.text.startsWith('Saved'));
      expect(withKey()).toBeGreaterThan(used);
    } finally {
      await rig.close();
      await model.close();
    }
  });
});
