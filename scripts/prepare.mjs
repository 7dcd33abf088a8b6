/**
 * Makes a clone ready to run: right Node, installed packages, built sources. Plain Node without a dependency, because
 * it runs before anything is installed. Everything it says goes to standard error: standard output belongs to the
 * product. Each step costs milliseconds when there is nothing to do.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** @type {readonly [number, number]} */
const OLDEST_NODE = [20, 19];

/** A failure whose message is all that a person needs. */
export class PrepareError extends Error {}

/** @param {string} line */
export const say = (line) => process.stderr.write(`seneschal: ${line}\n`);

/** Throws where this Node is too old. */
export function requireNode(version = process.versions.node) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [wantedMajor, wantedMinor] = OLDEST_NODE;
  if (major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)) return;
  throw new PrepareError(
    `Node ${version} is too old. Install Node ${OLDEST_NODE.join('.')} or newer, then run this again.`,
  );
}

/** Installs what package-lock.json names, when node_modules holds something else. */
export async function install() {
  if (!installed()) {
    say('installing packages; a first time takes about two minutes');
    const { code, output } = await npm(['ci', '--include=dev', '--no-audit', '--no-fund']);
    if (code !== 0) throw new PrepareError(whyInstallFailed(output));
  }
  if (!bindingLoads()) {
    say('compiling the SQLite binding for this Node; it takes about a minute');
    const { code, output } = await npm(['rebuild', 'better-sqlite3', '--ignore-scripts=false']);
    if (code !== 0 || !bindingLoads()) throw new PrepareError(whyInstallFailed(output));
  }
}

/** Compiles src/ and adapters/ to dist/, when they have changed since. */
export async function build() {
  const stampFile = join(ROOT, 'dist', '.stamp');
  const stamp = sourceStamp();
  if (readText(stampFile) === stamp && existsSync(join(ROOT, 'dist', 'src', 'main.js'))) return;
  say('building');
  // Built aside and moved in whole: a failed build leaves the last good one, and nobody meets half of one.
  const next = join(ROOT, `dist.${process.pid}`);
  const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  try {
    const { code } = await run(process.execPath, [tsc, '-p', join(ROOT, 'tsconfig.json'), '--outDir', next]);
    if (code !== 0) throw new PrepareError('The build failed; the compiler says why above.');
    // `npm link` and an alias run the file itself.
    chmodSync(join(next, 'src', 'main.js'), 0o755);
    writeFileSync(join(next, '.stamp'), stamp);
    rmSync(join(ROOT, 'dist'), { recursive: true, force: true });
    renameSync(next, join(ROOT, 'dist'));
  } finally {
    rmSync(next, { recursive: true, force: true });
  }
}

/** True when each package that package-lock.json demands is there in its version (npm keeps its own list of them). */
function installed() {
  const wanted = readJson(join(ROOT, 'package-lock.json'))?.packages;
  const present = readJson(join(ROOT, 'node_modules', '.package-lock.json'))?.packages;
  if (!wanted || !present) return false;
  return Object.entries(wanted).every(
    ([path, entry]) => path === '' || entry.optional || present[path]?.version === entry.version,
  );
}

/** False when the binding is missing, or was compiled for another Node. */
function bindingLoads() {
  const require = createRequire(join(ROOT, 'package.json'));
  try {
    const Database = require('better-sqlite3');
    new Database(':memory:').close();
    return true;
  } catch {
    return false;
  }
}

/** One hash over everything that the build reads. */
function sourceStamp() {
  const hash = createHash('sha256');
  for (const file of ['package-lock.json', 'tsconfig.json', ...sources('src'), ...sources('adapters')]) {
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(ROOT, file)))
      .update('\0');
  }
  return hash.digest('hex');
}

/**
 * @param {string} folder
 * @returns {string[]}
 */
function sources(folder) {
  if (!existsSync(join(ROOT, folder))) return [];
  return readdirSync(join(ROOT, folder), { withFileTypes: true })
    .flatMap((entry) => {
      const path = `${folder}/${entry.name}`;
      return entry.isDirectory() ? sources(path) : /\.(ts|mjs)$/.test(path) ? [path] : [];
    })
    .sort();
}

/** @param {string} output */
function whyInstallFailed(output) {
  if (
    /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ENETUNREACH|EHOSTUNREACH|ETIMEDOUT|ERR_SOCKET_TIMEOUT/.test(output)
  ) {
    return 'The package registry cannot be reached. Installing needs the network once; check it and run this again.';
  }
  const missing = [
    ...(['cc', 'gcc', 'clang'].some(inPath) && ['c++', 'g++', 'clang++'].some(inPath) ? [] : ['a C and C++ compiler']),
    ...(inPath('make') ? [] : ['make']),
    ...(inPath('python3') ? [] : ['python3']),
  ];
  if (missing.length > 0) {
    return `The SQLite binding must be compiled, and this box has no ${missing.join(', no ')}. On Debian: apt-get install build-essential python3`;
  }
  return 'npm could not install the packages; it says why above.';
}

/** @param {string[]} args */
function npm(args) {
  const env = { ...process.env };
  // Node's own headers lie beside it in most installations: with them compiling needs no download.
  const prefix = dirname(dirname(process.execPath));
  if (existsSync(join(prefix, 'include', 'node', 'node.h'))) env.npm_package_config_node_gyp_nodedir = prefix;
  // What npm says is what the diagnosis reads, also where this runs under `npm --silent`.
  env.npm_config_loglevel = 'notice';
  const own = process.env.npm_execpath;
  if (own && /npm-cli\.[cm]?js$/.test(own) && existsSync(own)) return run(process.execPath, [own, ...args], env);
  if (!inPath('npm'))
    throw new PrepareError('npm is not installed. It comes with Node: https://nodejs.org/en/download');
  return run('npm', args, env);
}

/** @param {string} command */
const inPath = (command) =>
  (process.env.PATH ?? '').split(delimiter).some((folder) => folder !== '' && existsSync(join(folder, command)));

/**
 * Runs to the end with all its output on standard error, and keeps that output for the diagnosis.
 * @param {string} command
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Promise<{ code: number, output: string }>}
 */
function run(command, args, env = process.env) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        process.stderr.write(chunk);
        output = (output + chunk).slice(-100_000);
      });
    }
    // A signal ends the child first, so that nothing half made is left behind.
    const end = () => child.kill('SIGTERM');
    process.once('SIGINT', end).once('SIGTERM', end);
    child.on('error', reject);
    child.on('close', (code) => {
      process.off('SIGINT', end).off('SIGTERM', end);
      if (code === null) reject(new PrepareError('stopped before it was ready'));
      else resolve({ code, output });
    });
  });
}

/** @param {string} path */
function readText(path) {
  return existsSync(path) ? readFileSync(path, 'utf8') : null;
}

/** @param {string} path */
function readJson(path) {
  try {
    return JSON.parse(readText(path) ?? 'null');
  } catch {
    return null;
  }
}

/**
 * Runs a script's work; a failure is one line and exit code 1.
 * @param {() => Promise<void>} work
 */
export async function main(work) {
  try {
    requireNode();
    await work();
  } catch (error) {
    if (!(error instanceof PrepareError)) throw error;
    say(error.message);
    process.exit(1);
  }
}
