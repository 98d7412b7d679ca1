// Writes docs/settings.md from the settings' own definitions; `npm test` fails when the page is out of date.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from './steps/build.js';
import { root } from './steps/run.js';

if (!build()) process.exit(1);
const { settingsPage } = await import('../dist/commands/settings-page.js');
writeFileSync(join(root, 'docs', 'settings.md'), settingsPage());
