import dgram from 'node:dgram';
import dns from 'node:dns';
import { appendFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';

/*
 * Loaded into the product by NODE_OPTIONS: writes every name that is resolved and every address that is connected to
 * the file in RECORD_NETWORK, one JSON line each. No name but localhost is ever resolved: nothing real is contacted.
 */
const file = process.env.RECORD_NETWORK ?? '';

/** @param {Record<string, unknown>} what */
const note = (what) => appendFileSync(file, `${JSON.stringify(what)}\n`);

/** @param {string} name */
function unknown(name) {
  note({ name });
  return Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), { code: 'ENOTFOUND' });
}

const { lookup } = dns;
Reflect.set(
  dns,
  'lookup',
  /** @param {string} name @param {unknown[]} rest */
  (name, ...rest) => {
    if (net.isIP(name) !== 0 || name === 'localhost') return Reflect.apply(lookup, dns, [name, ...rest]);
    const done = rest.at(-1);
    const error = unknown(name);
    if (typeof done === 'function') process.nextTick(() => done(error));
    return undefined;
  },
);
Reflect.set(
  dns.promises,
  'lookup',
  /** @param {string} name */
  async (name) => {
    throw unknown(name);
  },
);
for (const owner of [dns, dns.promises, dns.Resolver.prototype, dns.promises.Resolver.prototype]) {
  for (const method of Object.getOwnPropertyNames(owner).filter((key) => /^(resolve|reverse)/.test(key))) {
    Reflect.set(
      owner,
      method,
      /** @param {unknown} name */
      (name) => {
        throw unknown(String(name));
      },
    );
  }
}

const { connect } = net.Socket.prototype;
/**
 * @this {net.Socket}
 * @param {unknown[]} given
 */
function recordedConnect(...given) {
  const [first, second] = Array.isArray(given[0]) ? given[0] : given;
  const options = typeof first === 'object' && first !== null ? first : { port: first, host: second };
  if (options.path === undefined) note({ host: options.host ?? 'localhost', port: Number(options.port) });
  return Reflect.apply(connect, this, given);
}
Reflect.set(net.Socket.prototype, 'connect', recordedConnect);

const { createSocket } = dgram;
Reflect.set(
  dgram,
  'createSocket',
  /** @param {unknown[]} given */
  (...given) => {
    note({ datagrams: true });
    return Reflect.apply(createSocket, dgram, given);
  },
);
syncBuiltinESMExports();
