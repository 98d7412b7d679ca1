// `npm test` on a clean checkout: brings what the tests need, builds, runs them, and says loudly what could not be tried.
import './steps/require-node.js';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { build } from './steps/build.js';
import { ensureDependencies } from './steps/dependencies.js';
import { setGitHooks } from './steps/git-hooks.js';
import { TEST_PROGRAMS } from './steps/programs.js';
import { note, root, runNode } from './steps/run.js';
import { ensureSystemPackages } from './steps/system-packages.js';
import { ensureTestTools } from './steps/test-tools.js';

ensureDependencies();
if (!build()) process.exit(1);
await setGitHooks();
ensureTestTools();
const missing = ensureSystemPackages();
if (missing.length > 0) announce('MISSING HERE: what needs it is left out, and named at the end', missing.map(remedy));
process.exitCode = await runTests(process.argv.slice(2));

/** @param {readonly string[]} args */
async function runTests(args) {
  const folder = mkdtempSync(join(tmpdir(), 'autosync-left-out-'));
  const list = join(folder, 'list');
  writeFileSync(list, '');
  try {
    const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
    // Only a run of everything can say what of the catalogue of faults has been shown.
    const catalogue = args.length > 0 ? {} : { AUTOSYNC_TEST_CATALOGUE: join(root, '.cache', 'faults.md') };
    const env = { ...process.env, NODE_ENV: 'test', AUTOSYNC_TEST_LEFT_OUT: list, ...catalogue };
    const code = await runNode([vitest, 'run', ...args], { env });
    const leftOut = [...new Set(readFileSync(list, 'utf8').split('\n'))].filter((line) => line !== '');
    if (leftOut.length > 0) announce('LEFT OUT, because a program is missing here', leftOut.sort().map(shorten));
    return code;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param {string} name */
function remedy(name) {
  const packages = TEST_PROGRAMS.find((program) => program.name === name)?.packages;
  if (packages === undefined) return [name, 'install it yourself: it is too large to be fetched for a few tests'];
  return [name, packages.length === 0 ? 'npm ci in test/tools' : `Debian: apt-get install ${packages.join(' ')}`];
}

/** @param {string} line what test/support/needs.ts writes: the program, a tab, the suite's file */
function shorten(line) {
  const [program = '', suite = ''] = line.split('\t');
  return [program, relative(root, suite)];
}

/**
 * @param {string} title
 * @param {ReadonlyArray<readonly string[]>} rows
 */
function announce(title, rows) {
  const bar = '!'.repeat(78);
  note(`\n${bar}\n!!! ${title}`);
  for (const [program, what] of rows) note(`!!!   ${program.padEnd(18)} ${what}`);
  note(`${bar}\n`);
}
