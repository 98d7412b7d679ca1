import type { PushOutcome } from '../../model/outcome.js';
import { commitTree } from './commit-tree.js';
import { pushCommit } from './push.js';
import { asRefPart, isAncestor, readRef, writeRef } from './refs.js';
import type { Repository } from './repository.js';
import { upstreamOf } from './upstream.js';

/** Work that must leave the machine without touching the branch. */
export type AsideRequest = {
  readonly branch: string;
  /** A tree that could not be committed; undefined to send the branch's own commit. */
  readonly tree: string | undefined;
};

/**
 * Sends work to this machine's own branch on the hub, `autosync/<machine>/<branch>`. That branch, too, only moves
 * forward: what it held before becomes a parent of what it holds now.
 */
export async function publishAside(repository: Repository, { branch, tree }: AsideRequest): Promise<PushOutcome> {
  const upstream = await upstreamOf(repository, branch);
  if ('kind' in upstream) return { kind: 'not-attempted', why: upstream.why };
  const head = await readRef(repository, `refs/heads/${branch}`);
  const asideRef = `refs/autosync/aside/${asRefPart(branch)}`;
  const sentRef = `refs/autosync/aside-sent/${asRefPart(branch)}`;
  const before = await readRef(repository, asideRef);
  const id = await asideCommit(repository, { head, before, tree });
  if (id === undefined) return { kind: 'nothing-to-push' };
  if (id === before && (await readRef(repository, sentRef)) === id) return { kind: 'nothing-to-push' };
  await writeRef(repository, asideRef, id);
  const ref = `refs/heads/autosync/${repository.settings.machine}/${branch}`;
  const sent = await pushCommit(repository, { remote: upstream.remote, id, ref });
  if (sent.kind === 'unavailable') return sent;
  if (sent.kind === 'rejected') return { kind: 'rejected', reason: sent.reason, why: sent.why };
  await writeRef(repository, sentRef, id);
  return { kind: 'pushed', commits: 1 };
}

type AsideCommit = {
  readonly head: string | undefined;
  readonly before: string | undefined;
  readonly tree: string | undefined;
};

/** Returns the commit to send: an old one when nothing is new, else one that continues what was sent before. */
async function asideCommit(repository: Repository, { head, before, tree }: AsideCommit): Promise<string | undefined> {
  if (tree === undefined && head === undefined) return undefined;
  const wanted = tree ?? (await treeOf(repository, head ?? ''));
  if (before !== undefined && (await treeOf(repository, before)) === wanted) {
    if (head === undefined || (await isAncestor(repository, head, before))) return before;
  }
  const continues = before === undefined || (head !== undefined && (await isAncestor(repository, before, head)));
  if (tree === undefined && continues) return head;
  const parents = [head, continues ? undefined : before].filter((parent) => parent !== undefined);
  const message = `Kept the work of ${repository.settings.machine} aside\n\nAutosync-Machine: ${repository.settings.machine}\n`;
  return await commitTree(repository, { tree: wanted, parents, message });
}

const treeOf = (repository: Repository, commit: string): Promise<string> =>
  repository.git.text(['rev-parse', `${commit}^{tree}`]);
