const marks = (name: string): readonly [string, string] => [
  `<!-- ${name}: npm run bench:guards -- --write -->\n`,
  `\n<!-- end -->`,
];

/** What stands between the marks of a generated block; null where the page has none. */
export function blockOf(page: string, name: string): string | null {
  const [begin, end] = marks(name);
  const at = page.indexOf(begin);
  return at < 0 ? null : page.slice(at + begin.length, page.indexOf(end, at));
}

/** The page with another text in that block. Throws where it has none. */
export function withBlock(page: string, name: string, text: string): string {
  const old = blockOf(page, name);
  if (old === null) throw new Error(`docs/guards.md has no block ${name}`);
  const at = page.indexOf(marks(name)[0]) + marks(name)[0].length;
  return page.slice(0, at) + text + page.slice(at + old.length);
}
