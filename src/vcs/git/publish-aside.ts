import type { PushOutcome } from '../../model/outcome.js';
import { quoteShell } from '../../system/quote.js';
import { goneAside } from '../gone-aside.js';
import { commitTree } from './commit-tree.js';
import { listRemote } from './list-remote.js';
import { pushAside } from './push.js';
import { asRefPart, isAncestor, readRef, writeRef } from './refs.js';
import type { Repository } from './repository.js';
import { upstreamOf } from './upstream.js';

/** Where this machine's own branch for a branch is kept; all are full names of refs. */
export type AsideRefs = {
  /** On the hub. */
  readonly remote: string;
  /** Here: its newest commit, and the newest that the hub took. */
  readonly own: string;
  readonly sent: string;
  /** Here: where the hub's stood when last seen. */
  readonly seen: string;
};

/** Returns where this machine's own branch for a branch is kept. */
export const asideRefs = ({ settings }: Pick<Repository, 'settings'>, branch: string): AsideRefs => ({
  remote: `refs/heads/autosync/${settings.machine}/${branch}`,
  own: `refs/autosync/aside/${asRefPart(branch)}`,
  sent: `refs/autosync/aside-sent/${asRefPart(branch)}`,
  seen: `refs/autosync/aside-seen/${asRefPart(branch)}`,
});

/** Work that must leave the machine without touching the branch. */
export type AsideRequest = {
  readonly branch: string;
  /** A tree that could not be committed; undefined to send the branch's own commit. */
  readonly tree: string | undefined;
};

/**
 * Sends work to this machine's own branch on the hub, `autosync/<machine>/<branch>`. That branch, too, only moves
 * forward: what it held before becomes a parent of what it holds now. Where somebody has taken it away it is begun anew
 * when there is more work, and nothing of it brought back.
 */
export async function publishAside(repository: Repository, { branch, tree }: AsideRequest): Promise<PushOutcome> {
  const upstream = await upstreamOf(repository, branch);
  if ('kind' in upstream) return { kind: 'not-attempted', why: upstream.why };
  const { remote } = upstream;
  const head = await readRef(repository, `refs/heads/${branch}`);
  const refs = asideRefs(repository, branch);
  const before = await readRef(repository, refs.own);
  const sent = await readRef(repository, refs.sent);
  const hub = sent === undefined ? undefined : await listRemote(repository, remote, { named: [refs.remote] });
  if (hub?.kind === 'unavailable') return hub;
  const there = hub?.refs.get(refs.remote);
  const wanted = await asideCommit(repository, { head, before, tree });
  if (wanted === undefined) return { kind: 'nothing-to-push' };
  if (wanted === before && wanted === sent) {
    const isThere = there !== undefined && (await isAncestor(repository, wanted, there));
    return isThere ? { kind: 'nothing-to-push' } : gone(remote, refs);
  }
  const isGone = hub !== undefined && there === undefined;
  const id = isGone ? ((await asideCommit(repository, { head, before: undefined, tree })) ?? wanted) : wanted;
  return await send(repository, { remote, refs, id });
}

type Sending = { readonly remote: string; readonly refs: AsideRefs; readonly id: string };

async function send(repository: Repository, { remote, refs, id }: Sending): Promise<PushOutcome> {
  await writeRef(repository, refs.own, id);
  const unsent = await pushAside(repository, { remote, id, ref: refs.remote });
  if (unsent !== undefined) return unsent;
  await writeRef(repository, refs.sent, id);
  return { kind: 'pushed', commits: 1 };
}

function gone(remote: string, refs: AsideRefs): PushOutcome {
  const refspec = quoteShell(`${refs.own}:${refs.remote}`);
  return goneAside(refs.remote.replace(/^refs\/heads\//, ''), `git push ${remote} ${refspec}`);
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

/** Returns the id of a commit's tree. */
export const treeOf = (repository: Repository, commit: string): Promise<string> =>
  repository.git.text(['rev-parse', `${commit}^{tree}`]);
