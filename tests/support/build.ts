import { spawnSync } from 'node:child_process';

/** End-to-end tests run the built product: builds it first where the sources are newer. */
export default function setup(): void {
  const built = spawnSync(process.execPath, ['scripts/build.mjs'], { encoding: 'utf8' });
  if (built.status !== 0) throw new Error(`the build failed:\n${built.stdout}${built.stderr}`);
}
