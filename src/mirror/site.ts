import type { Mirror } from '../model/mirror.js';
import { type AbsolutePath, asAbsolute } from '../model/paths.js';
import { isFolder, joinPath, makeFolder, move, removeTree } from '../system/files.js';
import { type Git, gitIn } from '../vcs/git/command.js';
import { type Hg, hgIn } from '../vcs/hg/command.js';

/** Where one mirror works: all of it is autosync's own, and can be made again from the source. */
export type Site = {
  readonly mirror: Mirror;
  readonly folder: AbsolutePath;
  /** A clone without a working tree; with hg-git, the source itself. */
  readonly clone: AbsolutePath;
  /** The bare repository with the commits; with hg-git, the one that hg-git keeps. */
  readonly gitDir: AbsolutePath;
  readonly mapFile: AbsolutePath;
  /** What the mirror has put at the destination. */
  readonly placedFile: AbsolutePath;
  readonly lockFile: AbsolutePath;
  /** Runs git on the bare repository. */
  readonly git: Git;
  readonly networkTimeoutSeconds: number;
  readonly progress: ((text: string) => void) | undefined;
};

/** What a site is made of. */
export type SiteRequest = Pick<Site, 'mirror' | 'folder' | 'networkTimeoutSeconds' | 'progress'>;

/** Returns the site of a mirror; makes its folder, and nothing in it. */
export function siteOf(request: SiteRequest): Site {
  const { mirror, folder } = request;
  makeFolder(folder);
  const inner = (...parts: readonly string[]): AbsolutePath => joinPath(folder, ...parts);
  const byHgGit = mirror.backend === 'hggit';
  const clone = byHgGit ? asAbsolute(mirror.source) : inner('hg');
  const gitDir = byHgGit ? joinPath(clone, '.hg', 'git') : inner('git');
  return {
    ...request,
    clone,
    gitDir,
    mapFile: byHgGit ? joinPath(clone, '.hg', 'git-mapfile') : inner('map'),
    placedFile: inner('placed.json'),
    lockFile: inner('lock'),
    git: onGitDir(gitIn(folder), gitDir),
  };
}

/** A bare repository is not looked for: it is named. */
function onGitDir(git: Git, gitDir: AbsolutePath): Git {
  const named = (args: readonly string[]): readonly string[] => [`--git-dir=${gitDir}`, ...args];
  return {
    run: (args, options) => git.run(named(args), options),
    output: (args, options) => git.output(named(args), options),
    text: (args, options) => git.text(named(args), options),
    wasKilled: git.wasKilled,
  };
}

/** Returns a command server for a site's clone. */
export const hgOf = ({ clone, mirror }: Site): Hg =>
  hgIn(clone, [
    // No word of ours may stand between the bytes of files.
    'ui.quiet=true',
    // What a person has set for his own clones has no place in this one.
    'phases.publish=true',
    ...(mirror.backend === 'hggit' ? ['extensions.hggit='] : []),
  ]);

/** Makes a repository that is there whole or not at all. */
export async function makeWhole(folder: AbsolutePath, make: (beside: AbsolutePath) => Promise<void>): Promise<void> {
  if (isFolder(folder)) return;
  const beside = joinPath(folder, `../${folder.slice(folder.lastIndexOf('/') + 1)}.new`);
  removeTree(beside);
  await make(beside);
  move(beside, folder);
}
