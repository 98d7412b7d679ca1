import { availableParallelism } from 'node:os';
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';
import { catalogueReporter } from './test/support/catalogue-reporter.js';

/** A kind of test: `npx vitest --project unit` is the inner loop. */
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
      project('unit', 10_000),
      project('contract', 120_000),
      project('e2e', 300_000),
      project('model', 300_000),
      project('sweep', 600_000),
      ...torture,
    ],
    // A process for each test file: the environment, the working folder and the umask are a process's own.
    pool: 'forks',
    // The tests wait as much as they compute, for schedulers and servers: one worker more than cores keeps all of these busy.
    maxWorkers: Math.max(2, availableParallelism() + 1),
    setupFiles: ['test/support/hermetic.ts'],
    globalSetup: ['test/support/global-workshop.ts'],
    // A test without an assertion cannot fail.
    expect: { requireAssertions: true },
    allowOnly: false,
  },
});
