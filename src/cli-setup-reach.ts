import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, isIPv4 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { renderUnicodeCompact } from 'uqr';
import { z } from 'zod';
import { certificateStore } from './certificates.js';
import { askHealth, type HealthAnswer, type SetupHome } from './cli-setup-home.js';
import type { Choice, Prompts } from './cli-setup-prompts.js';
import { SeneschalError } from './core/errors.js';
import { reachOf } from './gateway/reach.js';
import { writeVariables } from './vault/keyfile.js';
import { baseUrl, ownNames } from './web/bind.js';
import { ownCertificate } from './web/certificate.js';

/**
 * From where the form's links open (SECRET-9): this box alone, Tailscale, an own name behind a proxy, or the local
 * network with the product's own CA. Setup writes HOME/.env, says what is left to do, and tries the result.
 */
export const WAYS = ['tailscale', 'name', 'lan', 'loopback'] as const;
export type Way = (typeof WAYS)[number];

export interface Plan {
  readonly way: Way;
  /** Where links will point. */
  readonly url: string;
  /** Lines of HOME/.env; null takes one out. */
  readonly variables: Readonly<Record<string, string | null>>;
  /** What the owner does outside of Seneschal. */
  readonly steps: readonly string[];
  /** Variables of the environment that win over HOME/.env with something else. */
  readonly overriddenBy: readonly string[];
}

/** What this box has to offer. */
export interface Surroundings {
  /** The box's own name in Tailscale; null where it is not installed or not logged in. */
  readonly tailscaleName: string | null;
  /** Its private IPv4 addresses. */
  readonly addresses: readonly string[];
}

const USUAL_PORT = 8443;
const TAILSCALE_MS = 5_000;
const Status = z.object({ Self: z.object({ DNSName: z.string().min(1) }) });

export async function lookAround(): Promise<Surroundings> {
  const addresses = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .filter(({ family, internal, address }) => family === 'IPv4' && !internal && isPrivate(address))
    .map(({ address }) => address);
  return { tailscaleName: await tailscaleName(), addresses };
}

async function tailscaleName(): Promise<string | null> {
  try {
    const { stdout } = await promisify(execFile)('tailscale', ['status', '--json'], { timeout: TAILSCALE_MS });
    return Status.parse(JSON.parse(stdout)).Self.DNSName.replace(/\.$/, '');
  } catch {
    return null;
  }
}

/** Throws `config.invalid` where the box or the given name does not allow this way. */
export function planReach(
  home: SetupHome,
  environment: Readonly<Record<string, string | undefined>>,
  around: Surroundings,
  wanted: { readonly way: Way; readonly publicUrl?: string; readonly address?: string },
): Plan {
  const { config } = home;
  const port = config.SENESCHAL_PORT || USUAL_PORT;
  const chosenPort = config.SENESCHAL_PORT === 0 ? { SENESCHAL_PORT: String(port) } : {};
  const plan = (url: string, bind: string | null, publicUrl: string | null, steps: readonly string[]): Plan => {
    const variables = { SENESCHAL_BIND: bind, SENESCHAL_PUBLIC_URL: publicUrl, ...chosenPort };
    const overriddenBy = Object.entries(variables)
      .filter(([name, value]) => environment[name] && environment[name] !== value)
      .map(([name]) => name);
    return { way: wanted.way, url, variables, steps, overriddenBy };
  };
  switch (wanted.way) {
    case 'loopback':
      return plan(baseUrl('127.0.0.1', port, undefined), null, null, []);
    case 'tailscale': {
      if (around.tailscaleName === null) {
        throw unusable(
          'Tailscale was not found on this box.',
          'Install it from https://tailscale.com/download and log in.',
        );
      }
      const url = `https://${around.tailscaleName}:${port}`;
      const serve = `tailscale serve --bg --https=${port} https+insecure://127.0.0.1:${port}`;
      return plan(url, null, url, [
        'Once, in another terminal (with sudo where Tailscale asks for it):',
        serve,
        'It gives this name a certificate that phones trust. Only your own devices in Tailscale reach it.',
      ]);
    }
    case 'name': {
      const url = publicOrigin(wanted.publicUrl ?? '');
      return plan(url, null, url, [
        `The proxy for ${new URL(url).host} ends TLS and passes on to https://127.0.0.1:${port} (own certificate: do not verify it).`,
        'It must keep the Host header. Only /s/ and /health need to be reachable.',
      ]);
    }
    case 'lan': {
      const address = wanted.address ?? around.addresses[0];
      if (address === undefined) throw unusable('This box has no private IPv4 address.');
      if (!isPrivate(address)) throw unusable(`${address} is no private IPv4 address.`);
      return plan(baseUrl(address, port, undefined), address, null, [
        "Telegram's in-app browser ignores certificates that a user has installed: open links in the phone's own browser.",
        'iPhone: install the profile, then Settings, General, About, Certificate Trust Settings: switch it on.',
        'Android: Settings, Security, Install a certificate, CA certificate.',
        'The certificate is only good for this box: its names are limited.',
      ]);
    }
  }
}

