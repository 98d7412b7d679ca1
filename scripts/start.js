// `npm start` on a machine that has Node, npm and git, and nothing else: with arguments it is `autosync`, without
// arguments, or with `--vcs hg` alone, a demonstration. Only the program itself writes to standard output.
import './steps/require-node.js';
import { delimiter, join } from 'node:path';
import { build } from './steps/build.js';
import { ensureDependencies } from './steps/dependencies.js';
import { root, runNode } from './steps/run.js';

ensureDependencies();
if (!build()) process.exit(1);

const args = process.argv.slice(2);
const isDemonstration = args.length === 0 || args[0] === '--vcs';
const script = isDemonstration ? join(root, 'scripts', 'demo.js') : join(root, 'bin', 'autosync.js');
const cwd = process.env.INIT_CWD ?? process.cwd();
process.exitCode = await runNode([script, ...args], { cwd, env: withoutNpm(process.env) });

/**
 * Returns the environment without what npm added to it: a program that installs itself must not take npm's folders for
 * the person's own.
 *
 * @param {NodeJS.ProcessEnv} env
 */
function withoutNpm(env) {
  const own = Object.entries(env).filter(([name]) => !/^(npm_.*|INIT_CWD|NODE|COLOR)$/.test(name));
  return Object.fromEntries(
    own.map(([name, value]) => [name, /^path$/i.test(name) ? withoutNpmFolders(value ?? '') : value]),
  );
}

/** @param {string} path */
function withoutNpmFolders(path) {
  const added = /[/\\](node_modules[/\\]\.bin|node-gyp-bin)$/;
  const folders = path.split(delimiter).filter((folder) => !added.test(folder));
  return folders.join(delimiter);
}
