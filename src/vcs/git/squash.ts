import { MACHINE_TRAILER, type SquashRequest, type SquashResult } from '../vcs.js';
import { readChanges } from './change-parser.js';
import { commitTree } from './commit-tree.js';
import { listRemote } from './list-remote.js';
import { madeSnapshots, rememberSnapshots } from './made-snapshots.js';
import { pinName, readBranch, withIndexLock } from './move-branch.js';
import { pendingOperation } from './pending-operation.js';
import { copyIndex } from './private-index.js';
import { treeOf } from './publish-aside.js';
import type { Repository } from './repository.js';
import { sittingsOf } from './sittings.js';
import { upstreamOf } from './upstream.js';
import { runCommitMessage } from './user-hooks.js';

/** A commit that nobody but this branch has. */
type Unpublished = {
  readonly id: string;
  readonly parents: readonly string[];
  readonly tree: string;
  /** Seconds since 1970. */
  readonly at: number;
  /** The machine of the trailer; empty where there is none. */
  readonly machine: string;
  readonly message: string;
};

/**
 * Makes one commit of the snapshots of each sitting that no other ref and no hub has. The newest snapshots alone are meant,
 * back to the first commit that was made by hand, that is a merge, or that anybody else may have. The old tip stays under
 * a pin, the new one holds the very same tree, so neither index nor files have to know of it. Where git will not move the
 * branch all stays as it is: no work is held back for the sake of fewer commits.
 */
export async function squash(repository: Repository, request: SquashRequest): Promise<SquashResult> {
  const { branch, head, hub } = request;
  const unchanged = { kind: 'done', head, squashed: 0 } as const;
  const { squashSeconds: seconds } = repository.settings;
  if (seconds === 0 || hub === undefined) return unchanged;
  const own = ownSnapshots(repository, await readUnpublished(repository, { branch, head, hub }));
  const now = request.isPublishing ? undefined : Math.floor(repository.now() / 1000);
  const part = (all: readonly Unpublished[]): Sittings => sittingsOf(all, { seconds, now });
  if (!part(own).some(isLong) || (await isAnythingStaged(repository, head))) return unchanged;
  const snapshots = await notOnHub(repository, branch, own);
  const sittings = part(snapshots);
  if (!sittings.some(isLong)) return unchanged;
  const rest = snapshots.slice(sittings.flat().length);
  const made = await rebuild(repository, [...sittings, ...rest.map((one) => [one])]);
  const to = made.at(-1);
  if (to === undefined || to === head) return unchanged;
  if ((await treeOf(repository, to)) !== (await treeOf(repository, head))) {
    throw new Error(`the squashed snapshots hold another tree than '${head}'`);
  }
  rememberSnapshots(repository, made);
  const squashed = snapshots.length - made.length;
  return await withIndexLock<SquashResult>(repository, unchanged, async () =>
    pendingOperation(repository) === undefined
      ? await move(repository, { branch, from: head, to, squashed })
      : unchanged,
  );
}

type Sittings = readonly (readonly Unpublished[])[];

const isLong = (sitting: readonly Unpublished[]): boolean => sitting.length > 1;

/**
 * Returns the snapshots after the last one that the hub has under some other name: what was sent to its URL, or from a
 * clone of one branch alone, leaves no ref here. None where the hub cannot be asked.
 */
async function notOnHub(
  repository: Repository,
  branch: string,
  snapshots: readonly Unpublished[],
): Promise<readonly Unpublished[]> {
  const upstream = await upstreamOf(repository, branch);
  const asked = 'kind' in upstream ? upstream : await listRemote(repository, upstream.remote);
  if (asked.kind !== 'listed') return [];
  const there = new Set(asked.refs.values());
  return snapshots.slice(snapshots.findLastIndex(({ id }) => there.has(id)) + 1);
}

/**
 * Reads the commits that the branch alone has, newest first, each as
 *
 *     <id> NUL <parents> NUL <tree> NUL <time> NUL <machine> NUL <message> NUL
 */
