import { payloadsIn } from './content/payloads.js';
import { decodeEscapes, normalise } from './normalise.js';
import { sensitivePath, sensitiveTarget } from './output-paths.js';
import { OUTPUT_RULES } from './output-rules.js';

/**
 * What is about to be written to disk or run (GUARD-8): reverse shells, miners, keyloggers and persistence are refused; a
 * path that makes things run or lets people in asks, whatever is written. Pure and linear.
 */
export interface OutputVerdict {
  readonly effect: 'allow' | 'ask' | 'deny';
  /** `output.reverse-shell` and the like, `output.sensitive-path`, `output.describes`, or `output.none`. */
  readonly rule: string;
  /** One sentence that can be shown; empty for `allow`. */
  readonly reason: string;
  readonly findings: readonly string[];
}

export interface Output {
  /** Where a file is going to be; absent when it is not known or nothing is written. */
  readonly path?: string;
  readonly text: string;
  readonly kind: 'file' | 'command';
}

const PROSE_PATH = /\.(?:md|markdown|mdx|txt|rst|adoc|asciidoc|org|tex|html?|eml|rtf|csv)$/i;
/** Words of texts that describe attacks. */
const DESCRIBES =
  /\b(?:attackers?|detect\w*|mitigat\w*|defen[cs]e|vulnerab\w+|incident|indicators?|threats?|malicious|hunting|advisory|blue team|red team|report|forensic\w*|analysis|rule|signature|example|explain\w*|lesson|chapter|warning)\b/gi;
/** What no file that runs by itself has a good reason to do. */
const RUNS_BY_ITSELF =
  /\b(?:curl|wget|fetch)\b[^\n]{0,200}\|\s*(?:sudo\s+)?(?:ba|z|da)?sh\b|(?:eval|source|\.)\s+["'<]?[<$]\(\s*(?:curl|wget)|\/dev\/(?:tcp|udp)\/|base64\s+(?:-d|--decode)[^\n]{0,80}\|\s*(?:ba)?sh|\b(?:nc|ncat|netcat)\b[^\n]{0,80}\s-[a-z]{0,4}e\b|(?:^|[\s="'&;|])\/(?:tmp|var\/tmp|dev\/shm)\/\.?\w[^\n]{0,100}(?:&|$)|python3?\s+-c\s[^\n]{0,200}(?:urlopen|exec\()/m;
const DEPTH = 3;

export function judgeOutput({ path, text, kind }: Output): OutputVerdict {
  const found = harmful(text, DEPTH);
  const what = path === undefined ? null : sensitivePath(path);
  if (found !== null) {
    const described =
      what === null && kind === 'file' && path !== undefined && PROSE_PATH.test(path) && describes(text);
    const reason = `This ${found.what}.`;
    if (!described) return { effect: 'deny', rule: `output.${found.rule}`, reason, findings: [found.rule] };
    return {
      effect: 'ask',
      rule: 'output.describes',
      reason: `${reason} It stands in a text about such things.`,
      findings: [found.rule],
    };
  }
  if (path !== undefined && what !== null) {
    if (!RUNS_BY_ITSELF.test(text)) return asks(path, what);
    return {
      effect: 'deny',
      rule: 'output.persistence',
      reason: `${path} ${what}, and this would run code from elsewhere.`,
      findings: ['persistence', 'sensitive-path'],
    };
  }
  const target = kind === 'command' ? sensitiveTarget(text) : null;
  if (target !== null) return asks(target.path, target.what);
  return { effect: 'allow', rule: 'output.none', reason: '', findings: [] };
}

function asks(path: string, what: string): OutputVerdict {
  return { effect: 'ask', rule: 'output.sensitive-path', reason: `${path} ${what}.`, findings: ['sensitive-path'] };
}

function harmful(text: string, depth: number): { readonly rule: string; readonly what: string } | null {
  const plain = normalise(text);
  const seen = new Set([text, withoutTricks(plain.text), decodeEscapes(plain).text]);
  for (const one of seen) {
    const met = OUTPUT_RULES.find(
      ({ all, none }) =>
        all.every((pattern) => pattern.test(one)) && !(none ?? []).some((pattern) => pattern.test(one)),
    );
    if (met !== undefined) return met;
  }
  if (depth === 0) return null;
  for (const payload of payloadsIn(text)) {
    const inner = harmful(payload.replaceAll('\0', ''), depth - 1);
    if (inner !== null) return inner;
  }
  return null;
}

/** Quotes and backslashes inside words, and strings put together from pieces, which change nothing when it runs. */
function withoutTricks(text: string): string {
  return text
    .replace(/["'`]\s{0,3}[+.]\s{0,3}["'`]/g, '')
    .replace(/(?<=\w)(?:''|""|\\)(?=\w)/g, '')
    .replace(/\$\{IFS\}|\$IFS/g, ' ')
    .replace(/\\\r?\n/g, ' ');
}

function describes(text: string): boolean {
  return new Set(Array.from(text.matchAll(DESCRIBES), ([word]) => word.toLowerCase())).size >= 2;
}
