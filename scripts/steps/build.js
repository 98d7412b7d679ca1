import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { note, ON_STDERR, root } from './run.js';

const BUNDLE = fileURLToPath(new URL('bundle.js', import.meta.url));

const dist = join(root, 'dist');
/** Beside `dist`, so that a rename is enough to put a build in its place. */
const workshop = join(root, '.cache');
const ATTEMPTS = 20;
const ABANDONED_MS = 3_600_000;

/**
 * Compiles and bundles `src` into `dist` when something that shapes the result has changed since `dist` was made. The
 * build happens in a folder of its own and is put in place whole: builds at the same time do not meet, and a failed one
 * changes nothing.
 *
 * @returns {boolean} whether `dist` is now what `src` says
 */
export function build() {
  const wanted = fingerprint();
  if (builtFrom() === wanted) return true;
  const startedAt = performance.now();
  const fresh = join(workshop, `build-${process.pid}-${randomBytes(4).toString('hex')}`);
  const compiled = `${fresh}-compiled`;
  mkdirSync(fresh, { recursive: true });
  try {
    if (!compile(compiled) || !bundle(compiled, fresh)) return false;
    writeFileSync(join(fresh, '.build'), wanted);
    putInPlace(fresh, wanted);
    note(`built dist in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
    return true;
  } finally {
    for (const folder of [fresh, compiled]) rmSync(folder, { recursive: true, force: true });
    sweep();
  }
}

/** Returns a hash of everything that the compiler's output depends on: sources, settings, versions, and how it is bundled. */
function fingerprint() {
  const hash = createHash('sha256');
  for (const file of ['tsconfig.json', 'package-lock.json', ...sources('src')]) {
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(root, file)))
      .update('\0');
  }
  hash.update(readFileSync(BUNDLE));
  return hash.digest('hex');
}

/**
 * @param {string} folder
 * @returns {string[]}
 */
function sources(folder) {
  const entries = readdirSync(join(root, folder), { withFileTypes: true });
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  return entries.flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    return entry.isDirectory() ? sources(path) : path.endsWith('.ts') ? [path] : [];
  });
}

function builtFrom() {
  try {
    return readFileSync(join(dist, '.build'), 'utf8');
  } catch {
    return undefined;
  }
}

/** @param {string} folder */
function compile(folder) {
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const args = [compiler, '-p', 'tsconfig.json', '--outDir', folder];
  return spawnSync(process.execPath, args, { cwd: root, stdio: ON_STDERR }).status === 0;
}

/**
 * @param {string} compiled
 * @param {string} folder
 */
function bundle(compiled, folder) {
  return spawnSync(process.execPath, [BUNDLE, compiled, folder], { cwd: root, stdio: ON_STDERR }).status === 0;
}

/**
 * Moves the old `dist` away and the new one in. Another build may do the same between the two renames; whoever comes
 * second finds the name taken and tries again, unless what stands there is what it wanted.
 *
 * @param {string} fresh
 * @param {string} wanted
 */
function putInPlace(fresh, wanted) {
  for (let attempt = 1; ; attempt += 1) {
    const old = `${fresh}-old-${attempt}`;
    try {
      moveIfPresent(dist, old);
      renameSync(fresh, dist);
      return;
    } catch (error) {
      if (builtFrom() === wanted) return;
      if (attempt === ATTEMPTS) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
    } finally {
      rmSync(old, { recursive: true, force: true });
    }
  }
}

/**
 * @param {string} from
 * @param {string} to
 */
function moveIfPresent(from, to) {
  try {
    renameSync(from, to);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  }
}

/** Removes what builds left behind that were killed. */
function sweep() {
  for (const name of readdirSync(workshop)) {
    if (!name.startsWith('build-')) continue;
    const path = join(workshop, name);
    const since = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    if (Date.now() - since > ABANDONED_MS) rmSync(path, { recursive: true, force: true });
  }
}
