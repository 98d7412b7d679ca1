import { dirname } from 'node:path';
import { type AbsolutePath, asAbsolute } from '../../model/paths.js';
import type { HookSite } from '../../model/repo.js';
import { variable } from '../../system/environment.js';
import { exists, joinPath, realPath } from '../../system/files.js';
import type { Git } from './command.js';
import type { HookFacts, Repository } from './repository.js';

type Places = Pick<Repository, 'git' | 'top' | 'gitDir' | 'commonDir' | 'hooksFolder'>;

/** Asks git what a look at the files cannot tell of the hooks. */
export async function readHookFacts(places: Places): Promise<HookFacts> {
  const asksOfFolder = ownerOf(places, false) === 'tracked';
  const [runsConfigHooks, ignoresFolder] = await Promise.all([
    readsConfigHooks(places.git),
    asksOfFolder && ignoresAll(places.git, places.hooksFolder),
  ]);
  return { runsConfigHooks, ignoresFolder };
}

/** Names of all kinds that we write into a hooks folder. */
const WRITTEN = ['post-commit', 'post-merge', 'post-rewrite', 'post-merge.autosync-new', 'autosync-kept/post-merge'];

/** A file that is tracked is not ignored, whatever the patterns say; nor is one beyond a link. */
async function ignoresAll(git: Git, folder: AbsolutePath): Promise<boolean> {
  const input = WRITTEN.map((name) => `${folder}/${name}\0`).join('');
  // This command alone knows no literal paths; it knows no patterns either.
  const env = { GIT_LITERAL_PATHSPECS: '0' };
  const { stdout } = await git.run(['check-ignore', '-z', '--stdin'], { input, env });
  return stdout.toString('latin1').split('\0').length > WRITTEN.length;
}

const answers = new Map<string | undefined, Promise<boolean>>();

/** Asks once for all repositories: it is the same git as long as PATH is the same. */
function readsConfigHooks(git: Git): Promise<boolean> {
  const path = variable('PATH');
  const answer = answers.get(path) ?? isNewEnough(git);
  answers.set(path, answer);
  return answer;
}

/** `git version 2.54.0`, or with more behind the second number. */
async function isNewEnough(git: Git): Promise<boolean> {
  const [, major = 0, minor = 0] = (/^git version (\d+)\.(\d+)/.exec(await git.text(['--version'])) ?? []).map(Number);
  return major > 2 || (major === 2 && minor >= 54);
}

/** Says where the hooks are and whose that place is. */
export function hookSite(repository: Repository): HookSite {
  const owner = ownerOf(repository, repository.hooks.ignoresFolder);
  return { vcs: 'git', folder: repository.hooksFolder, owner, ...besides(repository) };
}

/** Names the hooks folder of the repository itself, which git uses unless `core.hooksPath` is set. */
export const defaultHookSite = (repository: Repository): HookSite => ({
  vcs: 'git',
  folder: joinPath(repository.commonDir, 'hooks'),
  owner: 'own',
  ...besides(repository),
});

function besides(repository: Repository): Pick<HookSite, 'config' | 'former'> {
  const { top, commonDir, hooksFolder, hooks } = repository;
  const husky = joinPath(top, '.husky', '_');
  const isFormer = husky !== hooksFolder && ownerOf({ ...repository, hooksFolder: husky }, true) === 'own';
  return {
    config: { file: joinPath(commonDir, 'config'), runsHooks: hooks.runsConfigHooks },
    former: isFormer ? [husky] : [],
  };
}

function ownerOf({ top, gitDir, commonDir, hooksFolder }: Places, isIgnored: boolean): HookSite['owner'] {
  const place = realIfPresent(hooksFolder);
  const inside = (outer: AbsolutePath): boolean => place === outer || place.startsWith(`${outer}/`);
  if (inside(realPath(commonDir)) || inside(realPath(gitDir))) return 'own';
  if (!inside(realPath(top))) return 'shared';
  return isIgnored ? 'own' : 'tracked';
}

/** Resolves the links in a path whose end need not exist yet. */
function realIfPresent(path: AbsolutePath): AbsolutePath {
  if (exists(path)) return realPath(path);
  const parent = asAbsolute(dirname(path));
  return parent === path ? path : joinPath(realIfPresent(parent), path.slice(parent.length + 1));
}
