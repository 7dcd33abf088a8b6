import { createSlackAdapter } from '../../adapters/slack/index.js';
import { Secret } from '../../src/core/secret.js';
import {
  type Fault,
  OWNER,
  type SlackFake,
  STRANGER,
  type StoredMessage,
  startSlackFake,
} from '../fakes/slack/index.js';
import { isObject, list, pingsIn } from '../fakes/slack/rules.js';
import type { ChannelHarness, ChannelRig, FakePlatform, Person, PlatformFault, SeenMessage } from './harness.js';

/** Slack for the contract suite: the owner's direct conversation with the agent. */
export const slackHarness: ChannelHarness = {
  name: 'Slack',
  open: openRig,
  skips: { typing: 'Slack has no typing signal for apps' },
};

async function openRig(): Promise<ChannelRig> {
  const slack = await startSlackFake({ ackDeadlineMs: 1_500, redeliverAfterMs: [100, 200, 400] });
  const wrong = ['xoxb', '9999', 'wrongtoken'].join('-');
  return {
    tokens: [...Object.values(slack.tokens), wrong],
    owner: OWNER,
    stranger: STRANGER,
    direct: { channel: 'slack', space: slack.workspace.direct(OWNER).id, direct: true },
    platform: platformOf(slack),
    createAdapter: (deps, options) =>
      createSlackAdapter(
        {
          botToken: new Secret(options?.wrongToken === true ? wrong : slack.tokens.bot),
          appToken: new Secret(slack.tokens.app),
          userToken: new Secret(slack.tokens.user),
          apiUrl: slack.url,
          ownerIds: () => [OWNER],
        },
        deps,
      ),
    close: () => slack.stop(),
  };
}

function platformOf(slack: SlackFake): FakePlatform {
  const { people } = slack;
  const space = slack.workspace.direct(OWNER).id;
  const user = (person: Person = 'owner') => (person === 'owner' ? OWNER : STRANGER);
  const taken = new Set<string>();
  const directMessage: typeof people.directMessage = (text, options) => {
    const said = people.directMessage(text, options);
    void said.event.then(({ acknowledged }) => acknowledged && taken.add(said.ts));
    return said;
  };
  const shares = (text: string, author: string, shared: string, ts: string) =>
    directMessage(text, { attachments: [{ is_share: true, author_id: author, text: shared, ts }] });
  return {
    says: async (text, by) => ({ messageId: directMessage(text, { user: user(by) }).ts }),
    edits: async (messageId, text) => void people.edits(space, messageId, text),
    commands: async (name, argument) => void (await people.slashCommand(`${name} ${argument}`, { channel: space })),
    async replies(toMessageId, text) {
      const message = slack.workspace.find(space, toMessageId);
      if (message) shares(text, message.user, slack.text(message), toMessageId);
    },
    forwards: async (text) => void shares('', STRANGER, text, slack.workspace.ts()),
    reacts: async (messageId, reaction) => void people.reacts(space, messageId, reaction),
    sendsFile: async ({ name, mimeType, bytes }) =>
      void directMessage('', { files: [{ name, mimetype: mimeType, bytes }] }),
    async presses(messageId, label, by) {
      const before = slack.ephemerals(user(by)).length;
      const { acknowledged } = await people.presses(messageId, label, user(by));
      const shown = await slack.until('a notice', () => slack.ephemerals(user(by))[before], 200).catch(() => null);
      return { acknowledged, text: shown === null ? '' : slack.text(shown) };
    },
    redelivers: async () => void people.again('redelivered'),
    repeats: async () => void people.again('as a new event'),
    async sendsNonsense() {
      slack.socket.sendRaw('{"type":"events_api","envelope_id":7}');
      const callback = { type: 'event_callback', event_id: slack.workspace.id('Ev') };
      void slack.socket.deliver({
        type: 'events_api',
        payload: { ...callback, event: { type: 'message', channel: 7 } },
      });
      void slack.socket.deliver({ type: 'events_api', payload: { ...callback, event: { type: 'telepathy' } } });
    },
    dropsConnections: async () => slack.socket.drop(),
    goesDown: async () => slack.goesDown(),
    comesBack: () => slack.comesBack(),
    fails: (fault) => breakDown(slack, fault),
    messages: () => folded(slack, slack.replies(space)),
    acknowledged: (messageId) => taken.has(messageId),
    typingSignals: () => 0,
    violations: () => slack.violations,
  };
}

const METHODS = {
  send: 'chat.postMessage',
  edit: 'chat.update',
  delete: 'chat.delete',
  typing: 'none',
  download: 'download',
  receive: 'apps.connections.open',
} as const;

function breakDown(slack: SlackFake, { on, kind, retryAfterMs = 1_000, times = 1 }: PlatformFault): void {
  const faults: Record<typeof kind, Fault> = {
    rate_limited: { kind: 'rate_limited', retryAfterSeconds: Math.ceil(retryAfterMs / 1_000) },
    // 503: what Slack answers where nothing was done.
    server_error: { kind: 'status', status: 503 },
    rejected: on === 'download' ? { kind: 'status', status: 403 } : { kind: 'error', error: 'restricted_action' },
    lost_answer: { kind: 'lost' },
  };
  slack.fault(METHODS[on], ...Array.from({ length: times }, () => faults[kind]));
  if (on === 'receive') slack.socket.drop();
}

/** A shared file stands as a message of its own above the message that it belongs to: one delivery. */
function folded(slack: SlackFake, messages: readonly StoredMessage[]): SeenMessage[] {
  return messages.flatMap((message, index) => {
    const above = messages[index - 1];
    if (message.files.length > 0) return [];
    const own = seen(slack, message);
    const file = above?.files[0] && seen(slack, above).file;
    return [file ? { ...own, file } : own];
  });
}

function seen(slack: SlackFake, message: StoredMessage): SeenMessage {
  const rows = message.blocks.filter((block) => block.type === 'actions').map((block) => list(block.elements));
  const [file] = message.files;
  return {
    messageId: message.ts,
    text: slack.text(message),
    buttons: rows.map((row) => row.map((button) => (isObject(button.text) ? String(button.text.text) : ''))),
    values: rows.map((row) => row.map((button) => String(button.value))),
    ...(file === undefined ? {} : { file: { name: file.name, mimeType: file.mimetype, bytes: file.bytes } }),
    pings: pingsIn(message.text, message.blocks),
    links: linksIn(message.blocks),
    previews: message.previews ?? false,
    edits: message.history.length,
  };
}

function linksIn(node: unknown): string[] {
  if (Array.isArray(node)) return node.flatMap(linksIn);
  if (!isObject(node)) return [];
  return node.type === 'link' ? [String(node.url)] : Object.values(node).flatMap(linksIn);
}
