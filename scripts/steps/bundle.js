// Joins what the compiler made into a few files: `node scripts/steps/bundle.js <compiled> <dist>`. A run of the scheduler
// starts every few minutes, and to find and read six hundred small modules took it longer than all its work.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

const [from = '', to = ''] = process.argv.slice(2);

/** What is started, or loaded, by its name; everything else may stand in any file. */
const ENTRIES = ['cli.js', 'notify/desktop-child.js', 'commands/settings-page.js'];

/** Packages that look for files of their own beside themselves, which are not in a bundle. */
const EXTERNAL = ['node-notifier', 'chokidar'];

/** Packages written for `require` find it in a module, too. */
const REQUIRE = `import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);`;

await build({
  entryPoints: ENTRIES.map((name) => join(from, name)).filter(existsSync),
  outbase: from,
  outdir: to,
  bundle: true,
  // A command that is not asked for is not read.
  splitting: true,
  chunkNames: 'chunks/[name]-[hash]',
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  external: EXTERNAL,
  banner: { js: REQUIRE },
  logLevel: 'warning',
});
