import { expect } from 'vitest';
import { plain } from '../../src/core/richtext.js';
import { type DefineCase, until } from './adapter-bench.js';

/** What the platform does wrong while something is sent, and what the caller is told. */
export function faultCases(define: DefineCase): void {
  define('rate limited', '429 is channel.rate_limited with the time to wait; nothing was sent', async (bench) => {
    await bench.start();
    bench.platform.fails({ on: 'send', kind: 'rate_limited', retryAfterMs: 2_000 });
    const error = await bench.failure(bench.send('too fast'));
    expect(error).toMatchObject({ code: 'channel.rate_limited', retryable: true, retryAfterMs: 2_000 });
    expect(bench.platform.messages()).toEqual([]);
    await bench.seen((await bench.send('slower')).messageId);
  });

  define('server error', '5xx is channel.unavailable; nothing was sent', async (bench) => {
    await bench.start();
    bench.platform.fails({ on: 'send', kind: 'server_error' });
    expect(await bench.failure(bench.send('now?'))).toMatchObject({ code: 'channel.unavailable', retryable: true });
    expect(bench.platform.messages()).toEqual([]);
  });

  define('unreachable', 'a refused connection is channel.unavailable; nothing was sent', async (bench) => {
    await bench.start();
    await bench.platform.goesDown();
    await until('bad health', () => !bench.adapter.health().ok || undefined);
    expect((await bench.failure(bench.send('anybody?'))).code).toBe('channel.unavailable');
    await bench.platform.comesBack();
    expect(bench.platform.messages()).toEqual([]);
  });

  define('lost answer', 'a send whose answer is lost is channel.unknown and is not repeated', async (bench) => {
    await bench.start();
    bench.platform.fails({ on: 'send', kind: 'lost_answer' });
    const content = bench.delivery({ text: plain('did it arrive?') });
    const error = await bench.failure(bench.adapter.send(content));
    expect(error.code).toBe('channel.unknown');
    await until('the message', () => bench.platform.messages()[0]);
    expect(bench.platform.messages()).toHaveLength(1);
    if (bench.adapter.findSent) {
      expect(await bench.adapter.findSent(content)).toEqual({ messageId: bench.platform.messages()[0]?.messageId });
    }
  });

  define('rejected', 'a final 4xx is channel.rejected, not to be tried again', async (bench) => {
    await bench.start();
    bench.platform.fails({ on: 'send', kind: 'rejected' });
    expect(await bench.failure(bench.send('no'))).toMatchObject({ code: 'channel.rejected', retryable: false });
  });

  define('typing', 'signals never delay a send, and their failure never fails one (CHAN-10)', async (bench) => {
    await bench.start();
    const typing = bench.adapter.setTyping?.bind(bench.adapter);
    if (!typing) expect.fail('no setTyping');
    await typing(bench.rig.direct);
    expect(bench.platform.typingSignals()).toBeGreaterThan(0);
    bench.platform.fails({ on: 'typing', kind: 'rate_limited', retryAfterMs: 30_000 });
    const signals = Array.from({ length: 5 }, () =>
      typing(bench.rig.direct).catch((thrown) => bench.errors.push(thrown)),
    );
    const began = performance.now();
    await bench.seen((await bench.send('the reply')).messageId);
    expect(performance.now() - began).toBeLessThan(30_000);
    await Promise.all(signals);
  });

  define('open direct', "the owner's direct conversation can be addressed", async (bench) => {
    await bench.start();
    const address = await bench.adapter.openDirect(bench.rig.owner);
    expect(address).toEqual(bench.rig.direct);
  });
}
