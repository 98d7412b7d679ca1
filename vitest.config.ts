import { availableParallelism } from 'node:os';
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';
import { catalogueReporter } from './test/support/catalogue-reporter.js';
import { LongestFirst } from './test/support/longest-first.js';

/**
 * A kind of test: `npx vitest --project unit` is the inner loop. The limit ends what hangs, and says nothing of speed: it is
 * many times what a test takes on a machine that has nothing else to do.
 */
const project = (name: string, limitMs: number): TestProjectInlineConfiguration => ({
  extends: true,
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    testTimeout: limitMs,
    hookTimeout: limitMs,
  },
});

/** The long form of some tests, which runs for as long as it is told: `npm run torture`. */
const torture: readonly TestProjectInlineConfiguration[] =
  process.env['AUTOSYNC_TEST_TORTURE'] === undefined
    ? []
    : [{ extends: true, test: { name: 'torture', include: ['test/**/*.torture.ts'], testTimeout: 0, hookTimeout: 0 } }];

/** Where the table of the faults that were tried is written, by a run of everything. */
const catalogue = process.env['AUTOSYNC_TEST_CATALOGUE'];

export default defineConfig({
  test: {
    reporters: catalogue === undefined ? ['default'] : ['default', catalogueReporter(catalogue)],
    projects: [
      project('unit', 60_000),
      project('contract', 300_000),
      project('e2e', 600_000),
      project('model', 900_000),
      project('sweep', 900_000),
      ...torture,
    ],
    // A process for each test file: the environment, the working folder and the umask are a process's own.
    pool: 'forks',
    // The tests wait as much as they compute, for schedulers and servers: one worker more than cores keeps all of these busy.
    maxWorkers: Math.max(2, availableParallelism() + 1),
    setupFiles: ['test/support/hermetic.ts'],
    sequence: { sequencer: LongestFirst },
    globalSetup: ['test/support/global-workshop.ts'],
    // A test without an assertion cannot fail.
    expect: { requireAssertions: true },
    allowOnly: false,
  },
});
