import type { PushOutcome } from '../../model/outcome.js';
import { joinPath, makeFolder, readTextIfPresent, writeAtomically } from '../../system/files.js';
import { sendWhereAhead, withLeftBehind } from '../left-behind.js';
import type { FetchResult, LeftBehind, WorkingTreeState } from '../vcs.js';
import { fetch } from './fetch.js';
import { memoriesOf } from './hub-memory.js';
import { branchOf, sendOther } from './push.js';
import type { Repository } from './repository.js';
import { changesetsOf, countOf, exactName, presentOf } from './revisions.js';
import { ASIDE } from './shared-head.js';
import { upstreamOf } from './upstream.js';

/** Looks at the hub's branch, and for what the person left on others. */
export async function fetchAndLookAround(repository: Repository, state: WorkingTreeState): Promise<FetchResult> {
  const upstream = await upstreamOf(repository);
  const memories = 'why' in upstream ? [] : memoriesOf(repository, upstream);
  const found = await fetch(repository, state);
  if ('why' in upstream || found.kind !== 'fetched') return found;
  const sent = memories.flatMap(({ tip, head }) => [tip, head]);
  return withLeftBehind(found, await leftBehind(repository, { branch: state.branch, sent }));
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
  const unsent = `(${others} - ::${presentOf([...sent, ...readSettled(repository)])})`;
  const heads = await changesetsOf(repository, `heads(${unsent})`);
  if (heads.length === 0) return [];
  const mayBeSent = await publishes(repository, sent);
  const found: LeftBehind[] = [];
  for (const head of heads) {
    const name = await branchOf(repository, head);
    const commits = await changesetsOf(repository, `${unsent} and ::${head}`);
    const root = commits.at(-1)?.slice(0, 12) ?? '';
    const way = `hg push --new-branch -r ${head.slice(0, 12)}; to keep it to yourself: hg phase --force --secret -r ${root}::`;
    found.push({ branch: name, head, commits: commits.length, mayBeSent, way });
  }
  return found;
}

/** Tells whether what the hub has is public here: where not, nothing shows that it was taken away there. */
const publishes = async (repository: Repository, sent: readonly string[]): Promise<boolean> =>
  (await countOf(repository, `${presentOf(sent)} and draft()`)) === 0;

/** Sends a branch that nobody stands on, as it is. */
export async function sendLeftBehind(
  repository: Repository,
  { branch, head }: Pick<LeftBehind, 'branch' | 'head'>,
): Promise<PushOutcome> {
  const found = await fetch(repository, { branch, head, blocked: undefined, dirty: false });
  return await sendWhereAhead(found, (hub) => sendOther(repository, { branch, head, hub }));
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
