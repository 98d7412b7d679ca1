// `npm run month`: every day of a month of one person with two machines, on a clock that is faked. The tests play some of
// its days. `--page FILE` keeps the report that is made at its end.
import './steps/require-node.js';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from './steps/build.js';
import { ensureDependencies } from './steps/dependencies.js';
import { root, runNode } from './steps/run.js';

const { values } = parseArgs({ options: { page: { type: 'string' } } });
ensureDependencies();
if (!build()) process.exit(1);
const page = values.page === undefined ? {} : { AUTOSYNC_TEST_MONTH_PAGE: resolve(values.page) };
const env = { ...process.env, NODE_ENV: 'test', AUTOSYNC_TEST_MONTH: 'whole', ...page };
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
process.exitCode = await runNode([vitest, 'run', 'test/e2e/month.test.ts'], { env });
