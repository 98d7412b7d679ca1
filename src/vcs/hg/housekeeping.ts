import { joinPath, readTextIfPresent, remove } from '../../system/files.js';
import { removeShare, shareUsedAt } from './merge-share.js';
import type { Repository } from './repository.js';
import { changesetsOf } from './revisions.js';

/** The private share costs as much room as the working tree: after thirty days without a merge it goes. */
const SHARE_AGE_MS = 30 * 24 * 3_600_000;

/** Removes the private share where nothing has been merged for long. */
export function housekeeping(repository: Repository): void {
  const usedAt = shareUsedAt(repository);
  if (usedAt !== undefined && repository.now() - usedAt > SHARE_AGE_MS) removeShare(repository);
}

/** Takes back what autosync keeps in the repository; a bookmark of ours that alone names some work stays. */
export async function forget(repository: Repository): Promise<void> {
  removeShare(repository);
  for (const name of ['head', 'hub.json', 'subrepositories.json']) remove(joinPath(repository.privateFolder, name));
  if (!sharesBookmarks(repository)) await removeBookmarks(repository);
  repository.hg.end();
}

/** What a share (`hg share -B`) has in common with the repository that it is one of is left to that. */
const sharesBookmarks = ({ hgFolder }: Pick<Repository, 'hgFolder'>): boolean =>
  (readTextIfPresent(joinPath(hgFolder, 'shared')) ?? '').split('\n').includes('bookmarks');

async function removeBookmarks(repository: Repository): Promise<void> {
  const text = await repository.hg.text(['bookmarks', '-T', '{bookmark}\\0{node}\\0']).catch(() => '');
  const values = text.split('\0');
  for (let at = 0; at + 1 < values.length; at += 2) {
    const [name = '', id = ''] = values.slice(at, at + 2);
    if (!name.startsWith('autosync/') || (await changesetsOf(repository, `${id} and ::.`)).length === 0) continue;
    await repository.hg.run(['bookmark', '-q', '--delete', '--', name]);
  }
}
