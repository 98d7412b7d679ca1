// Writes man/autosync.1 from the commands' own help; `npm test` fails when the page is out of date.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from './steps/build.js';
import { root } from './steps/run.js';

if (!build()) process.exit(1);
const { manual } = await import('../dist/cli.js');
mkdirSync(join(root, 'man'), { recursive: true });
writeFileSync(join(root, 'man', 'autosync.1'), await manual());
