// `npm run torture`: the long form of the tests that no promise may fail. It goes on until its time is over.
//
//   --minutes M     how long (default 30)
//   --seed S        where it begins, so that a run can be made once more (default: a new one each time)
//   --only NAME     `sweep`: faults at every system call; `model`: stories of several machines; `mirror`: faults in its runs
//   --operation OP  of a sweep only this operation (conflict, merge, snapshot, clone, …)
//   --vcs SYSTEM    of a sweep, and of the histories of several machines, only those under `git` or `hg`
//   --kind KIND     of a sweep only these attacks: `kill`, `kill-after`, `kill-child`, `save`, `error` (once),
//                   `error+` (from then on) or `misread` (of calls that read)
//   --jobs N        how many attacks, and histories, at once (default: what the cores allow)
//   --keep FOLDER   where the worlds of failures are kept
//   --repeat WHAT   only the one attack of a sweep that a failure named
import './steps/require-node.js';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from './steps/build.js';
import { ensureDependencies } from './steps/dependencies.js';
import { note, root, runNode } from './steps/run.js';

/** Each has a folder below `test`, with files that end in `.torture.ts`. */
const SUITES = ['sweep', 'model', 'mirror'];

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    only: { type: 'string' },
    operation: { type: 'string' },
    vcs: { type: 'string' },
    kind: { type: 'string' },
    jobs: { type: 'string' },
    keep: { type: 'string' },
    repeat: { type: 'string' },
  },
});
const suites =
  values.repeat === undefined ? SUITES.filter((name) => values.only === undefined || values.only === name) : ['sweep'];
if (suites.length === 0 || Number.isNaN(Number(values.minutes)) || Number.isNaN(Number(values.seed))) {
  note(`torture: --minutes and --seed take a number, --only one of ${SUITES.join(', ')}`);
  process.exit(2);
}
ensureDependencies();
if (!build()) process.exit(1);
process.exitCode = await run();

async function run() {
  const folder = mkdtempSync(join(memory() ?? tmpdir(), 'autosync-torture-'));
  const report = join(folder, 'report.md');
  writeFileSync(report, '');
  const env = {
    ...process.env,
    TMPDIR: folder,
    NODE_ENV: 'test',
    AUTOSYNC_TEST_TORTURE: values.minutes,
    AUTOSYNC_TEST_SEED: values.seed,
    ...(values.operation === undefined ? {} : { AUTOSYNC_TEST_OPERATION: values.operation }),
    ...(values.vcs === undefined ? {} : { AUTOSYNC_TEST_VCS: values.vcs }),
    ...(values.keep === undefined ? {} : { AUTOSYNC_TEST_KEEP: values.keep }),
    ...(values.kind === undefined ? {} : { AUTOSYNC_TEST_KIND: values.kind }),
    AUTOSYNC_TEST_REPEAT: values.repeat ?? '',
    AUTOSYNC_TEST_REPORT: report,
    AUTOSYNC_TEST_JOBS: values.jobs ?? String(Math.max(1, Math.floor(availableParallelism() / suites.length))),
  };
  note(`seed ${values.seed}, ${values.minutes} minutes, ${suites.join(' and ')}`);
  try {
    const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
    const places = suites.map((name) => `test/${name}/`);
    const code = await runNode([vitest, 'run', '--project', 'torture', ...places], { env });
    process.stdout.write(readFileSync(report, 'utf8'));
    return code;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Returns a folder in memory, where there is one: a torture writes a great deal, and means none of it to last. */
function memory() {
  return process.env['TMPDIR'] === undefined && existsSync('/dev/shm') ? '/dev/shm' : undefined;
}
