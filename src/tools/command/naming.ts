import { simpleCommands } from './shell-words.js';

/**
 * Why a command may not run where no sandbox hides the product's keys (CONT-2); null when it may. It stops what names
 * them, by mistake or by instruction of a page; it is no wall, and the card says so.
 */
export function namesKeys(command: string, hidden: readonly string[]): string | null {
  const words = (simpleCommands(command) ?? []).flat();
  const texts = [command, command.replace(/\\\n|['"\\]/g, ''), ...words];
  for (const text of texts) {
    const folder = hidden.find((path) => mentions(text, path));
    if (folder !== undefined) return `names ${folder}, where this product keeps its keys, and there is no sandbox here`;
    if (/(^|[^\w])\.seneschal(?!\w)/.test(text))
      return "names this product's home folder, and there is no sandbox here";
    if (/(^|[^\w])\.env(?![\w-])(?!\.(example|sample|template)\b)/.test(text))
      return 'names a .env file, and there is no sandbox here';
    if (/\/proc\/\S*(environ|mem\b)/.test(text))
      return 'reads the memory or environment of a process, and there is no sandbox here';
  }
  return null;
}

/** The folder itself or something below it, not one whose name only begins alike. */
function mentions(text: string, path: string): boolean {
  const at = text.indexOf(path);
  return at >= 0 && !/^[\w-]/.test(text.slice(at + path.length));
}
