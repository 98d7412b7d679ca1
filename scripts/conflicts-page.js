// Writes docs/conflicts.md from what the contract suite sees happen; `npm test` fails when the page is out of date.
import { join } from 'node:path';
import { root, runNode } from './steps/run.js';

const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
const env = { ...process.env, NODE_ENV: 'test', AUTOSYNC_TEST_WRITE_DOCS: 'yes' };
process.exitCode = await runNode([vitest, 'run', 'test/contract/vcs-conflicts.test.ts'], { env });
