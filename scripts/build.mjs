/** `npm run build`: makes the clone ready, and stops there. */
import { build, install, main } from './prepare.mjs';

await main(async () => {
  await install();
  await build();
});
