import { dirname } from 'node:path';
import type { PushOutcome } from '../../model/outcome.js';
import {
  copy,
  joinPath,
  lstatIfPresent,
  makeSharedFolder,
  readLink,
  remove,
  removeTree,
  setMode,
  symbolicLink,
} from '../../system/files.js';
import { decodePath } from '../../system/path-bytes.js';
import { quoteShell } from '../../system/quote.js';
import { goneAside } from '../gone-aside.js';
import { MACHINE_TRAILER } from '../vcs.js';
import { type Aside, heldAside, rememberAside, rememberNotThere } from './aside-memory.js';
import type { Candidate } from './candidates.js';
import { exactly } from './command.js';
import { type Identified, identify } from './hub.js';
import { memoryKey, readMemory } from './hub-memory.js';
import { author } from './identity.js';
import { cleanShare, inMergeShare, type MergeShare } from './merge-share.js';
import { branchOf, pushChangeset, secrecy } from './push.js';
import type { Repository } from './repository.js';
import { changesetsOf, countOf, exactName, isAncestor, isKnown, readPosition } from './revisions.js';
import { type Upstream, upstreamOf } from './upstream.js';

/** Work that must leave the machine without touching the branch. */
export type AsideRequest = {
  readonly branch: string;
  /** Paths that could not be committed; undefined to send the branch's own commit. */
  readonly candidates: readonly Candidate[] | undefined;
};

/**
 * Sends work to the hub under this machine's own bookmark, `autosync/<machine>/<branch>`. Where somebody has taken that
 * away it is begun anew when there is more work, and nothing of it brought back.
 */
export async function publishAside(repository: Repository, { branch, candidates }: AsideRequest): Promise<PushOutcome> {
  const upstream = await upstreamOf(repository);
  if ('why' in upstream) return { kind: 'not-attempted', why: upstream.why };
  const { head } = await readPosition(repository);
  const aside = { upstream, bookmark: asideBookmark(repository, branch) };
  const [before] = await bookmarked(repository, aside.bookmark);
  const held = before === undefined ? undefined : await heldOf(repository, aside, before);
  const hub = held === undefined ? undefined : await identify(repository, upstream, aside.bookmark);
  if (hub?.kind === 'unavailable') return hub;
  const isApart = await isApartFromHub(repository, { upstream, branch, head });
  const wanted = await asideId(repository, { head, before, candidates, isApart });
  if (before === undefined || held === undefined || hub === undefined)
    return await send(repository, aside, { before, id: wanted });
  if (wanted === before && (await isAncestor(repository, before, held))) {
    return (await holds(repository, hub, before)) ? { kind: 'nothing-to-push' } : gone(aside);
  }
  const left = await leftOf(repository, { hub, before, held });
  const id = left === before ? wanted : await asideId(repository, { head, before: left, candidates, isApart });
  return await send(repository, aside, { before, id, left });
}

/** What to send, what the bookmark stands on here, and what of that the hub is known to have. */
type Sending = Pick<Wanted, 'before'> & { readonly id: string | undefined; readonly left?: string | undefined };

async function send(repository: Repository, aside: Aside, { before, id, left }: Sending): Promise<PushOutcome> {
  if (id === undefined) return { kind: 'nothing-to-push' };
  const secret = await secrecy(repository, id);
  if (secret !== undefined) return secret;
  const { upstream, bookmark } = aside;
  if (id !== before) {
    await repository.hg.output(['bookmark', '-q', '--force', '--inactive', `--rev=${id}`, '--', bookmark]);
    if (left !== undefined && left !== before) rememberAside(repository, aside, left);
  }
  const sent = await pushChangeset(repository, { upstream, id, isNewBranch: true, bookmark });
  if (sent.kind === 'sent' || sent.kind === 'nothing-to-push') rememberAside(repository, aside, id);
  else if (sent.kind === 'not-attempted') rememberNotThere(repository, aside);
  return sent.kind === 'sent' ? { kind: 'pushed', commits: 1 } : sent;
}

/** Returns what the hub has had of what the bookmark stands on here; undefined where that is nothing. */
async function heldOf(repository: Repository, aside: Aside, before: string): Promise<string | undefined> {
  const held = await heldAside(repository, aside);
  if (held === undefined) return (await countOf(repository, `${before} and public()`)) > 0 ? before : undefined;
  const isOfOneLine = (await countOf(repository, `${held} and (::${before} or ${before}::)`)) > 0;
  return isOfOneLine ? held : undefined;
}

const holds = async (repository: Repository, hub: Identified, id: string): Promise<boolean> =>
  hub.kind === 'found' && (await isKnown(repository, hub.id)) && (await isAncestor(repository, id, hub.id));

type Known = { readonly hub: Identified; readonly before: string; readonly held: string };

/** Returns what the hub still has of what was put aside before; hg moves a bookmark back where its changeset is stripped. */
async function leftOf(repository: Repository, { hub, before, held }: Known): Promise<string | undefined> {
  if (hub.kind === 'absent') return undefined;
  if (hub.kind !== 'found' || !(await isKnown(repository, hub.id))) return before;
  if (!(await isAncestor(repository, hub.id, before))) return before;
  // What was never sent comes after what the hub has, and has not been taken away.
  return (await isAncestor(repository, held, hub.id)) ? before : hub.id;
}

