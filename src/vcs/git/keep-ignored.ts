import { joinPath, lstatIfPresent, readIfPresent, writeAtomically } from '../../system/files.js';
import { encodePath, joinPaths, splitPaths } from '../../system/path-bytes.js';
import { includedPaths } from '../only-included.js';
import type { Displaced } from '../placement/place.js';
import { gitFailure } from './command.js';
import type { IndexFlags } from './index-flags.js';
import type { Repository } from './repository.js';

/**
 * Keeps out of snapshots what the person had kept out of git. A rule for `.env` does not match the name of its copy,
 * which the next run would then publish: whoever can push a `.env` would be sent everybody's own. The copies are named
 * in `info/exclude`, which is this repository's alone; the lines stay when autosync goes, since what they hide does.
 */
export async function keepIgnored(
  repository: Repository,
  displaced: readonly Displaced[],
  { skipWorktree, assumeUnchanged }: IndexFlags,
): Promise<void> {
  if (displaced.length === 0) return;
  const ignored = await ignoredOf(
    repository,
    displaced.flatMap(({ path, copy }) => [path, copy]),
  );
  const included = new Set<string>(
    includedPaths(
      repository.settings,
      displaced.map(({ path }) => path),
    ),
  );
  const isHidden = (path: string): boolean =>
    ignored.has(path) || skipWorktree.has(path) || assumeUnchanged.has(path) || !included.has(path);
  const bare = [
    ...displaced.filter(({ path, copy }) => isHidden(path) && !ignored.has(copy)).map(({ copy }) => copy),
    ...(await hiddenBelow(
      repository,
      displaced.filter(({ path }) => !isHidden(path)),
    )),
  ];
  // A rule is a line, so a name with a newline cannot have one.
  const rules = bare.filter((copy) => !copy.includes('\n')).map((copy) => encodePath(`/${asRule(copy)}\n`));
  if (rules.length === 0) return;
  const file = joinPath(repository.commonDir, 'info', 'exclude');
  const present = readIfPresent(file) ?? Buffer.alloc(0);
  const end = present.length === 0 || present.at(-1) === 0x0a ? '' : '\n';
  writeAtomically(file, Buffer.concat([present, Buffer.from(end), ...rules]), 0o644);
}

/** Names what is kept out of git in folders that are not, as it will be called in their copies, where no rule hides it. */
async function hiddenBelow(repository: Repository, displaced: readonly Displaced[]): Promise<readonly string[]> {
  const folders = displaced.filter(
    ({ path }) => lstatIfPresent(joinPath(repository.top, path))?.isDirectory() === true,
  );
  if (folders.length === 0) return [];
  const list = async (...which: readonly string[]): Promise<readonly string[]> => {
    const args = [
      'ls-files',
      '--others',
      '--exclude-standard',
      '-z',
      ...which,
      '--',
      ...folders.map(({ path }) => path),
    ];
    return splitPaths(await repository.git.output(args));
  };
  const seen = await list();
  const included = new Set<string>(includedPaths(repository.settings, seen));
  const hidden = [...(await list('--ignored', '--directory')), ...seen.filter((path) => !included.has(path))];
  const names = folders.flatMap(({ path, copy }) =>
    hidden.filter((name) => name.startsWith(`${path}/`)).map((name) => `${copy}${name.slice(path.length)}`),
  );
  const ignored = await ignoredOf(repository, names);
  return names.filter((name) => !ignored.has(name));
}

/** Returns which of some paths git ignores (`git check-ignore`: exit code 1 says that none is, 128 that it failed). */
export async function ignoredOf(
  repository: Pick<Repository, 'git'>,
  paths: readonly string[],
): Promise<ReadonlySet<string>> {
  const args = ['check-ignore', '-z', '--stdin'];
  const input = joinPaths(paths.map((path) => `./${path}`));
  // This command refuses literal pathspecs; after `./` nothing in a name has a meaning either.
  const env = { GIT_LITERAL_PATHSPECS: '0' };
  const asked = await repository.git.run(args, { env, input });
  // It refuses a path in a submodule of the index; the rules alone say at most too much, which hides a copy more.
  const inSubmodule = asked.exitCode === 128 && /is in submodule/.test(asked.stderr);
  const result = inSubmodule ? await repository.git.run([...args, '--no-index'], { env, input }) : asked;
  if (result.exitCode !== 0 && result.exitCode !== 1) throw gitFailure(args, result);
  return new Set(splitPaths(result.stdout).map((path) => path.slice(2)));
}

/** Escapes what has a meaning in a rule of gitignore(5). */
const asRule = (path: string): string => path.replaceAll(/[\\*?[\]\s]/g, '\\$&');
