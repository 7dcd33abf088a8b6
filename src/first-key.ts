import type { Address, ChannelAdapter } from './core/channel.js';
import { conversationId } from './core/conversation.js';
import { paragraph } from './core/richtext.js';
import { whereItOpens } from './gateway/reach.js';
import type { Secrets } from './gateway/secrets.js';
import type { ModelSetup } from './model-setup.js';
import type { Store } from './store/store.js';

/**
 * START-3: where no model can answer, the first thing shown is a link to the form that mends it. It goes to the terminal
 * where a person sits there; else to standard output at every start, and once to the owner's home conversation.
 */
export interface FirstKeyDeps {
  readonly store: Store;
  /** One line on standard output. */
  readonly announce: (fields: Readonly<Record<string, unknown>>, message: string) => void;
  readonly secrets: Secrets;
  readonly setup: ModelSetup;
  /** Connected and with somebody in front of it, or undefined. */
  readonly terminal: ChannelAdapter | undefined;
  readonly home: () => Address | null;
  readonly wake: (conversation: string) => void;
  readonly formUrl: string;
  /** The home folder, where this start has made it. */
  readonly made: string | null;
}

const TOLD = 'first-key.told';
const TERMINAL_USER = 'local';

export async function askFirstKey(deps: FirstKeyDeps): Promise<void> {
  const { store, secrets } = deps;
  const terminal = await deps.terminal?.openDirect(TERMINAL_USER);
  if (terminal && deps.made !== null) welcome(deps, terminal, deps.made);
  const form = await deps.setup.form();
  if (form === null) {
    if (store.settings.get(TOLD)) store.settings.set(TOLD, '');
    return;
  }
  if (terminal) {
    // What a terminal showed before a restart is gone from the screen.
    secrets.replace(form.name, terminal);
    return secrets.tellAt(form, { address: terminal }, null);
  }
  const { request, link } = secrets.link(form);
  deps.announce(
    { url: link, phrase: request.phrase },
    `No model can answer yet: open this link, ${form.purpose} ${whereItOpens(deps.formUrl)} ` +
      'Later, a restart or `seneschal setup` asks again.',
  );
  const home = deps.home();
  if (home === null || store.settings.get(TOLD)) return;
  secrets.tellAt(form, { address: home, content: { unprompted: true } }, null);
  store.settings.set(TOLD, 'yes');
}

/** The first start in a terminal: what was made and where. The one next step follows as a message of its own. */
function welcome(deps: FirstKeyDeps, terminal: Address, made: string): void {
  const text = [
    paragraph(`Made ${made}: the database, the vault and the folder workspace, which is all that I can write.`),
    paragraph(`The vault's key stands in ${made}/.env. Keep a copy in a password manager, apart from backups.`),
  ];
  deps.store.transaction(() => {
    deps.store.conversations.ensure(terminal);
    deps.store.deliveries.add({ address: terminal, content: { text } });
  });
  deps.wake(conversationId(terminal));
}
