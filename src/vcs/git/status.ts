import { dirname, resolve } from 'node:path';
import { asRelative, type RelativePath } from '../../model/paths.js';
import type { ExecResult } from '../../system/exec.js';
import { joinPath, lstatIfAllowed } from '../../system/files.js';
import { splitPaths } from '../../system/path-bytes.js';
import { closedFolder } from '../closed-folder.js';
import { buriedSubmodules } from './buried-submodules.js';
import { gitFailure } from './command.js';
import type { Repository } from './repository.js';
import { parseStatus, type Status, statusArguments } from './status-parser.js';

/** Looks where something differs from the last commit; whole untracked folders are one entry, unless all are asked for. */
export async function readStatus(
  repository: Pick<Repository, 'git' | 'top'>,
  untracked: 'normal' | 'all' = 'normal',
  indexFile?: string,
): Promise<Status> {
  const args = statusArguments(untracked);
  const options = indexFile === undefined ? {} : { env: { GIT_INDEX_FILE: indexFile } };
  const look = async (): Promise<ExecResult> => {
    const result = await repository.git.run(args, options);
    if (result.exitCode !== 0) throw gitFailure(args, result);
    return result;
  };
  let result = await look();
  // An error that passes is not worth leaving anything out for.
  if (isIncomplete(result.stderr)) result = await look();
  const status = parseStatus(result.stdout, result.stderr);
  const hidden = [...status.closed, ...(await unseenPaths(repository, result.stderr, options))];
  const closed = [...new Set(hidden.map((path) => closedFolder(repository.top, path)))];
  return await withBuried(repository, { ...status, closed, unreadRules: unreadRules(repository, result.stderr) });
}

/** What git says of a tracked path at which it could not look: `<path>: <why>`. It then goes on, as if nothing had changed. */
const UNSEEN = /^(?!(?:warning|hint|error|fatal): )(.+): [A-Z][^:]*$/gm;

/** What git says of a file with rules (`.gitignore`, `.gitattributes`) that it could not read, and goes on without. */
const UNREAD = /^warning: unable to access '(.*)': /gm;

/** Tells whether the words of a git say that it could not read something, and went on as if it were not there. */
export const isIncomplete = (words: string): boolean => words.search(UNSEEN) >= 0 || words.search(UNREAD) >= 0;

/** Returns the files with rules that a git could not read; those of a folder that nobody may look into rule nothing. */
export function unreadRules({ top }: Pick<Repository, 'top'>, words: string): readonly string[] {
  return [...words.matchAll(UNREAD)].flatMap(([, path = '']) => {
    const file = resolve(top, path);
    const mayEnter = typeof lstatIfAllowed(`${dirname(file)}/.`) === 'object';
    return mayEnter && lstatIfAllowed(file) !== undefined ? [path] : [];
  });
}

/** Returns the tracked paths at which git could not look. Its words quote no path, so that each is looked at again. */
async function unseenPaths(
  { git, top }: Pick<Repository, 'git' | 'top'>,
  words: string,
  options: { readonly env?: Record<string, string> },
): Promise<readonly RelativePath[]> {
  const named = new Set([...words.matchAll(UNSEEN)].map(([, path]) => path ?? ''));
  if (named.size === 0) return [];
  const tracked = splitPaths(await git.output(['ls-files', '-z'], options)).map(asRelative);
  return tracked.filter((path) => named.has(path) || typeof lstatIfAllowed(joinPath(top, path)) === 'string');
}

/** Adds to what `git status` told the submodules of which it says nothing. */
export async function withBuried(repository: Pick<Repository, 'git' | 'top'>, status: Status): Promise<Status> {
  const buried = await buriedSubmodules(repository);
  if (buried.length === 0) return status;
  const known = new Set(status.tracked.map(({ path }) => path));
  return { ...status, tracked: [...status.tracked, ...buried.filter(({ path }) => !known.has(path))] };
}
