/** The PDF parser's thread (see child.ts): page by page, until there is enough. */
import { parentPort, workerData } from 'node:worker_threads';
import { getDocumentProxy } from 'unpdf';

/** @type {{ bytes: Uint8Array, most: number }} */
const { bytes, most } = workerData;

async function read() {
  const pdf = await getDocumentProxy(bytes, { isEvalSupported: false, verbosity: 0 });
  let text = '';
  let page = 1;
  for (; page <= pdf.numPages && text.length <= most; page += 1) {
    const { items } = await (await pdf.getPage(page)).getTextContent();
    for (const item of items) {
      if ('str' in item) text += item.str + (item.hasEOL ? '\n' : '');
    }
    text += '\n';
  }
  const more = text.length > most || page <= pdf.numPages;
  return { pages: pdf.numPages, text: text.slice(0, most), more };
}

try {
  parentPort?.postMessage(await read());
} catch (error) {
  const locked = error instanceof Error && error.name === 'PasswordException';
  parentPort?.postMessage({ failed: locked ? 'locked' : 'broken' });
}
