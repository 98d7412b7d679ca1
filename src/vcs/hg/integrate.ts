import { BY_HAND } from '../../model/by-hand.js';
import type { Blocked, Conflict } from '../../model/outcome.js';
import type { RelativePath } from '../../model/paths.js';
import { localCopyName } from '../local-copy-name.js';
import { blockedBy, blockedFor, inTheWay, pausedBy } from '../placement/in-the-way.js';
import type { IsCommitted } from '../placement/journal.js';
import { place } from '../placement/place.js';
import type { CopyName } from '../placement/plan.js';
import { stillBeingWritten } from '../still-being-written.js';
import type { IntegrateRequest, IntegrateResult } from '../vcs.js';
import { checkOut } from './check-out.js';
import { contentsOf } from './contents.js';
import { differences, modesOf } from './difference.js';
import { unreadableRulesIn } from './ignore-rules.js';
import { keepIgnored } from './keep-ignored.js';
import { lookingAfresh } from './look-afresh.js';
import { merge } from './merge.js';
import { moveParent } from './move-parent.js';
import { NO_CHANGESET, type Repository } from './repository.js';
import { isAncestor, readPosition } from './revisions.js';
import { stagingFolder } from './staging-folder.js';
import { unsupportedChange } from './unsupported.js';
import { withWorkingTreeLock } from './working-tree-lock.js';

/** Brings the hub's work in: merged in a private share, then placed file by file. */
export async function integrate(repository: Repository, request: IntegrateRequest): Promise<IntegrateResult> {
  const { head, hub } = request;
  if (hub.head === undefined || hub.relation === 'equal' || hub.relation === 'ahead') {
    return done(head ?? '', { kind: 'up-to-date', files: 0, conflicts: [] });
  }
  if (head === undefined || hub.relation === 'behind') {
    return await bringIn(repository, { ...request, to: hub.head, kind: 'fast-forwarded', conflicts: [] });
  }
  // What both sides did to them counts, too: a merge of hg's goes into subrepositories.
  const met = (await differences(repository, head, hub.head)).map(({ path }) => path);
  const theirs = unsupportedChange(repository, met) ?? (await unreadableRulesIn(repository, hub.head, met));
  if (theirs !== undefined) return { kind: 'blocked', blocked: theirs };
  const ends = { ours: head, theirs: hub.head };
  const { id, conflicts, crowded, refused } = await merge(repository, { ...request, ...ends });
  if (refused !== undefined) return { kind: 'blocked', blocked: mergeRefused(refused) };
  if (id === undefined) return { kind: 'paused', conflicts, crowded };
  return await bringIn(repository, { ...request, to: id, kind: 'merged', conflicts });
}

const mergeRefused = (words: string): Blocked => ({
  kind: 'diverged',
  hint: `a hook refused the merge with the hub's work: ${words}; once it is content, the next run goes on; or by hand: ${BY_HAND.hg.merge}`,
});

const done = (
  head: string,
  outcome: Extract<IntegrateResult, { kind: 'done' }>['outcome'],
): Extract<IntegrateResult, { kind: 'done' }> => ({ kind: 'done', head, outcome });

/** A changeset to put in place. */
export type BringInRequest = Pick<IntegrateRequest, 'branch' | 'head' | 'quarantined' | 'displace' | 'mostCopies'> & {
  readonly to: string;
  readonly kind: 'fast-forwarded' | 'merged';
  readonly conflicts: readonly Conflict[];
};

/** Puts a changeset that is in the history in place, file by file. */
export async function bringIn(repository: Repository, request: BringInRequest): Promise<IntegrateResult> {
  const { branch, head, to } = request;
  const from = head ?? NO_CHANGESET;
  const files = await differences(repository, from, to);
  const paths = files.map(({ path }) => path);
  const unsupported = unsupportedChange(repository, paths) ?? (await unreadableRulesIn(repository, to, paths));
  if (unsupported !== undefined) return { kind: 'blocked', blocked: unsupported };
  const why = stillBeingWritten(request.quarantined, files);
  if (why !== undefined) return done(head ?? '', { kind: 'postponed', files: 0, conflicts: [], why });
  const contents = contentsOf(repository);
  await contents.load(
    from,
    files.filter(({ old }) => old !== undefined).map(({ path }) => path),
  );
  const { bookmark } = await readPosition(repository);
  const uncommitted = new Set<RelativePath>(request.quarantined.map(({ path }) => path));
  const leaving = files.filter(({ path, old }) => old !== undefined && !uncommitted.has(path));
  const planned = {
    top: repository.top,
    differences: files,
    matches: lookingAfresh(repository, { from, leaving, contents }),
    isTracked: async (path: RelativePath) => (await modesOf(repository, from, [path])).size > 0,
    copyName: ownCopyName(repository),
    mostCopies: request.mostCopies,
  };
  const obstacle = request.displace ? undefined : await inTheWay(planned);
  if (obstacle !== undefined) return { kind: 'blocked', blocked: blockedBy(obstacle) };
  const placed = await place({
    ...planned,
    staging: stagingFolder(repository),
    branch,
    from,
    to,
    uncommitted,
    stage: async ({ folder, paths, displaced }) => {
      await keepIgnored(repository, displaced);
      await checkOut(repository, { changeset: to, folder, paths });
    },
    exclusively: (held, body) => withWorkingTreeLock(repository, held, body),
    commit: async () => moveParent(repository, { branch, from: head, to, differences: files }),
    isCommitted: isCommitted(repository),
  });
  if (placed.kind === 'surprise') {
    if (placed.surprise.isCrowded === true) return pausedBy(placed.surprise);
    const blocked = blockedFor(placed.surprise);
    if (blocked !== undefined) return { kind: 'blocked', blocked };
    return { kind: 'changed-meanwhile', why: `'${placed.surprise.path}' ${placed.surprise.what}` };
  }
  // As `hg update` and `hg commit` do.
  if (bookmark !== '') await repository.hg.run(['bookmark', '-q', '--force', `--rev=${to}`, '--', bookmark]);
  const displaced = placed.displaced.map(({ path, copy }) => ({ path, kind: 'in-the-way' as const, kept: path, copy }));
  return done(to, { kind: request.kind, files: placed.files, conflicts: [...request.conflicts, ...displaced] });
}

/**
 * Tells whether the working tree stands on a changeset, or on one that continues it. On the way back to an older one, what
 * continues that where it came from continues the older one as well, and has not left yet.
 */
export const isCommitted =
  (repository: Repository): IsCommitted =>
  async ({ from, to }) => {
    const { head } = await readPosition(repository);
    if (head === undefined || !(await isAncestor(repository, to, head))) return false;
    if (head === to || from === NO_CHANGESET || !(await isAncestor(repository, to, from))) return true;
    return !(await isAncestor(repository, from, head));
  };

/** Names the copies that this machine makes of files that are in no commit. */
export const ownCopyName = ({ settings, now }: Repository): CopyName =>
  localCopyName({ machine: settings.machine, now, algorithm: 'sha1' });
