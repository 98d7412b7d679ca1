import type { Argv } from 'yargs';
import { AutosyncError } from '../model/errors.js';
import { EXIT, type ExitCode } from '../model/exit-codes.js';
import { type AbsolutePath, asAbsolute } from '../model/paths.js';
import { readWorkDir, splitWorkDir } from '../store/gitsync-file.js';
import { homeFolder } from '../system/environment.js';
import { exists, joinPath, readTextIfPresent, realPath } from '../system/files.js';
import { printable } from '../system/printable.js';
import { foreign, sayJson, warn } from '../system/terminal.js';
import type { WorkingTree } from '../vcs/vcs.js';
import { type Arguments, type Command, textOf, withJson } from './command.js';
import { installTrees } from './install.js';
import { type InstallWish, installOptions, readInstallWish } from './install-settings.js';
import { inspectCandidate } from './installation.js';
import { shownPath } from './render.js';
import { absolute } from './targets.js';
import { type Wiring, wire } from './wiring.js';

/** A path that GitSync knows and that is not installed, and what to do about it. */
type LeftOut = { readonly path: AbsolutePath; readonly why: string; readonly hints: readonly string[] };

/** `autosync import gitsync [file]`: reads GitSync's file, and never writes it. */
export const command: Command = {
  options: (yargs: Argv) =>
    withJson(installOptions(yargs))
      .positional('file', {
        type: 'string',
        describe: "GitSync's configuration (default: ~/.config/gitsync, or else /etc/gitsync.cfg)",
      })
      .example('$0 import gitsync --dry-run', 'show what would be written for every repository that GitSync knows')
      .example('$0 import gitsync --every 15m', 'install them, each to be run every quarter of an hour'),
  run: async (args: Arguments): Promise<ExitCode> => {
    const wish = readInstallWish(args);
    const wiring = wire();
    const { file, paths } = readList(textOf(args, 'file'));
    const { trees, leftOut } = await inspectAll(wiring, paths, wish);
    for (const { why, hints } of leftOut) {
      warn(`autosync: ${foreign(why)}`);
      for (const hint of hints) warn(`  ${foreign(hint)}`);
    }
    const also = { gitsync: file, leftOut };
    const code = trees.length > 0 ? await installTrees(wiring, trees, wish, also) : nothingFound(wish, also);
    warn(`${shownPath(file)} is as it was; stop GitSync itself, or both will commit and push:`);
    warn('  systemctl --user disable --now gitsync; and take it out of your crontab (crontab -e)');
    return trees.length > 0 && leftOut.length > 0 ? EXIT.someFailed : code;
  },
};

function nothingFound({ json }: InstallWish, also: Readonly<Record<string, unknown>>): ExitCode {
  if (json) sayJson({ schema: 1, repos: [], ...also });
  else warn('autosync: nothing was installed');
  return EXIT.failed;
}

function readList(typed: string | undefined): {
  readonly file: AbsolutePath;
  readonly paths: readonly AbsolutePath[];
} {
  const usual = [joinPath(homeFolder(), '.config', 'gitsync'), asAbsolute('/etc/gitsync.cfg')];
  const file = typed === undefined ? usual.find(exists) : absolute(typed);
  const text = file === undefined ? undefined : readTextIfPresent(file);
  if (file === undefined || text === undefined) {
    const where = file === undefined ? usual.map((path) => `'${path}'`).join(' or ') : `'${printable(file)}'`;
    throw new AutosyncError('usage', `there is no configuration of GitSync at ${where}`, [
      'autosync import gitsync <file>',
    ]);
  }
  const list = readWorkDir(text) ?? '';
  const words = splitWorkDir(list, (word) => exists(pathOf(word)));
  if (words.length > 0) return { file, paths: words.map(pathOf) };
  throw new AutosyncError('usage', `'${printable(file)}' names no repository: it has no 'work_dir' in '[gitsync]'`, [
    'autosync install <repo…>',
  ]);
}

const pathOf = (word: string): AbsolutePath =>
  word === '~' || word.startsWith('~/') ? joinPath(homeFolder(), word.slice(1)) : absolute(word);

type Inspected = { readonly trees: readonly WorkingTree[]; readonly leftOut: readonly LeftOut[] };

/** Looks at each path; one that cannot be installed is named, and the others go on. */
async function inspectAll(wiring: Wiring, paths: readonly AbsolutePath[], wish: InstallWish): Promise<Inspected> {
  const trees = new Map<AbsolutePath, WorkingTree>();
  const leftOut: LeftOut[] = [];
  for (const path of paths) {
    try {
      const tree = await inspectCandidate(wiring, path, wish);
      if (tree.top !== realPath(path)) throw notItself(path, tree.top);
      trees.set(tree.top, tree);
    } catch (error) {
      if (!(error instanceof AutosyncError)) throw error;
      leftOut.push({ path, why: error.message, hints: error.hints });
    }
  }
  return { trees: [...trees.values()], leftOut };
}

const notItself = (path: AbsolutePath, top: AbsolutePath): AutosyncError =>
  new AutosyncError('usage', `'${printable(path)}' is not a repository itself, only a folder in one`, [
    `autosync install '${printable(top)}'`,
  ]);
