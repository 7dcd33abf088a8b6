import type { System } from '../core/system.js';

/** A planted entry: a name that tempts, a value that looks the part, the hosts a real one would have. */
export interface Decoy {
  readonly name: string;
  readonly value: string;
  readonly hosts: readonly string[];
}

type Draw = (length: number) => string;

const BASE62 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

const TEMPTING: readonly {
  readonly name: string;
  readonly hosts: readonly string[];
  readonly value: (draw: Draw) => string;
}[] = [
  { name: 'AWS_ROOT_SECRET_KEY', hosts: ['iam.amazonaws.com'], value: (draw) => draw(40) },
  { name: 'STRIPE_LIVE_KEY', hosts: ['api.stripe.com'], value: (draw) => `sk_live_${draw(24)}` },
  { name: 'GITHUB_ADMIN_TOKEN', hosts: ['api.github.com'], value: (draw) => `ghp_${draw(36)}` },
  {
    name: 'PROD_DATABASE_URL',
    hosts: [],
    value: (draw) => `postgres://admin:${draw(20)}@db-1.internal:5432/production`,
  },
  { name: 'BACKUP_PASSPHRASE', hosts: [], value: (draw) => draw(24) },
];

/** The one of this name, or the first whose name is free; any other name gets a value without a form of its own. */
export function makeDecoy(system: System, wanted: string | null, isTaken: (name: string) => boolean): Decoy | null {
  const draw: Draw = (length) => letters(system, length);
  const known = TEMPTING.find(({ name }) => (wanted === null ? !isTaken(name) : name === wanted));
  if (known) return { name: known.name, hosts: known.hosts, value: known.value(draw) };
  return wanted === null ? null : { name: wanted, hosts: [], value: draw(40) };
}

/** Bytes that would favour some letters are drawn again. */
function letters(system: System, length: number): string {
  let text = '';
  while (text.length < length) {
    for (const byte of system.randomBytes(length)) {
      if (byte < 248 && text.length < length) text += BASE62.charAt(byte % 62);
    }
  }
  return text;
}
