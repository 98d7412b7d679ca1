import { dirname, resolve } from 'node:path';
import { type AbsolutePath, asAbsolute } from '../../model/paths.js';
import type { HookSite } from '../../model/repo.js';
import { isFolder, joinPath, readTextIfPresent, realPath } from '../../system/files.js';
import { isForeignName } from '../../system/path-bytes.js';
import type { OpenOptions } from '../vcs.js';
import { hgIn, PLAIN_SUBREPOSITORIES } from './command.js';
import type { Repository } from './repository.js';
import { keepsSubrepositories, unsupportedKind } from './unsupported.js';

/** What stands at a path, as hg sees it. */
export type HgOpened =
  | { readonly kind: 'opened'; readonly repository: Repository }
  | { readonly kind: 'not-a-repository' }
  | { readonly kind: 'refused'; readonly why: string; readonly hint: string };

/**
 * Opens the working tree that a path is the top of, or lies in; looks at files only, so that nothing is started yet.
 * `hub` are settings of hg that name a hub for one that names none itself.
 */
export function openRepository(path: AbsolutePath, options: OpenOptions, hub: readonly string[] = []): HgOpened {
  if (isForeignName(path)) {
    const hint = 'rename the folder; names inside it may be anything';
    return { kind: 'refused', why: 'the path of the repository is not UTF-8 text', hint };
  }
  const found = isFolder(path) ? findTop(realPath(path)) : undefined;
  if (found === undefined) return { kind: 'not-a-repository' };
  const hgFolder = joinPath(found, '.hg');
  const sharedFolder = sharedFrom(hgFolder);
  if (!isFolder(joinPath(sharedFolder, 'store'))) {
    const hint = 'hg status shows what is wrong';
    return { kind: 'refused', why: `the history in '${sharedFolder}' is missing, or of a kind long gone`, hint };
  }
  const unsupported = unsupportedKind({ hgFolder, sharedFolder });
  if (unsupported !== undefined) return { kind: 'refused', ...unsupported };
  const { settings, messages, now, sleep, progress } = options;
  const hg = hgIn(found, [
    ...(settings.trackedHooks ? ['autosync.tracked-hooks=true'] : []),
    ...(keepsSubrepositories(settings) ? [PLAIN_SUBREPOSITORIES] : []),
    ...hub,
  ]);
  const places = { hg, top: found, hgFolder, sharedFolder, privateFolder: joinPath(hgFolder, 'autosync') };
  return { kind: 'opened', repository: { ...places, settings, messages, now, sleep, progress } };
}

function findTop(path: AbsolutePath): AbsolutePath | undefined {
  if (isFolder(joinPath(path, '.hg'))) return path;
  const parent = asAbsolute(dirname(path));
  return parent === path ? undefined : findTop(parent);
}

/** Reads where a share keeps its history: `.hg/sharedpath` names another `.hg`, from `.hg` where it is relative. */
export function sharedFrom(hgFolder: AbsolutePath): AbsolutePath {
  const text = readTextIfPresent(joinPath(hgFolder, 'sharedpath'));
  return text === undefined ? hgFolder : asAbsolute(resolve(hgFolder, text.replace(/\n$/, '')));
}

/** Says where the configuration with the hooks is; it is never part of what a push can bring. */
export const hookSite = ({ hgFolder }: Pick<Repository, 'hgFolder'>): HookSite => ({
  vcs: 'hg',
  folder: hgFolder,
  owner: 'own',
});
