import type { AbsolutePath } from '../../model/paths.js';
import { joinPath, readTextIfPresent, remove, writeAtomically } from '../../system/files.js';
import { hgFailure } from './command.js';
import { cleanShare, inMergeShare, type MergeShare } from './merge-share.js';
import { NO_CHANGESET, type Repository } from './repository.js';
import { changesetsOf, isAncestor, isKnown, readPosition } from './revisions.js';

/** What tells a changeset of ours that is to be put in place: on what it stands, and its whole message. */
export type Unplaced = {
  readonly parent: string;
  readonly message: string;
  /** Where it takes the place of others: the last of these, and what is to stand there. */
  readonly instead?: { readonly old: string; readonly by: string };
};

const file = ({ privateFolder }: Pick<Repository, 'privateFolder'>): AbsolutePath =>
  joinPath(privateFolder, 'unplaced.json');

/** Remembers, before it is made, a changeset that would be another head of the branch if it never got its place. */
export function announceUnplaced(repository: Repository, unplaced: Unplaced): void {
  writeAtomically(file(repository), JSON.stringify(unplaced));
}

/**
 * Takes such a changeset back where it did not get its place, because somebody saved meanwhile or we were killed. It was
 * never sent anywhere, nothing stands on it, and the share keeps it in its `.hg/strip-backup`. Where something was
 * committed after it, it stays, and is secret: it is sent nowhere, and is no head of the branch. Says what was done.
 */
export async function forsake(repository: Repository): Promise<readonly string[]> {
  const unplaced = read(repository);
  if (unplaced === undefined) return [];
  const { head } = await readPosition(repository);
  if (head !== undefined) await keepToOurselves(repository, unplaced, head);
  const lost =
    head === undefined || !(await isKnown(repository, unplaced.parent)) ? [] : await heads(repository, unplaced, head);
  const done: string[] = [];
  for (const id of lost) {
    const isGone = await inMergeShare(repository, (share) => takeBack(share, unplaced, id));
    if (!isGone) await repository.hg.output(['phase', '-q', '--force', '--secret', `--rev=${id}`]);
    const what = isGone ? 'took back' : 'left here, secret,';
    done.push(`${what} '${id}', which had been made and not put in place`);
  }
  remove(file(repository));
  return done;
}

/** Makes those secret whose place another one has taken: they stay here, are sent nowhere, and are no head of the branch. */
async function keepToOurselves(repository: Repository, { instead }: Unplaced, head: string): Promise<void> {
  if (instead === undefined) return;
  const { old, by } = instead;
  for (const id of [old, by]) if (id !== NO_CHANGESET && !(await isKnown(repository, id))) return;
  if (!(await isAncestor(repository, by, head)) || (await isAncestor(repository, old, head))) return;
  await repository.hg.output(['phase', '-q', '--force', '--secret', '-r', `(::${old} and draft()) - ::${head}`]);
}

/** Strips the newest changeset of all, and no other: hg would take away, and make anew, whatever came after it. */
async function takeBack(share: MergeShare, { parent }: Unplaced, id: string): Promise<boolean> {
  await cleanShare(share, parent);
  const args = ['strip', '-q', '--hidden', '--config', 'extensions.strip=', `--rev=${id} and max(all())`];
  const result = await share.hg.run(args);
  if (result.exitCode === 0) return true;
  if (/empty revision set/.test(result.stderr)) return false;
  throw hgFailure(args, result);
}

async function heads(
  repository: Repository,
  { parent, message, instead }: Unplaced,
  head: string,
): Promise<readonly string[]> {
  const [above, next] = parent === NO_CHANGESET ? ['all()', 'roots(all())'] : [`${parent}::`, `children(${parent})`];
  const others = instead === undefined ? '' : ` - ::${instead.old}`;
  const candidates = await changesetsOf(repository, `heads(${above}) and ${next} and draft() - ::${head}${others}`);
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
    if (!isId(parent) || typeof message !== 'string') return undefined;
    const instead = 'instead' in value ? readInstead(value.instead) : undefined;
    return { parent, message, ...(instead === undefined ? {} : { instead }) };
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function readInstead(value: unknown): Unplaced['instead'] {
  if (typeof value !== 'object' || value === null || !('old' in value) || !('by' in value)) return undefined;
  const { old, by } = value;
  return isId(old) && isId(by) ? { old, by } : undefined;
}

const isId = (value: unknown): value is string => typeof value === 'string' && /^[0-9a-f]{40}$/.test(value);