export function applyReach(home: SetupHome, { variables }: Plan): void {
  // Under the store's write lock: a rotation of the vault key writes the same file.
  home.store.transaction(() => writeVariables(join(home.config.home, '.env'), variables, home.system));
}

export interface Authority {
  readonly pem: string;
  /** Where the certificate was put, to carry it over by other means. */
  readonly path: string;
  readonly fingerprint: string;
}

/** The CA that a phone must trust for the local network; null where the operator gave a certificate. */
export async function ownAuthority(home: SetupHome, plan: Plan): Promise<Authority | null> {
  const { config, system, vault } = home;
  if (plan.way !== 'lan' || config.SENESCHAL_TLS_CERT !== undefined) return null;
  const names = ownNames(new URL(plan.url).hostname, undefined);
  const { authority } = await ownCertificate(certificateStore(vault), system, names);
  if (authority === null) return null;
  const path = join(config.home, 'ca.crt');
  writeFileSync(path, authority, { mode: 0o644 });
  return { pem: authority, path, fingerprint: new X509Certificate(authority).fingerprint256 };
}

/** Hands the CA to a phone in the same network while `work` goes on: a QR code cannot hold a certificate that installs. */
export async function withCertificateServer<T>(
  address: string,
  pem: string,
  work: (url: string) => Promise<T>,
): Promise<T> {
  const server = createServer((request, response) => {
    const isIt = request.method === 'GET' && request.url === '/seneschal-ca.crt';
    response.writeHead(isIt ? 200 : 404, { 'Content-Type': isIt ? 'application/x-x509-ca-cert' : 'text/plain' });
    response.end(isIt ? pem : 'Not found\n');
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, address, resolve);
  });
  try {
    const { port } = server.address() as AddressInfo;
    return await work(`http://${address}:${port}/seneschal-ca.crt`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

/** Asks `/health` at the address that links will have, trusting what the owner's phone will trust. */
export async function tryReach(home: SetupHome, plan: Plan, authority: Authority | null): Promise<HealthAnswer> {
  if (plan.way === 'loopback') return askHealth(home.system, plan.url, 'any');
  return askHealth(home.system, plan.url, authority ? { ca: authority.pem } : {});
}

/** `answer` is null where Seneschal is not running. */
export function triedSentence(plan: Plan, answer: HealthAnswer | null): string {
  if (answer === null)
    return 'Seneschal is not running, so nothing was tried. Links point there from the next start on.';
  switch (answer.kind) {
    case 'seneschal':
      return `${plan.url} answers.`;
    case 'untrusted':
      return `${plan.url} shows a certificate that is not trusted (${answer.code}).`;
    case 'other':
      return answer.status === 421
        ? `${plan.url} reaches Seneschal, which knows that name only after a restart.`
        : `${plan.url} answers with status ${answer.status}, and that is not Seneschal: look at the proxy.`;
    case 'nothing':
      return `Nothing answers at ${plan.url} (${answer.code}). Restart Seneschal if that is not done yet.`;
  }
}

const LABELS: Readonly<Record<Way, string>> = {
  tailscale: 'Your devices in Tailscale',
  name: 'Anywhere, by a name of your own behind a proxy',
  lan: 'Your own network, with a certificate to install on the phone',
  loopback: 'This box alone',
};

export async function askReach(
  home: SetupHome,
  prompts: Prompts,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const around = await prompts.during('Looking at the networks of this box', lookAround);
  const possible: Readonly<Record<Way, boolean>> = {
    tailscale: around.tailscaleName !== null,
    name: true,
    lan: around.addresses.length > 0,
    loopback: true,
  };
  const ways = WAYS.filter((way) => possible[way]).map(
    (way): Choice<Way> => ({
      id: way,
      label: LABELS[way],
      ...(way === 'tailscale' && around.tailscaleName !== null ? { hint: around.tailscaleName } : {}),
    }),
  );
  const way = await prompts.select('From where should links to the form open?', ways);
  const plan = planReach(home, environment, around, {
    way,
    ...(way === 'name' ? { publicUrl: await askName(prompts) } : {}),
    ...(way === 'lan' ? { address: await askAddress(prompts, around.addresses) } : {}),
  });
  applyReach(home, plan);
  prompts.say(`${home.config.home}/.env says so now. Links will begin with ${plan.url}.`);
  for (const name of plan.overriddenBy) prompts.warn(`The environment variable ${name} is set and wins over it.`);
  const authority = await ownAuthority(home, plan);
  if (plan.steps.length > 0) prompts.show('What to do', plan.steps);
  if (authority) await handOver(prompts, plan, authority);
  if (home.isRunning()) await prompts.confirm('Restart Seneschal now. Is it done?');
  const answer = home.isRunning() ? await prompts.during('Trying it', () => tryReach(home, plan, authority)) : null;
  prompts.say(triedSentence(plan, answer));
}

async function handOver(prompts: Prompts, plan: Plan, authority: Authority): Promise<void> {
  const address = new URL(plan.url).hostname;
  await withCertificateServer(address, authority.pem, async (url) => {
    prompts.copy(
      `${renderUnicodeCompact(url)}\n${url}\nSHA-256 ${authority.fingerprint}\nIt also stands in ${authority.path}.`,
    );
    await prompts.confirm('Scan it with the phone in the same network. Is the certificate installed?');
  });
}

async function askName(prompts: Prompts): Promise<string> {
  for (;;) {
    const typed = await prompts.text('Its address, with https://', '');
    try {
      return publicOrigin(typed);
    } catch (thrown) {
      prompts.warn((thrown as Error).message);
    }
  }
}

async function askAddress(prompts: Prompts, addresses: readonly string[]): Promise<string> {
  const [only = ''] = addresses;
  if (addresses.length === 1) return only;
  return prompts.select(
    'Which address of this box?',
    addresses.map((address) => ({ id: address, label: address })),
  );
}

function publicOrigin(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url?.protocol !== 'https:' || url.pathname !== '/' || url.search !== '' || url.username !== '') {
    throw unusable(`"${text}" is no address of this kind: write https:// and a name, such as https://box.example.org.`);
  }
  if (reachOf(url.origin) === 'box') throw unusable(`${url.origin} opens on this box alone.`);
  return url.origin;
}

function isPrivate(address: string): boolean {
  const [first, second = 0] = address.split('.').map(Number);
  if (!isIPv4(address)) return false;
  return first === 10 || (first === 172 && second >= 16 && second < 32) || (first === 192 && second === 168);
}

function unusable(message: string, hint?: string): SeneschalError {
  return new SeneschalError('config.invalid', message, hint === undefined ? {} : { hint });
}
