import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Bench, type DefineCase } from './adapter-bench.js';
import { faultCases } from './adapter-faults.js';
import { inboundCases } from './adapter-inbound.js';
import { outboundCases } from './adapter-outbound.js';
import { type ChannelHarness, CONTRACT_CASES } from './harness.js';

/**
 * The contract of ChannelAdapter, case by case, through the platform's own protocol (CHAN-9). Whoever writes an adapter
 * calls this with a harness; nothing in here knows a platform. A case that a platform cannot show is printed with its
 * reason.
 */
export function describeAdapter(harness: ChannelHarness): void {
  describe(`${harness.name} keeps the channel contract (CHAN-9)`, () => {
    const skips = harness.skips ?? {};
    const defined: string[] = [];
    let bench: Bench;

    beforeEach(async () => {
      bench = new Bench(await harness.open(), skips);
    });
    afterEach(() => bench.close());

    const define: DefineCase = (name, sentence, run) => {
      defined.push(name);
      const reason = skips[name];
      if (reason === undefined) it(`${name}: ${sentence}`, () => run(bench));
      else it.skip(`${name}: left out, ${reason}`, () => run(bench));
    };
    inboundCases(define);
    outboundCases(define);
    faultCases(define);

    it('has exactly the verbs that its capabilities announce', () => {
      const { capabilities, edit, setTyping, findSent } = bench.adapter;
      expect(edit !== undefined).toBe(capabilities.edits !== null);
      expect(setTyping !== undefined).toBe(capabilities.typing);
      expect(findSent !== undefined).toBe(capabilities.findsSent);
    });

    it('has buttons, in whatever form: without them an owner can approve nothing', () => {
      expect(skips.buttons).toBeUndefined();
      expect(skips['press after a restart'] === undefined).toBe(bench.adapter.capabilities.keepsMessages);
    });

    it('was shown every case or told why not', () => {
      expect(defined.toSorted()).toEqual([...CONTRACT_CASES].toSorted());
    });
  });
}