async function readUnpublished(
  repository: Repository,
  { branch, head, hub }: { readonly branch: string; readonly head: string; readonly hub: string },
): Promise<readonly Unpublished[]> {
  const trailer = `%(trailers:key=${MACHINE_TRAILER},valueonly,separator=%x2C)`;
  const format = `--format=%H%x00%P%x00%T%x00%ct%x00${trailer}%x00%B%x00`;
  // A pin holds nothing that anybody else has; whatever else there is, somebody may have sent somewhere.
  // `--all` knows the HEADs of the other working trees, too.
  const others = ['--exclude=HEAD', `--exclude=refs/heads/${branch}`, '--exclude=refs/autosync/pin/*', '--all'];
  const args = ['log', '--topo-order', format, head, '--not', hub, ...others];
  const values = (await repository.git.text(args)).split('\0');
  const found: Unpublished[] = [];
  for (let at = 0; at + 6 <= values.length; at += 6) {
    const [id = '', parents = '', tree = '', time = '', machine = '', message = ''] = values.slice(at, at + 6);
    const ids = parents === '' ? [] : parents.split(' ');
    found.push({ id: id.trim(), parents: ids, tree, at: Number(time), machine: machine.trim(), message });
  }
  return found;
}

/** Returns the snapshots at the end of the branch that may be squashed, oldest first. */
function ownSnapshots(repository: Repository, unpublished: readonly Unpublished[]): readonly Unpublished[] {
  const made = madeSnapshots(repository);
  const end = unpublished.findIndex(
    ({ id, parents, machine }, at) =>
      parents.length !== 1 ||
      machine !== repository.settings.machine ||
      !made.has(id) ||
      (at > 0 && unpublished[at - 1]?.parents[0] !== id),
  );
  return (end < 0 ? unpublished : unpublished.slice(0, end)).toReversed();
}

async function isAnythingStaged({ git }: Repository, head: string): Promise<boolean> {
  return (await git.run(['diff-index', '--cached', '--quiet', '--ignore-submodules=none', head])).exitCode !== 0;
}

/** Makes the commits anew, one for each sitting; returns them, oldest first. What need not change keeps its id. */
async function rebuild(repository: Repository, sittings: Sittings): Promise<readonly string[]> {
  const made: string[] = [];
  let parent = sittings[0]?.[0]?.parents[0] ?? '';
  for (const sitting of sittings) {
    for (const one of await joined(repository, parent, sitting)) {
      const { tree, message, at } = one;
      parent =
        one.parents[0] === parent ? one.id : await commitTree(repository, { tree, parents: [parent], message, at });
      made.push(parent);
    }
  }
  return made;
}

/**
 * Makes one of a sitting's snapshots. Where the last has taken back all that the first had done, or the person's hook
 * refuses the message, they stay as they are.
 */
async function joined(
  repository: Repository,
  parent: string,
  sitting: readonly Unpublished[],
): Promise<readonly Unpublished[]> {
  const last = sitting.at(-1);
  if (last === undefined || sitting.length === 1) return sitting;
  const changes = await readChanges(repository, parent, last.tree);
  if (changes.length === 0) return sitting;
  // As at `git commit --amend`, the hook finds an index with all that the branch holds.
  const worded = await runCommitMessage(repository, copyIndex(repository), repository.messages.snapshot(changes));
  return worded.kind === 'refused' ? sitting : [{ ...last, parents: [], message: worded.message }];
}

type SquashMove = { readonly branch: string; readonly from: string; readonly to: string; readonly squashed: number };

/** Moves the branch by compare-and-swap and pins where it stood, in one transaction: killed anywhere, it is one or the other. */
async function move(repository: Repository, { branch, from, to, squashed }: SquashMove): Promise<SquashResult> {
  const pin = `create ${pinName(repository.now())}-squash\0${from}\0`;
  const result = await repository.git.run(['update-ref', '-m', 'autosync: squashed snapshots', '-z', '--stdin'], {
    input: `${pin}update refs/heads/${branch}\0${to}\0${from}\0`,
  });
  if (result.exitCode === 0) return { kind: 'done', head: to, squashed };
  // Git may have been ended just after it had moved the branch: only where the branch stands counts.
  const stands = await readBranch(repository, branch);
  if (stands === to) return { kind: 'done', head: to, squashed };
  if (stands === from) return { kind: 'done', head: from, squashed: 0 };
  return { kind: 'changed-meanwhile', why: 'the branch moved meanwhile' };
}
