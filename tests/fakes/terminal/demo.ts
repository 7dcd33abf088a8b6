import { createTerminalAdapter } from '../../../adapters/terminal/index.js';
import { plain } from '../../../src/core/richtext.js';
import { sleep } from '../../../src/core/system.js';
import { createSystem } from '../../../src/system.js';
import { ADAPTER_DEPS } from './rig.js';

/** The terminal adapter on this process's own terminal, with a scripted agent behind it. */
const system = createSystem();
const adapter = createTerminalAdapter(
  { input: process.stdin, output: process.stdout, interactive: true, onEnd: () => void adapter.stop() },
  { ...ADAPTER_DEPS, system },
);
const address = await adapter.openDirect('local');
const words = 'One after the other these words arrive, while somebody types below.'.split(' ');
const stop = [[{ label: 'Stop', value: 'stop' }]];
const answers = [
  [
    { label: 'Approve', value: 'approve' },
    { label: 'Deny', value: 'deny' },
  ],
];

async function stream(): Promise<void> {
  const { messageId } = await adapter.send({
    id: system.id(),
    address,
    content: { text: plain('Working · 1 s'), buttons: stop },
    silent: true,
  });
  for (let count = 1; count <= words.length; count += 1) {
    await sleep(system, 60);
    await adapter.edit?.({ address, messageId }, { text: plain(words.slice(0, count).join(' ')), buttons: stop });
  }
  await adapter.edit?.({ address, messageId }, { text: plain(words.join(' ')) });
  await adapter.send({ id: system.id(), address, content: { text: plain('Run: npm test'), buttons: answers } });
}

await adapter.start(async (event) => {
  if (event.kind === 'message.created') void stream();
  if (event.kind !== 'action.invoked') return { accepted: true };
  const { messageId, value } = event;
  void sleep(system, 100).then(() =>
    adapter.edit?.({ address, messageId }, { text: plain(`Run: npm test\n\n✓ pressed ${value}`) }),
  );
  return { accepted: true, notice: 'Taken.' };
});
