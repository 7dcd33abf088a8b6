import { lines } from '../agent/reply.js';
import type { Button } from '../core/channel.js';
import { asSeneschalError } from '../core/errors.js';
import type { Secret } from '../core/secret.js';
import { dayAndTime } from '../core/time.js';
import type { EntryKind } from '../core/vault.js';
import type { DeliveryContent } from '../store/deliveries.js';
import type { Store } from '../store/store.js';
import { maskedTail } from '../vault/rules.js';
import type { Vault } from '../vault/vault.js';
import type { Secrets } from './secrets.js';

/**
 * `/burn NAME` (SECRET-7): frozen first, in one transaction; then told what used it and where; then the form for the new
 * value. Doing it again changes nothing more, so a crash in between is mended by doing it again.
 */
export interface BurnDeps {
  readonly store: Store;
  readonly vault: Vault;
  readonly secrets: Pick<Secrets, 'tell'>;
  readonly product: BurnableKeys;
  /** The provider's page where a key is replaced; null where it is not known. */
  readonly rotatePage: (name: string, value: string | null) => string | null;
  readonly timeZone: string;
}

/** The keys that the product itself uses, in the vault or in the environment. */
export interface BurnableKeys {
  names(): readonly string[];
  /** Whether the environment holds a value that was in use until now. */
  overrides(name: string): boolean;
  lastUsedAt(name: string): number | null;
  burn(name: string): Secret | null;
  /** What goes on with the old value nevertheless, one sentence; null for nothing. */
  stillUsing(name: string): string | null;
}

const NAMES_SHOWN = 20;
const USES_SHOWN = 10;

export type Burn = ReturnType<typeof createBurn>;

export function createBurn(deps: BurnDeps) {
  const { store, vault, product } = deps;
  const at = (time: number): string => dayAndTime(time, deps.timeZone);

  /** Without a name: what there is, as buttons. */
  function choose(): DeliveryContent {
    const names = [...new Set([...vault.owner.list().map(({ name }) => name), ...product.names()])].sort();
    if (names.length === 0) return { text: lines('There is no secret to burn.') };
    const shown = names.slice(0, NAMES_SHOWN);
    const buttons = store.transaction(() =>
      shown.map((name): Button[] => [{ label: name, value: store.buttons.add('burn', name, 'burn'), style: 'danger' }]),
    );
    const more = names.length > shown.length ? [`${names.length - shown.length} more: write /burn NAME.`] : [];
    return { text: lines('Which one? A tap freezes it at once.', ...more), buttons };
  }

  async function burn(conversation: string, name: string): Promise<DeliveryContent> {
    const isOwners = vault.owner.has(name);
    const isProduct = product.names().includes(name);
    if (!isOwners && !isProduct) {
      return { text: lines(`There is no secret ${name.slice(0, 64)}. /burn without a name lists what there is.`) };
    }
    const wasInEnvironment = isProduct && product.overrides(name);
    const hosts = isOwners ? hostsOf(name) : [];
    const value = store.transaction(() => {
      const kept = isProduct ? product.burn(name) : null;
      const owners = isOwners ? freeze(name) : null;
      store.audit.add('secret.burned', { name, inEnvironment: wasInEnvironment });
      return owners ?? kept;
    });
    store.vault.scrub();
    const page = deps.rotatePage(name, value?.reveal() ?? null);
    const tail = value === null ? '' : ` (${maskedTail(value.reveal())})`;
    const kind: EntryKind = isOwners ? 'owner' : 'product';
    return {
      text: lines(
        `Burned ${name}${tail}: nothing is given it any more.`,
        ...(wasInEnvironment
          ? [
              `The environment variable ${name} overrides the vault; its value is no longer used either, ` +
                'also after a restart, until another one stands there.',
            ]
          : []),
        ...(isProduct ? [product.stillUsing(name)].filter((one) => one !== null) : []),
        ...(isProduct ? [usedByProduct(name)] : []),
        ...(isOwners ? uses(name) : []),
        ...(page === null ? [] : [`Replace it at the provider: ${page}`]),
        await form({ kind, name, multiline: value?.reveal().includes('\n') ?? false, hosts }, conversation),
      ),
    };
  }

  /** The value that was frozen; null where it cannot be read. */
  function freeze(name: string): Secret | null {
    const value = vault.owner.values().find((one) => one.name === name)?.value ?? null;
    vault.owner.freeze(name);
    return value;
  }

  /** Hosts of a damaged entry are not to be believed: the owner types them anew. */
  function hostsOf(name: string): readonly string[] {
    return vault.owner.list().find((one) => one.name === name && one.state !== 'damaged')?.hosts ?? [];
  }

  function usedByProduct(name: string): string {
    const last = product.lastUsedAt(name);
    return last === null ? 'Seneschal itself used it.' : `Seneschal itself used it, last on ${at(last)}.`;
  }

  function uses(name: string): readonly string[] {
    const { total, newest } = store.secretRequests.uses(name, USES_SHOWN);
    if (total === 0) return ['No tool has used it.'];
    const first = `Tools used it ${total === 1 ? 'once' : `${total} times`}${total > newest.length ? ', the last ones:' : ':'}`;
    return [first, ...newest.map((use) => `${at(use.at)} · ${use.tool} · ${use.host ?? 'on this box'}`)];
  }

  async function form(
    about: { kind: EntryKind; name: string; multiline: boolean; hosts: readonly string[] },
    conversation: string,
  ): Promise<string> {
    const { kind, name, multiline, hosts } = about;
    const values = [{ entry: name, label: name, multiline }];
    const purpose = 'the old value was burned; this is for the new one.';
    try {
      await deps.secrets.tell({ kind, name, purpose, values, hosts, untrusted: [] }, conversation, null);
      return 'The form for the new value is on its way.';
    } catch (thrown) {
      return `The form for the new value could not be sent: ${asSeneschalError(thrown).message} /secret ${name} sends it.`;
    }
  }

  return {
    answer: async (conversation: string, name: string): Promise<DeliveryContent> =>
      name === '' ? choose() : burn(conversation, name),
  };
}
