import { forwardedFrom } from '../agent/context.js';
import type { ChannelAdapter } from '../core/channel.js';
import { asSeneschalError } from '../core/errors.js';
import type { UserPart } from '../core/message.js';
import { type System, sleep } from '../core/system.js';
import type { GuardedText, InboundMask } from '../guards/inbound.js';
import type { WorkspacePaths } from '../guards/paths.js';
import type { StoredAttachment, StoredEvent } from '../store/events.js';
import type { Store } from '../store/store.js';
import type { Inbox, InboxItem } from '../tools/inbox.js';
import type { PasteDesk } from './paste.js';

const TRIES = 4;
const PAUSE_MS = 1_000;

/** What the owner sends beside a text: guarded, written to the inbox, and what the model gets of it. */
export function createReceiver(deps: {
  readonly inbox: Inbox;
  readonly workspace: Pick<WorkspacePaths, 'stat'>;
  readonly system: System;
  readonly adapter: (channel: string) => ChannelAdapter | undefined;
  readonly store: Store;
  readonly mask: InboundMask;
  /** Something was found in a file: joins the transaction that stores what the model gets of it. */
  readonly caught: PasteDesk['recordFile'];
}) {
  async function fetch(
    { id, ref }: StoredAttachment,
    channel: string,
    mask: (text: string) => string,
  ): Promise<InboxItem> {
    const adapter = deps.adapter(channel);
    if (!adapter) return notFetched(ref.name, 'its channel is not connected');
    const maxBytes = Math.min(deps.inbox.maxBytes, adapter.capabilities.maxDownloadBytes);
    for (let attempt = 1; ; attempt += 1) {
      try {
        const bytes = await adapter.download(ref, maxBytes);
        return await deps.inbox.store({ id: String(id), ref, bytes, mask });
      } catch (thrown) {
        const error = asSeneschalError(thrown);
        if (error.code === 'channel.too_large') return deps.inbox.tooLarge(ref);
        const passing = ['channel.unavailable', 'channel.unknown', 'channel.rate_limited'].includes(error.code);
        if (!passing || attempt >= TRIES) return notFetched(ref.name, error.message);
        await sleep(deps.system, error.retryAfterMs ?? PAUSE_MS * attempt);
      }
    }
  }

  /** What came with a forwarded message is not the owner's: to be called in the transaction that keeps the rest. */
  async function marks({ event }: StoredEvent, { path }: InboxItem): Promise<() => void> {
    const isForwarded = event.kind === 'message.created' && event.forwarded === true;
    if (!isForwarded || path === null) return () => undefined;
    const entry = await deps.workspace.stat(path);
    return () => {
      deps.store.provenance.markPath(path, [forwardedFrom(event.channel)], null);
      if (entry !== null) deps.store.provenance.identify(path, entry);
    };
  }

  return {
    /** Downloads one file into memory, guards it and keeps what the model gets; a key in it is caught like a pasted one. */
    async file(attachment: StoredAttachment, stored: StoredEvent): Promise<readonly UserPart[]> {
      const found = new Map<string, GuardedText>();
      const item = await fetch(attachment, stored.event.channel, (text) => {
        const guarded = deps.mask(text);
        if (guarded.findings.length > 0 || guarded.stored.length > 0) found.set(text, guarded);
        return guarded.masked;
      });
      const text: UserPart = { type: 'text', text: item.text };
      const parts = item.image ? [text, item.image] : [text];
      const mark = await marks(stored, item);
      deps.store.transaction(() => {
        mark();
        deps.store.events.setParts(attachment.id, parts);
        deps.caught(stored, attachment, [...found.values()]);
      });
      return parts;
    },

    /** A text that is too long to be said to a model in one piece becomes a file; its beginning and where the rest is. */
    async longText(stored: StoredEvent, text: string): Promise<string> {
      const id = String(stored.seq);
      const bytes = Buffer.from(text, 'utf8');
      const ref = { fileId: id, name: 'message.txt', kind: 'file' as const, size: bytes.length };
      // It has passed the paste guard on its way in.
      const item = await deps.inbox.store({ id: `text-${id}`, ref, bytes, mask: (guarded) => guarded });
      const mark = await marks(stored, item);
      deps.store.transaction(mark);
      return item.text;
    },
  };
}

const notFetched = (name: string, reason: string): InboxItem => ({
  path: null,
  text: `The file ${JSON.stringify(name.slice(0, 100))} could not be fetched: ${reason}`,
  image: null,
});
