/*
 * Loaded into the product by NODE_OPTIONS: writes every name that is resolved and every address that is connected to
 * the file in RECORD_NETWORK, one JSON line each. No name but localhost is ever resolved: nothing real is contacted.
 */
const dgram = require('node:dgram');
const dns = require('node:dns');
const { appendFileSync } = require('node:fs');
const net = require('node:net');

const file = process.env.RECORD_NETWORK;
const note = (what) => appendFileSync(file, `${JSON.stringify(what)}\n`);

const lookup = dns.lookup;
dns.lookup = (name, ...rest) => {
  const done = rest.at(-1);
  if (net.isIP(name) !== 0 || name === 'localhost') return lookup(name, ...rest);
  note({ name });
  process.nextTick(done, Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), { code: 'ENOTFOUND' }));
};
dns.promises.lookup = async (name) => {
  note({ name });
  throw Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), { code: 'ENOTFOUND' });
};
for (const owner of [dns, dns.promises, dns.Resolver.prototype, dns.promises.Resolver.prototype]) {
  for (const method of Object.getOwnPropertyNames(owner).filter((key) => /^(resolve|reverse)/.test(key))) {
    owner[method] = (name) => {
      note({ name: String(name) });
      throw Object.assign(new Error(`queryA ENOTFOUND ${name}`), { code: 'ENOTFOUND' });
    };
  }
}

const connect = net.Socket.prototype.connect;
net.Socket.prototype.connect = function (...given) {
  const [first] = Array.isArray(given[0]) ? given[0] : given;
  const options = typeof first === 'object' ? first : { port: first, host: given[1] };
  if (options.path === undefined) note({ host: options.host ?? 'localhost', port: Number(options.port) });
  return connect.apply(this, given);
};

const createSocket = dgram.createSocket;
dgram.createSocket = (...given) => {
  note({ datagrams: true });
  return createSocket(...given);
};
