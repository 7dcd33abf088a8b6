/** Processor time in milliseconds, so that a busy machine does not count. */
function spent(work: () => unknown): number {
  const begun = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(begun);
  return (user + system) / 1_000;
}

/** How many times dearer the first is: the best of three each, taken in turn so that both meet the same machine. */
export function dearer(first: () => unknown, second: () => unknown): number {
  const times = [1, 2, 3].map(() => [spent(first), spent(second)] as const);
  // Below a millisecond the clock's own grain would be the answer.
  const best = (index: 0 | 1) => Math.max(1, Math.min(...times.map((pair) => pair[index])));
  return best(0) / best(1);
}

/**
 * Eight times the work: about 8 where the cost is linear, 64 where it is quadratic. The limit stands at half of the
 * latter: memory and the compiler make what is large up to three times as dear a piece on a busy machine.
 */
export const growth = (work: (size: number) => unknown, size: number): number =>
  dearer(
    () => work(size),
    () => work(size / 8),
  );
export const LINEAR = 32;
