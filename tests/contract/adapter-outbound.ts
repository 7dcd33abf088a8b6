import { expect } from 'vitest';
import { plainLinks } from '../../src/core/links.js';
import {
  code,
  codeBlock,
  type Inline,
  paragraph,
  plain,
  type RichText,
  strong,
  text,
} from '../../src/core/richtext.js';
import { characters } from '../unit/core/richtext-arbitrary.js';
import { type DefineCase, until, visible, YES_NO } from './adapter-bench.js';

/** What goes to the platform: text, files, buttons and changes. */
export function outboundCases(define: DefineCase): void {
  define('text out', 'formatted text is shown by the platform, without markup signs (CHAN-5)', async (bench) => {
    await bench.start();
    const bold: Inline = { type: 'strong', children: [text('bold')] };
    const { messageId } = await bench.send([
      { type: 'heading', level: 2, children: [text('Heading')] },
      paragraph('plain ', bold, ' and ', code('x = 1')),
      { type: 'list', start: 1, items: [[paragraph('one')], [paragraph('two')]] },
      codeBlock('if (a < b) {}', 'js'),
      { type: 'quote', children: [paragraph('quoted')] },
      { type: 'table', rows: [[[text('a')], [text('b')]]] },
    ]);
    const message = await bench.seen(messageId);
    for (const part of ['Heading', 'plain bold and x = 1', 'one', 'two', 'if (a < b) {}', 'quoted', 'a', 'b']) {
      expect(message.text).toContain(part);
    }
    expect(message.text).not.toMatch(/\*\*|<b>|&lt;/);
    expect(message.previews).toBe(false);
  });

  define('literal text', 'markup in text is shown, character by character (CHAN-5)', async (bench) => {
    await bench.start();
    const hostile = '</code></pre><b>not bold</b> &lt; &amp; **stars** _under_ `tick` ~tilde~ <!-- | || > [a](b) \\';
    for (const content of [plain(hostile), [codeBlock(hostile)], [paragraph(code(hostile))]]) {
      const { messageId } = await bench.send(content);
      expect(visible((await bench.seen(messageId)).text)).toContain(visible(hostile));
    }
  });

  define('links', 'a link shows its real host, and only web addresses lead anywhere (CHAN-14)', async (bench) => {
    await bench.start();
    const link = (url: string, shown: string) => paragraph({ type: 'link', url, children: [text(shown)] });
    const { messageId } = await bench.send([
      link('https://evil.example/login?next=https://bank.example', 'https://bank.example'),
      link('javascript:alert(1)', 'press here'),
      link('tg://user?id=1', 'somebody'),
      link('https://bank.example@evil.example/', 'bank'),
      link('https://bank.example@evil.example/', 'https://bank.example@evil.example/'),
    ]);
    const message = await bench.seen(messageId);
    expect(message.text.split('evil.example').length).toBeGreaterThanOrEqual(5);
    expect(message.text).toContain('(evil.example)');
    expect(message.links.filter((url) => !/^https?:/.test(url))).toEqual([]);
    expect(message.previews).toBe(false);
  });

  define('plain links', 'an address in code is no link, sent or edited in (GUARD-14)', async (bench) => {
    await bench.start();
    const hostile: RichText = [
      paragraph({ type: 'link', url: 'https://evil.example/?d=1', children: [text('press here')] }),
      paragraph(
        'https://evil.example/2 and evil.example/3, https://ev',
        strong('il.example/4'),
        ' https://`evil.example/`5',
      ),
      {
        type: 'list',
        start: null,
        items: [[paragraph({ type: 'link', url: 'https://evil.example/6`', children: [] })]],
      },
      { type: 'quote', children: [paragraph(code('https://evil.example/``7'))] },
      codeBlock('```\nhttps://evil.example/8'),
      paragraph({ type: 'link', url: 'https://good.example/', children: [text('evil.example/9')] }),
    ];
    const shown = plainLinks(hostile, (host) => host === 'good.example');
    const { messageId } = await bench.send(shown);
    const message = await bench.seen(messageId);
    expect(message.links).toEqual([]);
    expect(message.text).toContain('evil.example: press here (https://evil.example/?d=1)');
    expect(message.previews).toBe(false);
    if (bench.adapter.edit === undefined) return;
    const edited = await bench.send('Working');
    await bench.adapter.edit({ address: bench.rig.direct, messageId: edited.messageId }, { text: shown });
    const after = await until('the edit', () =>
      [bench.find(edited.messageId)].find((one) => one?.text.includes('press')),
    );
    expect([after.links, after.previews]).toEqual([[], false]);
  });

  define('no pings', 'text notifies nobody by name (CHAN-14)', async (bench) => {
    await bench.start();
    const content = `@everyone @here <!channel> <!here> <@${bench.rig.stranger}> <@!${bench.rig.stranger}> <@&1> @channel`;
    const { messageId } = await bench.send([paragraph(content), { type: 'quote', children: [paragraph(content)] }]);
    const message = await bench.seen(messageId);
    expect(message.pings).toEqual([]);
    expect(visible(message.text)).toContain(visible(content));
  });

  define('split', 'a long text is sent in parts that keep every character and all markup (CHAN-5)', async (bench) => {
    await bench.start();
    const limit = bench.adapter.capabilities.maxTextLength;
    const strong: Inline = { type: 'strong', children: [text('<bold> & 🙂 '.repeat(limit / 6))] };
    const whole: RichText = [
      paragraph('begin '.repeat(limit / 10)),
      codeBlock('for (;;) { a && b < c }\n'.repeat(limit / 10), 'c'),
      paragraph(strong),
      { type: 'list', start: 1, items: Array.from({ length: 200 }, (_, index) => [paragraph(`item ${index}`)]) },
    ];
    const parts = bench.adapter.split(whole);
    expect(parts.length).toBeGreaterThan(3);
    expect(parts.map(characters).join('')).toBe(characters(whole));
    let shown = '';
    for (const part of parts) {
      const message = await bench.seen((await bench.send(part)).messageId);
      expect(message.text.length).toBeLessThanOrEqual(limit);
      shown += message.text;
    }
    for (const index of [0, 99, 199]) expect(shown).toContain(`item ${index}`);
    expect(shown.split('🙂').length).toBe(characters(whole).split('🙂').length);
    expect(shown).not.toMatch(/\p{Surrogate}/u);
  });

  define('file out', 'a file arrives byte for byte, with its text', async (bench) => {
    await bench.start();
    const bytes = Buffer.from('line\r\n--boundary\r\n\0end');
    const { messageId } = await bench.adapter.send(
      bench.delivery({ text: plain('the log <1>'), file: { name: 'run.log', mimeType: 'text/plain', bytes } }),
    );
    const message = await bench.seen(messageId);
    expect(message.text).toContain('the log <1>');
    expect(message.file).toMatchObject({ name: 'run.log' });
    expect(Buffer.from(message.file?.bytes ?? []).equals(bytes)).toBe(true);
  });

  define('file out too large', 'a file over the limit is refused with channel.too_large', async (bench) => {
    await bench.start();
    const bytes = new Uint8Array(bench.adapter.capabilities.maxUploadBytes + 1);
    const file = { name: 'huge.bin', mimeType: 'application/octet-stream', bytes };
    expect((await bench.failure(bench.adapter.send(bench.delivery({ text: [], file })))).code).toBe(
      'channel.too_large',
    );
  });

  define('buttons', 'a press brings back the opaque value, and the notice reaches the presser', async (bench) => {
    bench.decide = async () => ({ accepted: true, notice: 'Approved' });
    await bench.start();
    const { messageId } = await bench.send('Run: npm test', YES_NO);
    const message = await bench.seen(messageId);
    expect(message.buttons.flat()).toEqual(['Approve', 'Deny']);
    const answer = await bench.platform.presses(messageId, 'Deny');
    expect(answer.acknowledged).toBe(true);
    // A platform without a place for it shows nothing.
    expect(['', 'Approved']).toContain(answer.text);
    expect(await bench.event(0)).toMatchObject({ kind: 'action.invoked', value: 'Xy_handle-deny000000000', messageId });
    expect(bench.events[0]?.sender.userId).toBe(bench.rig.owner);
  });

  define(
    'press after a restart',
    'a button that an earlier process sent can still be pressed (APPR-4)',
    async (bench) => {
      await bench.start();
      const { messageId } = await bench.send('Run: npm test', YES_NO);
      await bench.seen(messageId);
      await bench.adapter.stop();
      await bench.start(bench.make());
      expect((await bench.platform.presses(messageId, 'Deny')).acknowledged).toBe(true);
      expect(await bench.event(0)).toMatchObject({
        kind: 'action.invoked',
        value: 'Xy_handle-deny000000000',
        messageId,
      });
    },
  );

  define('stranger press', 'who is not accepted gets the emptiest acknowledgement (OWN-1)', async (bench) => {
    bench.decide = async () => ({ accepted: false, notice: 'never shown' });
    await bench.start();
    const { messageId } = await bench.send('Run: rm -rf', YES_NO);
    const answer = await bench.platform.presses(messageId, 'Approve', 'stranger');
    expect(answer).toEqual({ acknowledged: true, text: '' });
    expect((await bench.event(0)).sender.userId).toBe(bench.rig.stranger);
  });

  define('edit', 'an edit replaces the text; the same edit again is success', async (bench) => {
    await bench.start();
    const { messageId } = await bench.send('Working');
    const edit = bench.adapter.edit?.bind(bench.adapter);
    if (!edit) expect.fail('no edit');
    const target = { address: bench.rig.direct, messageId };
    await edit(target, { text: plain('Done <1>') });
    await until('the edit', () => (bench.find(messageId)?.text.includes('Done <1>') ? true : undefined));
    await edit(target, { text: plain('Done <1>') });
    expect(bench.find(messageId)?.text).not.toContain('Working');
  });

  define('edit removes buttons', 'an edit without buttons leaves none to press', async (bench) => {
    await bench.start();
    const { messageId } = await bench.send('Run: npm test', YES_NO);
    await bench.adapter.edit?.({ address: bench.rig.direct, messageId }, { text: plain('✓ Approved') });
    await until('the edit', () => (bench.find(messageId)?.text.includes('Approved') ? true : undefined));
    expect(bench.find(messageId)?.buttons.flat()).toEqual([]);
  });

  define('delete', 'a message goes; deleting what is gone is success', async (bench) => {
    await bench.start();
    const { messageId } = await bench.send('short-lived');
    await bench.seen(messageId);
    const target = { address: bench.rig.direct, messageId };
    await bench.adapter.delete?.(target);
    await until('the deletion', () => (bench.find(messageId) ? undefined : true));
    await bench.adapter.delete?.(target);
    if (bench.adapter.capabilities.deletesOwnerMessages.direct) {
      const owners = await bench.platform.says('a pasted key');
      await bench.adapter.delete?.({ address: bench.rig.direct, messageId: owners.messageId });
    }
  });
}
