import { code, type Inline, text } from '../core/richtext.js';
import { showHidden } from '../core/visible.js';

/** `Run: npm test` in one line: what a waiting action is, where its card stands elsewhere. The literal part is code. */
export function shortTitle(title: string, limit = 200): Inline[] {
  const [first = '', ...more] = showHidden(title).text.split('\n');
  const line = first.length > limit || more.length > 0 ? `${first.slice(0, limit)} …` : first;
  const at = line.indexOf(': ');
  if (at < 0) return [text(line)];
  return [text(line.slice(0, at + 2)), code(line.slice(at + 2))];
}
