/**
 * HOME/rules.yaml (GUARD-13): the owner's own rules. Each denies or asks; none can allow, so a mistake in it makes
 * things stricter at worst. A rule names one of: a command (words as in `git push --tags`), a path, a host.
 */
export interface OwnerRules {
  readonly commands: readonly (OwnerRule & { readonly command: string })[];
  readonly paths: readonly (OwnerRule & { readonly path: string })[];
  readonly hosts: readonly (OwnerRule & { readonly host: string })[];
}

export interface OwnerRule {
  readonly name: string;
  readonly effect: 'deny' | 'ask';
  readonly reason: string;
}

export const NO_RULES: OwnerRules = { commands: [], paths: [], hosts: [] };

/** The strictest rule about a path; null without one. `~` in a rule is any home folder; a folder covers what is in it. */
export function pathObjection(rules: OwnerRules, path: string): OwnerRule | null {
  return strictest(rules.paths.filter((rule) => pathMatches(rule.path, path)));
}

/** The strictest rule about a host name. `*.example.com` covers the names below it, not the name itself. */
export function hostObjection(rules: OwnerRules, host: string): OwnerRule | null {
  const name = host.toLowerCase().replace(/\.$/, '');
  return strictest(rules.hosts.filter((rule) => name !== '' && globMatches(rule.host.toLowerCase(), name)));
}

function pathMatches(pattern: string, path: string): boolean {
  const wanted = pattern.replace(/\/+(\*\*)?$/, '') || '/';
  const candidates =
    wanted.startsWith('~/') || wanted === '~'
      ? ['/home/*', '/root', '/Users/*'].map((home) => home + wanted.slice(1))
      : wanted.startsWith('/')
        ? [wanted]
        : [`*/${wanted}`, wanted];
  return candidates.some((one) => globMatches(one, path) || globMatches(`${one}/*`, path));
}

/** `*` is any characters. Linear enough: patterns and names are short. */
function globMatches(pattern: string, text: string): boolean {
  const pieces = pattern.split(/\*+/);
  const [first = '', ...rest] = pieces;
  if (!text.startsWith(first)) return false;
  let at = first.length;
  for (const [index, piece] of rest.entries()) {
    if (index === rest.length - 1) return text.length - at >= piece.length && text.endsWith(piece);
    const found = text.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return at === text.length;
}

const strictest = (rules: readonly OwnerRule[]): OwnerRule | null =>
  rules.find(({ effect }) => effect === 'deny') ?? rules[0] ?? null;
