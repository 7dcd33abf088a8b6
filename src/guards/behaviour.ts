/**
 * Sequences of calls that are suspicious where each call is not (GUARD-5). Pure over the facts of one conversation since
 * the owner last wrote; the last fact is the call that is about to run.
 */
export interface CallFact {
  readonly tool: string;
  /** Equal for equal calls: a digest of tool and input. */
  readonly digest: string;
  /** What of the owner's it reads. */
  readonly reads: 'sensitive' | 'mail' | 'drive' | null;
  /** It carries data out of the box. */
  readonly outward: boolean;
  /** Where it connects to; null for nowhere. */
  readonly host: string | null;
  /** Null while it has not run. */
  readonly failed: boolean | null;
  /** Milliseconds on the wall clock. */
  readonly at: number;
}

export interface BehaviourHit {
  /** `behaviour.sensitive-then-out`, `.private-then-out`, `.burst` or `.loop`. */
  readonly rule: string;
  /** One sentence that can be shown. */
  readonly reason: string;
}

interface ReadThenOut {
  readonly rule: string;
  readonly reads: readonly CallFact['reads'][];
  readonly reason: (read: CallFact, out: CallFact) => string;
}

const READ_THEN_OUT: readonly ReadThenOut[] = [
  {
    rule: 'behaviour.sensitive-then-out',
    reads: ['sensitive'],
    reason: (read, out) =>
      `After reading credentials with ${read.tool}, it wants to send to ${out.host ?? 'the outside'}.`,
  },
  {
    rule: 'behaviour.private-then-out',
    reads: ['mail', 'drive'],
    reason: (read, out) =>
      `After reading ${read.reads === 'mail' ? 'mail' : 'Drive'}, it wants to send to ${out.host ?? 'the outside'}.`,
  },
];
const BURST = { hosts: 8, withinMs: 60_000 };
const LOOP = { failures: 3 };

export function judgeSequence(calls: readonly CallFact[]): BehaviourHit | null {
  const next = calls.at(-1);
  if (next === undefined) return null;
  const earlier = calls.slice(0, -1);
  return readThenOut(earlier, next) ?? burst(earlier, next) ?? loop(earlier, next);
}

function readThenOut(earlier: readonly CallFact[], next: CallFact): BehaviourHit | null {
  if (!next.outward) return null;
  for (const { rule, reads, reason } of READ_THEN_OUT) {
    const read = earlier.find((call) => hasRead(call) && reads.includes(call.reads));
    if (read !== undefined) return { rule, reason: reason(read, next) };
  }
  return null;
}

/** A command that fails has often printed before. */
const hasRead = ({ failed, tool }: CallFact): boolean =>
  failed === false || (failed === true && tool === 'run_command');

function burst(earlier: readonly CallFact[], next: CallFact): BehaviourHit | null {
  if (next.host === null) return null;
  const recent = earlier.filter(({ host, at }) => host !== null && next.at - at <= BURST.withinMs);
  const hosts = new Set([...recent, next].map(({ host }) => host));
  if (hosts.size <= BURST.hosts || recent.some(({ host }) => host === next.host)) return null;
  return { rule: 'behaviour.burst', reason: `It has turned to ${hosts.size} hosts within a minute.` };
}

function loop(earlier: readonly CallFact[], next: CallFact): BehaviourHit | null {
  let failures = 0;
  for (const call of earlier.toReversed()) {
    if (call.digest !== next.digest) continue;
    if (call.failed !== true) break;
    failures += 1;
  }
  if (failures < LOOP.failures) return null;
  return { rule: 'behaviour.loop', reason: `The same call of ${next.tool} has failed ${failures} times.` };
}

/** Files whose content opens something. */
const SENSITIVE_FILE =
  /(?:^|[\s/"'=])(?:\.env(?:\.[\w-]+)?|\.netrc|\.pgpass|\.git-credentials|\.npmrc|\.pypirc|\.htpasswd|id_(?:rsa|dsa|ecdsa|ed25519)|credentials(?:\.json)?|secrets?\.(?:ya?ml|json|toml|env)|shadow|wallet\.dat|kubeconfig|logins\.json|key4\.db|cookies\.sqlite|\.bash_history|\.zsh_history|keychain\S*|[\w.-]+\.(?:pem|key|p12|pfx|kdbx|jks|keystore|asc|ppk))(?=$|[\s"'|;&>)])|\.(?:ssh|aws|gnupg|kube|docker|azure|config\/gcloud)\/|\/etc\/(?:shadow|sudoers)|\/proc\/\S{1,40}\/environ|\bprintenv\b|(?:^|[|;&]\s*)env\s*(?:$|[|;>])/;

/** What they are given says nothing of what they read here. */
const READS_NOTHING: ReadonlySet<string> = new Set([
  'http_request',
  'fetch_page',
  'web_search',
  'write_file',
  'edit_file',
]);

/** What of the owner's a call reads, by its tool and its input. */
export function whatItReads(tool: string, input: unknown): CallFact['reads'] {
  if (/^(?:read_mail|list_mail)$|^gmail|(?:^|_)inbox/.test(tool)) return 'mail';
  if (/drive|^google|_docs?$|^docs_|list_events|contacts|notes/.test(tool)) return 'drive';
  if (READS_NOTHING.has(tool)) return null;
  return typeof input === 'object' && input !== null && texts(input).some((text) => SENSITIVE_FILE.test(text))
    ? 'sensitive'
    : null;
}

function texts(value: object): string[] {
  return Object.values(value).flatMap((one) =>
    typeof one === 'string' ? [one] : typeof one === 'object' && one !== null ? texts(one) : [],
  );
}
