import { type CommitOutcome, NOT_ASKED_FOR, type PushOutcome } from '../../model/outcome.js';
import type { RelativePath } from '../../model/paths.js';
import { joinPath } from '../../system/files.js';
import { type BackupHub, lookedAt, noHub } from '../backup-hub.js';
import type { BackupRequest, BackupResult } from '../vcs.js';
import { everHeld, heldAside, rememberAside, rememberNotThere } from './aside-memory.js';
import { type Candidate, uncommittedPaths } from './candidates.js';
import { changesOf, foreseenChanges } from './changes.js';
import { exactly } from './command.js';
import { contentsOf } from './contents.js';
import { modesOf } from './difference.js';
import { askHub, type Identified, identify, type Unavailable, unavailable } from './hub.js';
import { author } from './identity.js';
import { cleanShare, inMergeShare } from './merge-share.js';
import { prepare } from './prepare.js';
import { asideBookmark, asideBranch, bookmarked, transfer } from './publish-aside.js';
import { pushChangeset, secrecy } from './push.js';
import { foreseeRenames } from './renames.js';
import type { Repository } from './repository.js';
import { changesetsOf, countOf, isAncestor, isKnown } from './revisions.js';
import { isMetadata } from './status.js';
import { parseStatus, STATUS_ARGUMENTS, type StatusEntry } from './status-parser.js';
import { type Upstream, upstreamOf } from './upstream.js';

/**
 * Backs the working tree up under this machine's own bookmark on the hub. A backup holds the files and not the person's
 * commits: those would become public by it, and he could not amend them any more. Each stands upon the last one, on a
 * named branch of this machine's own; the first stands on what is public of his history, as far as the hub has it. Where
 * nothing is, because the hub does not publish, it stands on nothing: he could not amend what something stands on.
 */
export async function backUp(
  repository: Repository,
  request: BackupRequest,
  status: readonly StatusEntry[],
): Promise<BackupResult> {
  const prepared = await prepare(repository, request, status);
  if (prepared.kind === 'blocked') return prepared;
  const { candidates, quarantined } = prepared;
  const { branch, head } = request.state;
  if (request.dryRun) {
    const changes = foreseenChanges(candidates, await foreseeRenames(repository, candidates));
    return {
      kind: 'done',
      commit: { kind: 'skipped', changes },
      quarantined,
      fetch: { kind: 'skipped' },
      push: NOT_ASKED_FOR,
    };
  }
  const secret = head === undefined ? undefined : await secrecy(repository, head);
  if (secret !== undefined) {
    return {
      kind: 'done',
      commit: { kind: 'clean', changes: [] },
      quarantined,
      fetch: { kind: 'skipped' },
      push: secret,
    };
  }
  const bookmark = asideBookmark(repository, branch);
  const looked = await lookAtHub(repository, bookmark);
  const { hub, last, base } = await basisOf(repository, {
    head,
    hub: looked,
    bookmark,
    last: await lastBackup(repository, bookmark, looked),
  });
  const { id, commit } = await commitBackup(repository, { head, last, base, candidates });
  if (id !== undefined) {
    await repository.hg.output(['bookmark', '-q', '--force', '--inactive', `--rev=${id}`, '--', bookmark]);
    await rememberSeen(repository, { hub, bookmark, id });
  }
  const push = request.push ? await send(repository, { hub, bookmark, id }) : NOT_ASKED_FOR;
  return { kind: 'done', commit, quarantined, fetch: lookedAt(hub, id), push };
}

/** This machine's own bookmark, as the hub has it. */
type Hub = BackupHub<Upstream>;

async function lookAtHub(repository: Repository, bookmark: string): Promise<Hub> {
  const upstream = await upstreamOf(repository);
  if ('why' in upstream) return noHub(upstream.why);
  const found: Identified = await identify(repository, upstream, bookmark);
  if (found.kind === 'unavailable') return { kind: 'unseen', outcome: found, why: found.why };
  if (found.kind === 'absent') return { kind: 'seen', upstream, id: undefined };
  if (!(await isKnown(repository, found.id))) {
    const pulled = await askHub(repository, upstream, ['pull', '-q', `--rev=${found.id}`]);
    if (pulled.exitCode !== 0) {
      const outcome = unavailable(pulled);
      return { kind: 'unseen', outcome, why: outcome.why };
    }
  }
  return { kind: 'seen', upstream, id: found.id };
}

