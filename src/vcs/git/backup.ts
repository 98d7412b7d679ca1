import type { Change } from '../../model/change.js';
import { type CommitOutcome, NOT_ASKED_FOR, type PushOutcome } from '../../model/outcome.js';
import { remove } from '../../system/files.js';
import { type BackupHub, lookedAt, noHub } from '../backup-hub.js';
import type { BackupRequest, BackupResult } from '../vcs.js';
import { commitTree } from './commit-tree.js';
import { fetchBranch } from './fetch.js';
import { changesSince, prepare } from './prepare.js';
import { writeTree } from './private-index.js';
import { type AsideRefs, asideRefs, treeOf } from './publish-aside.js';
import { pushAside } from './push.js';
import { isAncestor, readRef, removeRef, writeRef } from './refs.js';
import type { Repository } from './repository.js';
import type { Status } from './status-parser.js';
import { type Upstream, upstreamOf } from './upstream.js';

/**
 * Backs the working tree up on this machine's own branch on the hub. Each backup is a commit upon the last one; commits
 * that the person made by hand come in as another parent, and so are backed up, too. His index is only ever copied.
 */
export async function backUp(repository: Repository, request: BackupRequest, status: Status): Promise<BackupResult> {
  const prepared = await prepare(repository, request, status);
  if (prepared.kind === 'blocked') return prepared;
  const { index, quarantined } = prepared;
  const { branch, head } = request.state;
  const refs = asideRefs(repository, branch);
  const tree = await writeTree(repository, index);
  remove(index.file);
  if (request.dryRun) {
    const changes = await changesSince(repository, (await readRef(repository, refs.own)) ?? head, tree);
    const commit = { kind: 'skipped', changes } as const;
    return { kind: 'done', commit, quarantined, fetch: { kind: 'skipped' }, push: NOT_ASKED_FOR };
  }
  const hub = await lookAtHub(repository, branch, refs);
  const last = await lastBackups(repository, refs, hub);
  const { id, commit } = await commitBackup(repository, { head, tree, last });
  if (id !== undefined && id !== (await readRef(repository, refs.own))) await writeRef(repository, refs.own, id);
  const push = request.push ? await send(repository, { hub, refs, id }) : NOT_ASKED_FOR;
  return { kind: 'done', commit, quarantined, fetch: lookedAt(hub, id), push };
}

/** This machine's own branch, as the hub has it. */
type Hub = BackupHub<Upstream>;

async function lookAtHub(repository: Repository, branch: string, { remote, seen }: AsideRefs): Promise<Hub> {
  const upstream = await upstreamOf(repository, branch);
  if ('kind' in upstream) return noHub(upstream.why);
  const own = { ...upstream, remoteRef: remote, trackingRef: seen };
  const fetched = await fetchBranch(repository, own);
  if (fetched.kind === 'unavailable') return { kind: 'unseen', outcome: fetched, why: fetched.why };
  return { kind: 'seen', upstream: own, id: fetched.head };
}

/**
 * Returns what a new backup continues: what was last backed up here, and on the hub where that is something else, as
 * after this machine was set up anew. A branch that was removed on the hub is begun anew, and nothing of it brought back.
 */
async function lastBackups(repository: Repository, refs: AsideRefs, hub: Hub): Promise<readonly string[]> {
  const own = await readRef(repository, refs.own);
  if (hub.kind === 'unseen') return own === undefined ? [] : [own];
  if (hub.id === undefined) {
    if (own === undefined || (await readRef(repository, refs.sent)) === undefined)
      return own === undefined ? [] : [own];
    await removeRef(repository, refs.sent);
    await removeRef(repository, refs.own);
    return [];
  }
  if (own === undefined || (await isAncestor(repository, own, hub.id))) return [hub.id];
  return (await isAncestor(repository, hub.id, own)) ? [own] : [hub.id, own];
}

type Wanted = { readonly head: string | undefined; readonly tree: string; readonly last: readonly string[] };

type Backup = { readonly id: string | undefined; readonly commit: CommitOutcome };

async function commitBackup(repository: Repository, { head, tree, last }: Wanted): Promise<Backup> {
  const parents = await parentsOf(repository, head, last);
  const [first] = parents;
  if (parents.length === 1 && first !== undefined && (await treeOf(repository, first)) === tree) return clean(first);
  const changes: readonly Change[] = await changesSince(repository, first, tree);
  if (parents.length === 0 && changes.length === 0) return clean(undefined);
  const message = repository.messages.backup(changes);
  const id = await commitTree(repository, { tree, parents, message });
  return { id, commit: { kind: 'committed', id, message, changes } };
}

const clean = (id: string | undefined): Backup => ({ id, commit: { kind: 'clean', changes: [] } });

/** Returns the parents of a backup: the last one first; one that the branch itself holds by now needs no mention. */
async function parentsOf(
  repository: Repository,
  head: string | undefined,
  last: readonly string[],
): Promise<readonly string[]> {
  if (head === undefined) return last;
  for (const one of last) if (await isAncestor(repository, head, one)) return last;
  const apart: string[] = [];
  for (const one of last) if (!(await isAncestor(repository, one, head))) apart.push(one);
  return [...apart, head];
}

type Sending = { readonly hub: Hub; readonly refs: AsideRefs; readonly id: string | undefined };

async function send(repository: Repository, { hub, refs, id }: Sending): Promise<PushOutcome> {
  if (hub.kind === 'unseen') return { kind: 'not-attempted', why: hub.why };
  if (id === undefined) return { kind: 'nothing-to-push' };
  if (id !== hub.id) {
    const unsent = await pushAside(repository, { remote: hub.upstream.remote, id, ref: refs.remote });
    if (unsent !== undefined) return unsent;
  }
  for (const ref of [refs.sent, refs.seen])
    if ((await readRef(repository, ref)) !== id) await writeRef(repository, ref, id);
  if (id === hub.id) return { kind: 'nothing-to-push' };
  const range = hub.id === undefined ? [id] : [`${hub.id}..${id}`];
  return { kind: 'pushed', commits: Number(await repository.git.text(['rev-list', '--count', ...range])) };
}
