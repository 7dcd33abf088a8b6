import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Every shape of a value that the search knows; written without the product's own code for it. */
export function shapesOf(value: string): ReadonlyMap<string, string> {
  const bytes = Buffer.from(value, 'utf8');
  const json = JSON.stringify(value).slice(1, -1);
  const shapes = new Map([
    ['plain', value],
    ['hex', bytes.toString('hex')],
    ['HEX', bytes.toString('hex').toUpperCase()],
    ['percent', encodeURIComponent(value)],
    ['form', new URLSearchParams({ v: value }).toString().slice(2)],
    ['json', json],
    ['json in json', JSON.stringify(json).slice(1, -1)],
    ['reversed', [...value].reverse().join('')],
  ]);
  for (const offset of [0, 1, 2]) {
    for (const alphabet of ['base64', 'base64url'] as const) {
      const text = Buffer.concat([Buffer.alloc(offset), bytes])
        .toString(alphabet)
        .replace(/=+$/, '');
      // The characters at both ends depend on what stands beside the value.
      shapes.set(`${alphabet} at ${offset}`, text.slice(offset === 0 ? 0 : offset + 1, -2));
    }
  }
  return shapes;
}

export interface Leak {
  readonly value: string;
  readonly shape: string;
  readonly place: string;
}

/** Where any of the values stands, in any shape. */
export function search(places: Iterable<readonly [string, string]>, values: Readonly<Record<string, string>>): Leak[] {
  const all = Object.entries(values).map(([name, value]) => ({ name, shapes: [...shapesOf(value)] }));
  const found: Leak[] = [];
  for (const [place, text] of places) {
    for (const { name, shapes } of all) {
      for (const [shape, form] of shapes) if (text.includes(form)) found.push({ value: name, shape, place });
    }
  }
  return found;
}

/** Every file under a folder as bytes in a string, write-ahead logs and leftovers included. */
export function filesUnder(folder: string): (readonly [string, string])[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => [path, readFileSync(path).toString('latin1')] as const);
}

/** Looks at the command line and environment of every process on the machine, again and again until it is stopped. */
export function watchProcesses(values: Readonly<Record<string, string>>) {
  const leaks = new Map<string, Leak>();
  let looks = 0;
  let running = true;
  const look = (): void => {
    looks += 1;
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name) && name !== String(process.pid))) {
      for (const file of ['cmdline', 'environ'] as const) {
        try {
          const text = readFileSync(`/proc/${pid}/${file}`, 'latin1');
          for (const leak of search([[`${file} of ${text.slice(0, 200)}`, text]], values)) {
            leaks.set(JSON.stringify(leak), leak);
          }
        } catch {
          // It has ended, or is not ours to read.
        }
      }
    }
  };
  const done = (async () => {
    while (running) {
      look();
      await new Promise((next) => setTimeout(next, 15));
    }
  })();
  return {
    async stop(): Promise<{ readonly leaks: readonly Leak[]; readonly looks: number }> {
      running = false;
      await done;
      return { leaks: [...leaks.values()], looks };
    },
  };
}
