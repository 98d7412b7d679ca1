import type { PushOutcome } from '../../model/outcome.js';
import { joinPath, makeFolder, readTextIfPresent, writeAtomically } from '../../system/files.js';
import type { FetchResult, LeftBehind, WorkingTreeState } from '../vcs.js';
import { fetch } from './fetch.js';
import { memoriesOf } from './hub-memory.js';
import { branchOf, sendOther } from './push.js';
import type { Repository } from './repository.js';
import { changesetsOf, countOf, exactName } from './revisions.js';
import { ASIDE } from './shared-head.js';
import { upstreamOf } from './upstream.js';

/** Looks at the hub's branch, and for what the person left on others. */
export async function fetchAndLookAround(repository: Repository, state: WorkingTreeState): Promise<FetchResult> {
  const upstream = await upstreamOf(repository);
  const memories = 'why' in upstream ? [] : memoriesOf(repository, upstream);
  const found = await fetch(repository, state);
  if ('why' in upstream || found.kind !== 'fetched') return found;
  const sent = memories.flatMap(({ tip, head }) => [tip, head]);
  const left = await leftBehind(repository, { branch: state.branch, sent });
  return left.length === 0 ? found : { ...found, hub: { ...found.hub, leftBehind: left } };
}

/** The branch that the person is on, and what the hub was known to have before it was looked at. */
type Look = { readonly branch: string; readonly sent: readonly string[] };

/**
 * Finds the named branches that the person committed to and left before a run came by, or while the hub was out of reach.
 * What stood on a branch when autosync first looked at the hub is his own affair, as is what is secret.
 */
async function leftBehind(repository: Repository, { branch, sent }: Look): Promise<readonly LeftBehind[]> {
  const others = `draft() - branch(${exactName(branch)}) - obsolete() - extra("topic") - ::(${ASIDE}) - ::.`;
  if (sent.length === 0) {
    settle(repository, await changesetsOf(repository, `heads(${others})`));
    return [];
  }
  const done = [...sent, ...readSettled(repository)].map((id) => `present(${id})`).join('+');
  const unsent = `(${others} - ::(${done}))`;
  const found: LeftBehind[] = [];
  for (const head of await changesetsOf(repository, `heads(${unsent})`)) {
    const name = await branchOf(repository, head);
    const commits = await changesetsOf(repository, `${unsent} and ::${head}`);
    const root = commits.at(-1)?.slice(0, 12) ?? '';
    const way = `hg push --new-branch -r ${head.slice(0, 12)}; to keep it to yourself: hg phase --force --secret -r ${root}::`;
    const mayBeSent = await publishes(repository, sent);
    found.push({ branch: name, head, commits: commits.length, mayBeSent, way });
  }
  return found;
}

/** Tells whether what the hub has is public here: where not, nothing shows that it was taken away there. */
const publishes = async (repository: Repository, sent: readonly string[]): Promise<boolean> =>
  (await countOf(repository, `(${sent.map((id) => `present(${id})`).join('+')}) and draft()`)) === 0;

/**
 * Sends a branch that nobody stands on. As with any other, what was taken back at the hub is not sent again; what needs a
 * merge waits until the person is on it.
 */
export async function sendLeftBehind(
  repository: Repository,
  { branch, head }: Pick<LeftBehind, 'branch' | 'head'>,
): Promise<PushOutcome> {
  const found = await fetch(repository, { branch, head, blocked: undefined, dirty: false });
  if (found.kind === 'unavailable') return found;
  if (found.kind === 'blocked') return { kind: 'not-attempted', why: `${found.blocked.kind} there` };
  const { relation } = found.hub;
  if (relation === 'diverged') return { kind: 'not-attempted', why: 'which has others there' };
  return relation === 'ahead'
    ? await sendOther(repository, { branch, head, hub: found.hub })
    : { kind: 'nothing-to-push' };
}

type Place = Pick<Repository, 'privateFolder'>;

const settledFile = ({ privateFolder }: Place): ReturnType<typeof joinPath> => joinPath(privateFolder, 'settled');

/** Reads below which changesets nothing is in need of a look, one id a line. */
const readSettled = (repository: Place): readonly string[] =>
  (readTextIfPresent(settledFile(repository)) ?? '').split('\n').filter((line) => /^[0-9a-f]{40}$/.test(line));

function settle(repository: Place, ids: readonly string[]): void {
  if (ids.join() === readSettled(repository).join()) return;
  makeFolder(repository.privateFolder);
  writeAtomically(settledFile(repository), ids.map((id) => `${id}\n`).join(''));
}
