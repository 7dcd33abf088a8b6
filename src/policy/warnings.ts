import type { Taint } from '../core/trust.js';
import type { ContentKind } from '../guards/content.js';

/** What was found, as it is said to the owner. */
const WORDS: Readonly<Record<ContentKind, string>> = {
  override: "tried to replace the agent's instructions",
  role: 'tried to give the agent another role',
  tool: 'tried to make the agent act',
  structure: "imitated the agent's own instructions",
  exfiltration: 'tried to make the agent give data away',
  addressed: 'spoke to the agent instead of its readers',
  concealment: 'asked the agent to keep something from you',
  approval: 'claimed an approval by you',
  steering: "tried to dictate the agent's answer",
  encoded: 'held instructions in a disguise',
  hidden: 'held instructions that its readers cannot see',
  boundary: 'faked its own end',
};
const OTHER = 'tried to steer the agent';
const KINDS = 2;
const SOURCES = 2;
const LENGTH = 110;

/** Lines about hostile content that this conversation has read (GUARD-3): the newest sources, one line each. Pure. */
export function warningLines({ findings = [] }: Taint): string[] {
  const sources = [...new Set(findings.map(({ source }) => source))].toReversed();
  const lines = sources.map((source) => {
    const kinds = findings
      .filter((one) => one.source === source)
      .map(({ kind }) => WORDS[kind as ContentKind] ?? OTHER);
    return `Warning: ${short(source)} ${[...new Set(kinds)].slice(0, KINDS).join(' and ')}`;
  });
  const more = lines.length - SOURCES;
  return more > 0 ? [...lines.slice(0, SOURCES), `Warning: ${more} more like these`] : lines;
}

const short = (source: string): string => (source.length <= LENGTH ? source : `${source.slice(0, LENGTH)}…`);
