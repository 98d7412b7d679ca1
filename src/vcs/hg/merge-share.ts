import type { AbsolutePath } from '../../model/paths.js';
import {
  exists,
  joinPath,
  lstatIfPresent,
  makeFolder,
  move,
  readTextIfPresent,
  remove,
  removeTree,
  writeAtomically,
} from '../../system/files.js';
import { splitPaths } from '../../system/path-bytes.js';
import { type Hg, hgIn, PLAIN_SUBREPOSITORIES } from './command.js';
import type { Repository } from './repository.js';
import { rescueStripped } from './stripped.js';
import { keepsSubrepositories } from './unsupported.js';

/** A second working tree of the same history, in our own folder: merges happen there, never in the person's. */
export type MergeShare = { readonly hg: Hg; readonly top: AbsolutePath };

/** Returns where the share is, if there is one. */
export const shareFolder = ({ privateFolder }: Pick<Repository, 'privateFolder'>): AbsolutePath =>
  joinPath(privateFolder, 'merge');

/** Does something in the private share, which is made first where it is missing; a share that fails is thrown away. */
export async function inMergeShare<T>(repository: Repository, body: (share: MergeShare) => Promise<T>): Promise<T> {
  await makeShare(repository);
  const top = shareFolder(repository);
  // The person's hooks belong to his own tree; here they would see ours.
  const plain = keepsSubrepositories(repository.settings) ? [PLAIN_SUBREPOSITORIES] : [];
  const trusted = repository.settings.trackedHooks ? ['autosync.tracked-hooks=true'] : [];
  const own = ['autosync.guards=false', `autosync.made-for=${repository.top}`, 'extensions.share='];
  const hg = hgIn(top, [...own, ...trusted, ...(await mergeToolsOff(repository)), ...plain]);
  try {
    return await body({ hg, top });
  } catch (error) {
    hg.end();
    removeShare(repository);
    throw error;
  } finally {
    hg.end();
  }
}

async function makeShare(repository: Repository): Promise<void> {
  const folder = shareFolder(repository);
  const pointer = readTextIfPresent(joinPath(folder, '.hg', 'sharedpath'))?.replace(/\n$/, '');
  if (pointer === repository.sharedFolder && exists(joinPath(folder, '.hg', 'requires'))) return;
  removeShare(repository);
  makeFolder(repository.privateFolder);
  const beside = joinPath(repository.privateFolder, 'merge.new');
  removeTree(beside);
  await repository.hg.output(['share', '-q', '-U', '--config', 'extensions.share=', '--', repository.top, beside]);
  // A share of the older kind does not read the settings of the tree that it is made for.
  const own = joinPath(beside, '.hg', 'hgrc');
  writeAtomically(own, `%include ../../../hgrc\n${readTextIfPresent(own) ?? ''}`);
  move(beside, folder);
}

/** Returns settings that keep the person's merge programs out, which might wait for him; hg's own for tags stays. */
async function mergeToolsOff(repository: Repository): Promise<readonly string[]> {
  const names = await settingsIn(repository, 'merge-patterns');
  return names.filter((name) => !/=|\.\.hgtags$/.test(name)).map((name) => `${name}=internal:merge3`);
}

async function settingsIn({ hg }: Repository, section: string): Promise<readonly string[]> {
  // Exit code 1: there is none.
  const { stdout } = await hg.run(['config', '-T', '{name}\\0', section]);
  return stdout.toString('utf8').split('\0').slice(0, -1);
}

/** Makes the share hold exactly what a changeset holds. */
export async function cleanShare({ hg, top }: MergeShare, changeset: string): Promise<void> {
  await hg.output(['update', '-q', '--clean', `--rev=${changeset}`]);
  for (const path of splitPaths(await hg.output(['status', '-u', '-i', '-n', '-0']))) {
    if (lstatIfPresent(joinPath(top, path))?.isDirectory() !== true) remove(joinPath(top, path));
  }
}

/** Removes the share, but for what only a strip in it still has; the next merge makes another one. */
export function removeShare(repository: Pick<Repository, 'privateFolder'>): void {
  rescueStripped(repository, shareFolder(repository));
  removeTree(shareFolder(repository));
}

/** Returns when the share was last used, in milliseconds since 1970; undefined where there is none. */
export const shareUsedAt = (repository: Pick<Repository, 'privateFolder'>): number | undefined =>
  lstatIfPresent(joinPath(shareFolder(repository), '.hg', 'dirstate'))?.mtimeMs;
