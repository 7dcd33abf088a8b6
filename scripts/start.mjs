/**
 * `npm start`: makes the clone ready, then becomes the product. It runs in this very process, so that signals and exit
 * codes are the product's own; arguments go through (`npm start -- --help`).
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, install, main, ROOT } from './prepare.mjs';

await main(async () => {
  await install();
  await build();
});
const program = join(ROOT, 'dist', 'src', 'main.js');
process.argv.splice(1, 1, program, 'start');
await import(pathToFileURL(program).href);
