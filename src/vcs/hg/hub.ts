import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Blocked, RemoteFailure } from '../../model/outcome.js';
import { type AbsolutePath, asAbsolute } from '../../model/paths.js';
import type { ExecResult } from '../../system/exec.js';
import { isFolder, joinPath } from '../../system/files.js';
import { network } from './network.js';
import { sharedFrom } from './open.js';
import { remoteFailure } from './remote-failure.js';
import type { Repository } from './repository.js';
import type { Upstream } from './upstream.js';
import { lastingLockOfHub } from './working-tree-lock.js';

/** Why a hub could not be used. */
export type Unavailable = { readonly kind: 'unavailable'; readonly reason: RemoteFailure; readonly why: string };

/** Runs a command that speaks to the hub, which is its last argument. */
export async function askHub(
  repository: Repository,
  upstream: Upstream,
  command: readonly [verb: string, ...args: string[]],
): Promise<ExecResult> {
  const { hg, settings, progress } = repository;
  const { args, options } = await network({ hg, progress, timeoutMs: settings.networkTimeoutSeconds * 1000 });
  const ask = (): Promise<ExecResult> => hg.run([...command, ...args, '--', upstream.name], options);
  const result = await ask();
  return (await recoverHub(repository, upstream, result)) ? await ask() : result;
}

/**
 * Takes back what an hg that was killed left on a hub that is a folder of this machine: until then it would refuse every
 * push. Hg itself makes sure that nobody is at work there.
 */
async function recoverHub(repository: Repository, upstream: Upstream, { stderr }: ExecResult): Promise<boolean> {
  if (!/abandoned transaction found/.test(stderr)) return false;
  const folder = hubFolder(repository, upstream);
  if (folder === undefined) return false;
  return (await repository.hg.run(['recover', '-q', `--repository=${folder}`])).exitCode === 0;
}

/** Returns where a hub is that is a folder of this machine; undefined where it is none. */
function hubFolder({ top }: Repository, { url }: Upstream): AbsolutePath | undefined {
  const folder = asAbsolute(url.startsWith('file://') ? fileURLToPath(url) : resolve(top, url));
  return isFolder(joinPath(folder, '.hg')) ? folder : undefined;
}

/** Says who has held a lock of the hub for so long that time alone frees it no more, as far as it can be seen from here. */
export function lastingHubLock(repository: Repository, upstream: Upstream): string | undefined {
  const folder = hubFolder(repository, upstream);
  if (folder === undefined) return undefined;
  const hgFolder = joinPath(folder, '.hg');
  return lastingLockOfHub(folder, { hgFolder, sharedFolder: sharedFrom(hgFolder), now: repository.now });
}

/** Says that the hub could not be used. */
export const unavailable = (result: ExecResult): Unavailable => ({ kind: 'unavailable', ...remoteFailure(result) });

/** Another program of this machine holds a lock of the repository. */
export const HELD: Blocked = { kind: 'locked', hint: 'another hg is at work here; it will be quick' };

/** Tells whether a command waited in vain for a lock of this repository. */
export const isHeld = ({ exitCode, stderr }: ExecResult): boolean =>
  exitCode !== 0 && /waiting for lock on|lock held by|repository .* locked/i.test(stderr);

/** A head of a branch on the hub, with the bookmarks that stand on it there. */
export type HubHead = { readonly id: string; readonly bookmarks: readonly string[] };

/** The heads of a branch on the hub, newest first; those that are known here to be closed only where all are. */
export type HubHeads =
  | { readonly kind: 'found'; readonly heads: readonly HubHead[] }
  | { readonly kind: 'absent' }
  | Unavailable;

/** Asks the hub for a branch, of which each head is `<id>(\n<bookmark>)*\0`; a quiet run asks nothing else. */
export async function headsOf(repository: Repository, upstream: Upstream, branch: string): Promise<HubHeads> {
  const result = await askHub(repository, upstream, ['autosync-heads', `--branch=${branch}`]);
  if (result.exitCode !== 0) return unavailable(result);
  const records = result.stdout.toString('utf8').split('\0').slice(0, -1);
  const heads = records.map((record) => {
    const [id = '', ...bookmarks] = record.split('\n');
    return { id, bookmarks };
  });
  return heads.length === 0 ? { kind: 'absent' } : { kind: 'found', heads };
}

/** Asks the hub what of a branch, or below a changeset, it does not have; `which` is an option of `hg outgoing`. */
export async function missingThere(
  repository: Repository,
  upstream: Upstream,
  which: string,
): Promise<{ readonly kind: 'found'; readonly ids: readonly string[] } | Unavailable> {
  const result = await askHub(repository, upstream, ['outgoing', '-q', '-T', '{node}\\0', which]);
  // 1: the hub has all that we have.
  if (result.exitCode !== 0 && result.exitCode !== 1) return unavailable(result);
  return { kind: 'found', ids: result.stdout.toString('utf8').split('\0').slice(0, -1) };
}

/** What the hub answers when it is asked for a changeset, by its id or by a bookmark. */
export type Identified = { readonly kind: 'found'; readonly id: string } | { readonly kind: 'absent' } | Unavailable;

/**
 * Asks the hub for one changeset. A hub that is a folder takes a name that it does not know for a revset, so the answer
 * to a bookmark may be wrong.
 */
export async function identify(repository: Repository, upstream: Upstream, revision: string): Promise<Identified> {
  const result = await askHub(repository, upstream, ['identify', '-T', '{node}', `--rev=${revision}`]);
  const id = result.stdout.toString('utf8').trim();
  if (result.exitCode === 0 && /^[0-9a-f]{40}$/.test(id))
    return /^0+$/.test(id) ? { kind: 'absent' } : { kind: 'found', id };
  if (/unknown revision|filtered revision|hidden revision|parse error|unknown identifier/i.test(result.stderr))
    return { kind: 'absent' };
  return unavailable(result);
}