/**
 * Returns what a new backup continues: the hub's last one, unless one that was made here since does. Where the hub had
 * one and has it no more, a new line is begun and nothing of the old one brought back.
 */
async function lastBackup(repository: Repository, bookmark: string, hub: Hub): Promise<string | undefined> {
  const [own] = await bookmarked(repository, bookmark);
  if (own === undefined || hub.kind === 'unseen') return hub.kind === 'seen' ? hub.id : own;
  if (hub.id !== undefined) return (await isAncestor(repository, hub.id, own)) ? own : hub.id;
  const had = await everHeld(repository, { upstream: hub.upstream, bookmark });
  return (await countOf(repository, `${own} and ${had}`)) === 0 ? own : undefined;
}

type Known = {
  readonly head: string | undefined;
  readonly hub: Hub;
  readonly bookmark: string;
  readonly last: string | undefined;
};

/** What the next backup continues, and what it stands on; undefined where it begins with nothing. */
type Basis = Pick<Known, 'hub' | 'last'> & { readonly base: string | undefined };

/**
 * Returns what a backup stands on: the last one, else what is public of the person's history. Where the hub had some of
 * that and has it no more, or is another hub, a new line is begun on what it still has.
 */
async function basisOf(repository: Repository, known: Known): Promise<Basis> {
  const { hub, last } = known;
  const ground = await groundOf(repository, known);
  const base = last ?? ground[0];
  // What the hub has just named stands on nothing that it does not have.
  if (hub.kind === 'unseen' || ground.every((id) => id === hub.id)) return { hub, last, base };
  const shared = await sharedWith(repository, hub.upstream, ground);
  if ('kind' in shared) return { hub: { kind: 'unseen', outcome: shared, why: shared.why }, last, base };
  if (shared === ground) return { hub, last, base };
  // Where what it stood on was taken away, the hub's bookmark has gone back to what is left.
  return { hub, last: hub.id, base: hub.id ?? shared[0] };
}

/** Returns the newest of what the hub has had of what a backup stands on. */
async function groundOf(repository: Repository, { head, hub, bookmark, last }: Known): Promise<readonly string[]> {
  if (last === undefined)
    return head === undefined ? [] : await changesetsOf(repository, `heads(::${head} and public())`);
  const had = hub.kind === 'unseen' ? 'public()' : await everHeld(repository, { upstream: hub.upstream, bookmark });
  return await changesetsOf(repository, `heads(::${last} and ${had})`);
}

/** Goes back from some changesets, newest first, to what the hub has of them; one question where it has them all. */
async function sharedWith(
  repository: Repository,
  upstream: Upstream,
  ids: readonly string[],
): Promise<readonly string[] | Unavailable> {
  if (ids.length === 0) return ids;
  const wanted = ids.map((id) => `--rev=${id}`);
  const result = await askHub(repository, upstream, ['outgoing', '-q', '--limit=1', '-T', '{node}', ...wanted]);
  // 1: the hub has all that we have.
  if (result.exitCode === 1) return ids;
  if (result.exitCode !== 0) return unavailable(result);
  const missing = result.stdout.toString('utf8').trim();
  const older = await changesetsOf(repository, `heads(::(${ids.join('+')}) - ${missing}::)`);
  return await sharedWith(repository, upstream, older);
}

type Wanted = Pick<Basis, 'last' | 'base'> & {
  readonly head: string | undefined;
  readonly candidates: readonly Candidate[];
};

type Backup = { readonly id: string | undefined; readonly commit: CommitOutcome };

