import type { AbsolutePath } from '../../model/paths.js';
import { joinPath, readTextIfPresent, remove, writeAtomically } from '../../system/files.js';
import { cleanShare, inMergeShare } from './merge-share.js';
import type { Repository } from './repository.js';
import { changesetsOf, isKnown, readPosition } from './revisions.js';

/** What tells a changeset of ours that is to be put in place: on what it stands, and its whole message. */
export type Unplaced = { readonly parent: string; readonly message: string };

const file = ({ privateFolder }: Pick<Repository, 'privateFolder'>): AbsolutePath =>
  joinPath(privateFolder, 'unplaced.json');

/** Remembers, before it is made, a changeset that would be another head of the branch if it never got its place. */
export function announceUnplaced(repository: Repository, unplaced: Unplaced): void {
  writeAtomically(file(repository), JSON.stringify(unplaced));
}

/**
 * Takes such a changeset back where it did not get its place, because somebody saved meanwhile or we were killed. It was
 * never sent anywhere, nothing stands on it, and the share keeps it in its `.hg/strip-backup`. Says what was done.
 */
export async function forsake(repository: Repository): Promise<readonly string[]> {
  const unplaced = read(repository);
  if (unplaced === undefined) return [];
  const { head } = await readPosition(repository);
  const lost =
    head === undefined || !(await isKnown(repository, unplaced.parent)) ? [] : await heads(repository, unplaced, head);
  for (const id of lost) {
    await inMergeShare(repository, async (share) => {
      await cleanShare(share, unplaced.parent);
      await share.hg.output(['strip', '-q', '--config', 'extensions.strip=', `--rev=${id}`]);
    });
  }
  remove(file(repository));
  return lost.map((id) => `took back '${id}', which had been made and not put in place`);
}

async function heads(repository: Repository, { parent, message }: Unplaced, head: string): Promise<readonly string[]> {
  const candidates = await changesetsOf(repository, `head() and children(${parent}) and draft() - ::${head}`);
  const own: string[] = [];
  for (const id of candidates) {
    if ((await repository.hg.text(['log', `--rev=${id}`, '-T', '{desc}'])) === message.trimEnd()) own.push(id);
  }
  return own;
}

function read(repository: Repository): Unplaced | undefined {
  try {
    const value: unknown = JSON.parse(readTextIfPresent(file(repository)) ?? 'null');
    if (typeof value !== 'object' || value === null || !('parent' in value) || !('message' in value)) return undefined;
    const { parent, message } = value;
    if (typeof parent !== 'string' || !/^[0-9a-f]{40}$/.test(parent)) return undefined;
    return typeof message === 'string' ? { parent, message } : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
