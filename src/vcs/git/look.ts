import { dirname, resolve } from 'node:path';
import { type AbsolutePath, asAbsolute } from '../../model/paths.js';
import type { Settings } from '../../model/repo.js';
import { isFolder, joinPath, readTextIfPresent, realPath } from '../../system/files.js';
import type { Look } from '../vcs.js';
import { gitAtTop } from './command.js';
import { asRefPart } from './refs.js';
import { isIncomplete, withBuried } from './status.js';
import { parseStatus, type Status, statusArguments } from './status-parser.js';
import { uncommittedIn } from './uncommitted.js';

/**
 * Looks at a working tree with one git (one more where other files stand in a submodule's place), and reads what else there
 * is to know from files. Returns undefined where that does not tell all: no branch, a hub that only git's configuration
 * names, backups, something that git could not read.
 */
export async function look(top: AbsolutePath, settings: Settings): Promise<Look | undefined> {
  const commonDir = commonFolder(top);
  const above = dirname(realPath(top));
  // A list of folders, which a name with a colon in it would split.
  if (settings.mode === 'backup' || commonDir === undefined || above.includes(':')) return undefined;
  // Where the repository is damaged git would look for another one around it.
  const env = { GIT_CEILING_DIRECTORIES: above };
  const git = gitAtTop(top);
  const { exitCode, stdout, stderr } = await git.run(statusArguments('all'), { env });
  if (exitCode !== 0 || isIncomplete(stderr)) return undefined;
  const status = await withBuried({ git, top }, parseStatus(stdout, stderr));
  const { branch, head } = status;
  if (branch === undefined || head === undefined) return undefined;
  const unpushed = unpushedIn({ ...status, branch, head }, commonDir, settings.remote);
  return unpushed && { branch, unpushed: unpushed.commits, uncommitted: uncommittedIn(status, settings).length };
}

/** Finds where a working tree has its refs: `.git`, or for a linked one what `gitdir: <path>` and `commondir` lead to. */
function commonFolder(top: AbsolutePath): AbsolutePath | undefined {
  const own = joinPath(top, '.git');
  if (isFolder(own)) return own;
  const [, linked] = /^gitdir: (.+)$/m.exec(readTextIfPresent(own) ?? '') ?? [];
  if (linked === undefined) return undefined;
  const gitDir = resolve(top, linked);
  const common = readTextIfPresent(`${gitDir}/commondir`)?.trimEnd() ?? '.';
  return asAbsolute(resolve(gitDir, common));
}

type Standing = Status & { readonly branch: string; readonly head: string };

/**
 * Counts what the hub's branch did not have when last seen. The upstream counts only if it is the hub's branch of the same
 * name; without one, whether a run has used the remote that `upstream.ts` would choose.
 */
function unpushedIn(
  { branch, head, upstream }: Standing,
  commonDir: AbsolutePath,
  wanted: string,
): { readonly commits: number } | undefined {
  if (upstream !== undefined) {
    const remote = upstream.name.slice(0, -branch.length - 1);
    const isHub = upstream.name === `${remote}/${branch}` && !remote.includes('/') && remote !== '';
    // A branch of this repository may be called `origin/main`, too.
    const isKnown = isHub && readRefFile(commonDir, `refs/remotes/${remote}/${branch}`) !== undefined;
    return isKnown && (wanted === '' || wanted === remote) ? { commits: upstream.ahead } : undefined;
  }
  const remote = wanted === '' ? 'origin' : wanted;
  const hub = readRefFile(commonDir, `refs/remotes/${remote}/${branch}`);
  const seen = readRefFile(commonDir, `refs/autosync/seen/${asRefPart(remote, branch)}`);
  return hub === head && seen === hub ? { commits: 0 } : undefined;
}

/** Reads where a ref stands: a file of its own, or a line `<id> SP <name>` of `packed-refs`. */
function readRefFile(commonDir: AbsolutePath, ref: string): string | undefined {
  const own = readTextIfPresent(joinPath(commonDir, ref))?.trim();
  if (own !== undefined) return /^[0-9a-f]{40,64}$/.test(own) ? own : undefined;
  const packed = readTextIfPresent(joinPath(commonDir, 'packed-refs')) ?? '';
  return packed
    .split('\n')
    .find((line) => line.endsWith(` ${ref}`))
    ?.split(' ')[0];
}