const gone = ({ upstream, bookmark }: Aside): PushOutcome =>
  goneAside(bookmark, `hg push --new-branch -B ${quoteShell(bookmark)} ${upstream.name}`);

type Wanted = {
  readonly head: string | undefined;
  readonly before: string | undefined;
  readonly candidates: readonly Candidate[] | undefined;
  readonly isApart: boolean;
};

type Standing = { readonly upstream: Upstream; readonly branch: string; readonly head: string | undefined };

/** Tells whether the branch has commits that would be another head of it on the hub, as the hub was last seen. */
async function isApartFromHub(repository: Repository, { upstream, branch, head }: Standing): Promise<boolean> {
  const seen = readMemory(repository, memoryKey(upstream, branch))?.head;
  if (seen === undefined || head === undefined || !(await isKnown(repository, seen))) return false;
  return !(await isAncestor(repository, seen, head)) && !(await isAncestor(repository, head, seen));
}

/** Returns what to send: the hub takes a bookmark only forward, so what stands there has to be a part of what comes next. */
async function asideId(
  repository: Repository,
  { head, before, candidates, isApart }: Wanted,
): Promise<string | undefined> {
  const continues = before === undefined || (head !== undefined && (await isAncestor(repository, before, head)));
  if (candidates === undefined && continues) return head;
  return await asideChangeset(repository, { head, before, candidates: candidates ?? [], isApart });
}

/** Hg parts bookmarks from their places with a colon, so none may be in a name. */
export const asideBookmark = ({ settings }: Repository, branch: string): string =>
  `autosync/${settings.machine}/${branch}`.replaceAll(':', '-');

/** Returns what a bookmark stands on. */
export const bookmarked = (repository: Repository, bookmark: string): Promise<readonly string[]> =>
  changesetsOf(repository, `bookmark() and bookmark(${exactName(bookmark)})`);

/** The named branch of what this machine sets aside: so it is no head of the branch that others follow. */
export const asideBranch = ({ settings }: Repository): string => `autosync-${settings.machine}`.replaceAll(':', '-');

type AsideChangeset = {
  readonly head: string | undefined;
  readonly before: string | undefined;
  readonly candidates: readonly Candidate[];
  readonly isApart: boolean;
};

/**
 * Commits what could not be committed in the share, on a named branch of this machine's own, so that it is no head of
 * the branch that others follow. What was put aside before becomes a parent: that line, too, only moves forward. Where
 * commits that it stands on would be a head themselves, it takes their branch: under a bookmark, a hub lets that be one.
 */
async function asideChangeset(
  repository: Repository,
  { head, before, candidates, isApart }: AsideChangeset,
): Promise<string | undefined> {
  return await inMergeShare(repository, async (share) => {
    await cleanShare(share, head ?? 'null');
    for (const candidate of candidates) transfer(repository, share, candidate);
    await share.hg.output(['addremove', '-q', '--', ...exactly(candidates.map(({ path }) => path))]);
    if (await isSetAside(repository, share, { head, before, isApart })) return before;
    const continues = before === undefined || (head !== undefined && (await isAncestor(repository, before, head)));
    if (!continues) await share.hg.output(['debugsetparents', head ?? 'null', before]);
    const { machine } = repository.settings;
    if (!isApart) await share.hg.output(['branch', '-q', '--force', '--', asideBranch(repository)]);
    const message = `Kept the work of ${machine} aside\n\n${MACHINE_TRAILER}: ${machine}\n`;
    await share.hg.output(['commit', '-q', '-u', await author(repository), '-m', message]);
    return await share.hg.text(['log', '--rev=.', '-T', '{node}']);
  });
}

/** Tells whether what was put aside before holds all of it, and lets no commit below be a head of its branch. */
async function isSetAside(
  repository: Repository,
  share: MergeShare,
  { head, before, isApart }: Omit<AsideChangeset, 'candidates'>,
): Promise<boolean> {
  if (before === undefined || (await share.hg.output(['status', '-mar', `--rev=${before}`])).length > 0) return false;
  if (head === undefined || !isApart) return true;
  return (
    (await isAncestor(repository, head, before)) && (await branchOf(repository, before)) !== asideBranch(repository)
  );
}

/** Makes one path of the share like the person's. */
export function transfer({ top }: Repository, share: MergeShare, { path, stats }: Candidate): void {
  const [from, to] = [joinPath(top, path), joinPath(share.top, path)];
  if (lstatIfPresent(to)?.isDirectory() === true) removeTree(to);
  else remove(to);
  const now = stats === undefined ? undefined : lstatIfPresent(from);
  if (now?.isFile() !== true && now?.isSymbolicLink() !== true) return;
  if (lstatIfPresent(dirname(to))?.isDirectory() === false) remove(dirname(to));
  makeSharedFolder(dirname(to));
  if (now.isSymbolicLink()) symbolicLink(decodePath(readLink(from)), to);
  else {
    copy(from, to);
    setMode(to, (now.mode & 0o111) === 0 ? 0o644 : 0o755);
  }
}