async function commitBackup(repository: Repository, { head, last, base, candidates }: Wanted): Promise<Backup> {
  return await inMergeShare<Backup>(repository, async (share) => {
    await cleanShare(share, base ?? 'null');
    await share.hg.output(['revert', '-q', '--all', '--no-backup', `--rev=${head ?? 'null'}`]);
    for (const candidate of candidates) transfer(repository, share, candidate);
    const paths = exactly(candidates.map(({ path }) => path));
    if (paths.length > 0) await share.hg.output(['addremove', '-q', '-s', '75', '--', ...paths]);
    const changed = parseStatus(await share.hg.output(STATUS_ARGUMENTS)).filter(({ letter }) => /[MAR]/.test(letter));
    const changes = changesOf(changed);
    // Never a bookmark on what others work on, who would take it for this machine's own: the hub has it anyway.
    if (changes.length === 0) return { id: last, commit: { kind: 'clean', changes } };
    await share.hg.output(['branch', '-q', '--force', '--', asideBranch(repository)]);
    const message = repository.messages.backup(changes);
    const args = ['commit', '-q', '-u', await author(repository), '-m', message, '--config', 'phases.new-commit=draft'];
    await share.hg.output(args);
    const id = await share.hg.text(['log', '--rev=.', '-T', '{node}']);
    return { id, commit: { kind: 'committed', id, message, changes } };
  });
}

type Seen = { readonly hub: Hub; readonly bookmark: string; readonly id: string };

/** Remembers what the hub has just named, unless more is remembered of what the backup stands on. */
async function rememberSeen(repository: Repository, { hub, bookmark, id }: Seen): Promise<void> {
  if (hub.kind === 'unseen' || hub.id === undefined) return;
  const aside = { upstream: hub.upstream, bookmark };
  const held = await heldAside(repository, aside);
  const isMore = held !== undefined && (await countOf(repository, `${held} and ${hub.id}::${id}`)) > 0;
  if (!isMore) rememberAside(repository, aside, hub.id);
}

type Sending = Omit<Seen, 'id'> & { readonly id: string | undefined };

async function send(repository: Repository, { hub, bookmark, id }: Sending): Promise<PushOutcome> {
  if (hub.kind === 'unseen') return { kind: 'not-attempted', why: hub.why };
  if (id === undefined || id === hub.id) return { kind: 'nothing-to-push' };
  const { upstream } = hub;
  const sent = await pushChangeset(repository, { upstream, id, isNewBranch: true, bookmark });
  if (sent.kind === 'not-attempted') rememberNotThere(repository, { upstream, bookmark });
  if (sent.kind !== 'sent' && sent.kind !== 'nothing-to-push') return sent;
  rememberAside(repository, { upstream, bookmark }, id);
  const commits = await countOf(repository, hub.id === undefined ? `${id}` : `only(${id}, ${hub.id})`);
  return { kind: 'pushed', commits };
}

/** Lists every path that is not in the last backup as it stands in the working tree; undefined before the first. */
export async function notBackedUp(
  repository: Repository,
  branch: string,
): Promise<readonly RelativePath[] | undefined> {
  const [last] = await bookmarked(repository, asideBookmark(repository, branch));
  if (last === undefined) return undefined;
  const status = parseStatus(await repository.hg.output([...STATUS_ARGUMENTS, `--rev=${last}`]));
  const paths = new Set(
    await uncommittedPaths(
      repository,
      status.filter(({ path }) => !isMetadata(path)),
    ),
  );
  // What is backed up and not committed is unknown to hg here, whatever it holds: only a look into it tells.
  const modes = await modesOf(repository, last, [...paths]);
  const contents = contentsOf(repository);
  await contents.load(
    last,
    [...paths].filter((path) => modes.has(path)),
  );
  for (const path of paths) {
    const mode = modes.get(path);
    if (mode !== undefined && (await contents.matches(path, joinPath(repository.top, path), { id: last, mode }))) {
      paths.delete(path);
    }
  }
  return [...paths];
}

/** Counts the backups that the hub has not got; undefined before the first. */
export async function unsentBackups(repository: Repository, branch: string): Promise<number | undefined> {
  const bookmark = asideBookmark(repository, branch);
  const [last] = await bookmarked(repository, bookmark);
  if (last === undefined) return undefined;
  const upstream = await upstreamOf(repository);
  const had = 'why' in upstream ? 'public()' : await everHeld(repository, { upstream, bookmark });
  return await countOf(repository, `::${last} and not ${had}`);
}
