// Writes docs/hooks.md from what the test with the real hook managers sees happen; `npm test` fails when the page is out
// of date. It takes every tool, and a git of at least 2.54: on PATH, or named by AUTOSYNC_TEST_NEW_GIT.
import { join } from 'node:path';
import { root, runNode } from './steps/run.js';

const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
const env = { ...process.env, NODE_ENV: 'test', AUTOSYNC_TEST_WRITE_DOCS: 'yes' };
process.exitCode = await runNode([vitest, 'run', 'test/e2e/hook-managers.test.ts'], { env });
