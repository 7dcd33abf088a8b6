import type { ConversationId } from '../core/conversation.js';
import type { Logger } from '../core/log.js';
import { code, paragraph, text } from '../core/richtext.js';
import type { Store } from '../store/store.js';
import type { Outbox } from './outbox.js';

/** A command that goes on behind its turn. */
export interface BackgroundWork {
  readonly conversation: ConversationId;
  readonly callId: string;
  readonly title: string;
  /** Resolves with one phrase when it has ended: `exit 0 after 12 s`. Never rejects. */
  readonly ended: Promise<string>;
  /** Ends it and resolves when it is seen dead. */
  stop(): Promise<void>;
}

export interface RunningJob extends BackgroundWork {
  readonly number: number;
}

export type Jobs = ReturnType<typeof createJobs>;

/** Commands in the background, numbered; their end is told in their conversation. */
export function createJobs(deps: { readonly store: Store; readonly outbox: Outbox; readonly log: Logger }) {
  const running = new Map<number, RunningJob>();

  function nextNumber(): number {
    const number = Number(deps.store.settings.get('last-job') ?? '0') + 1;
    deps.store.transaction(() => deps.store.settings.set('last-job', String(number)));
    return number;
  }

  async function watch(job: RunningJob): Promise<void> {
    const outcome = await job.ended;
    running.delete(job.number);
    const address = deps.store.conversations.get(job.conversation)?.address;
    if (!address) return;
    const line = paragraph(text(`Job ${job.number} ended: ${outcome}. `), code(job.title));
    deps.store.transaction(() => deps.store.deliveries.add({ address, content: { text: [line] } }));
    deps.outbox.wake(job.conversation);
  }

  return {
    add(work: BackgroundWork): number {
      const job = { ...work, number: nextNumber() };
      running.set(job.number, job);
      watch(job).catch((error: unknown) =>
        deps.log.error({ job: job.number, error }, 'the end of a job could not be told'),
      );
      return job.number;
    },
    list: (conversation: ConversationId): RunningJob[] =>
      [...running.values()].filter((job) => job.conversation === conversation),
    find: (number: number): RunningJob | null => running.get(number) ?? null,
    async stopAll(): Promise<void> {
      await Promise.all([...running.values()].map((job) => job.stop()));
    },
  };
}
