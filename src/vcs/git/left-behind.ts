import { joinPath, listNames, makeFolder, readTextIfPresent, remove, writeAtomically } from '../../system/files.js';
import { printable } from '../../system/printable.js';
import { quoteShell } from '../../system/quote.js';
import type { LeftBehind } from '../vcs.js';
import type { Repository } from './repository.js';
import { BY_HAND, unsentRange } from './unsent.js';
import { memoryRef, type Upstream } from './upstream.js';

const HEADS = 'refs/heads/';
const MEMORIES = 'refs/autosync/seen';

/** Every ref that {@link leftBehind} wants to know of. */
export const HEADS_AND_MEMORIES: readonly string[] = ['refs/heads', MEMORIES];

/** What the person has here: the branch that he is on, where it is kept, and every head and memory by its full name. */
type Look = { readonly branch: string; readonly upstream: Upstream; readonly refs: ReadonlyMap<string, string> };

/**
 * Finds the branches that the person committed to and left before a run came by, or while the hub was out of reach. What
 * stood on a branch when autosync first looked at the hub is his own affair; so is one that is checked out in another
 * working tree, which speaks for itself.
 */
export async function leftBehind(
  repository: Repository,
  { branch, upstream, refs }: Look,
): Promise<readonly LeftBehind[]> {
  const heads = [...refs].filter(([ref]) => ref.startsWith(HEADS) && ref !== `${HEADS}${branch}`);
  const others = heads.map(([ref, id]): Head => ({ name: ref.slice(HEADS.length), id }));
  const isFirstLook = ![...refs.keys()].some((ref) => ref.startsWith(`${MEMORIES}/`));
  const before = readSettled(repository);
  const memoryOf = (name: string): string | undefined => refs.get(memoryRef(upstream.remote, name));
  const isOpen = ({ name, id }: Head): boolean => memoryOf(name) !== id && before.get(name) !== id;
  const open = others.filter(isOpen);
  const busy = open.length === 0 ? new Set<string>() : checkedOut(repository);
  const found: LeftBehind[] = [];
  for (const head of isFirstLook ? [] : open) {
    if (busy.has(head.name)) continue;
    const left = await look(repository, { ...head, upstream, wasSent: memoryOf(head.name) !== undefined });
    if (left !== undefined) found.push(left);
  }
  const told = new Set([...busy, ...found.map((left) => left.branch)]);
  const isSettled = (head: Head): boolean =>
    before.get(head.name) === head.id || (isOpen(head) && !told.has(head.name));
  rememberSettled(repository, before, others.filter(isSettled));
  return found;
}

type Head = { readonly name: string; readonly id: string };

type Question = Head & { readonly upstream: Upstream; readonly wasSent: boolean };

/** Counts what no hub has of a branch, and tells whether the person would expect a run to send it. */
async function look(
  repository: Repository,
  { name, id, upstream, wasSent }: Question,
): Promise<LeftBehind | undefined> {
  const unsent = (await repository.git.text(['rev-list', ...unsentRange(id, undefined)]))
    .split('\n')
    .filter((line) => line !== '');
  if (unsent.length === 0) return undefined;
  const moves = await movesOf(repository, name);
  if (!wasSent && !moves.some(({ why }) => BY_COMMIT.test(why))) return undefined;
  const way = `git push ${printable(upstream.remote)} ${quoteShell(printable(name))}`;
  const mayBeSent = wasSent || wasMadeOn(moves, unsent);
  return { branch: name, head: id, commits: unsent.length, mayBeSent, way };
}

type Move = { readonly id: string; readonly why: string };

/** How git's log of a branch names a commit that was made on it, by a person or by a run. */
const BY_COMMIT = new RegExp(`${BY_HAND.source}|^autosync: `);

/** Reads git's log of a branch, newest first; empty where there is none. */
async function movesOf({ git }: Repository, name: string): Promise<readonly Move[]> {
  const result = await git.run(['reflog', 'show', '--format=%H%x00%gs', `${HEADS}${name}`]);
  const lines = result.exitCode === 0 ? result.stdout.toString('utf8').split('\n') : [];
  return lines.map((line) => ({ id: line.split('\0')[0] ?? '', why: line.split('\0')[1] ?? '' }));
}

/**
 * Tells whether every unsent commit of a branch was made on it. A branch that keeps what was taken back at the hub, under
 * whatever name, is no branch to send: those commits were made on another one.
 */
function wasMadeOn(moves: readonly Move[], unsent: readonly string[]): boolean {
  if (moves.some(({ why }) => /^Branch: renamed /.test(why))) return false;
  const made = new Set(moves.filter(({ why }) => BY_COMMIT.test(why)).map(({ id }) => id));
  return unsent.every((id) => made.has(id));
}

/** Lists the branches that stand in any working tree of the repository, by what their files say. */
function checkedOut({ commonDir }: Pick<Repository, 'commonDir'>): ReadonlySet<string> {
  const folder = joinPath(commonDir, 'worktrees');
  const linked = listNames(folder).map((name) => joinPath(joinPath(folder, name), 'HEAD'));
  const texts = [joinPath(commonDir, 'HEAD'), ...linked].map((file) => readTextIfPresent(file) ?? '');
  return new Set(texts.flatMap((text) => /^ref: refs\/heads\/(.+)\n/.exec(text)?.[1] ?? []));
}

type Place = Pick<Repository, 'privateFolder'>;

const settledFile = ({ privateFolder }: Place): ReturnType<typeof joinPath> => joinPath(privateFolder, 'settled');

/** Reads which branches are in no need of a look as long as they stand where they do: `<id> SP <branch>` on a line. */
function readSettled(repository: Place): ReadonlyMap<string, string> {
  const lines = (readTextIfPresent(settledFile(repository)) ?? '').split('\n');
  return new Map(
    lines.flatMap((line) => {
      const [, id, name] = /^([0-9a-f]{40,64}) (.+)$/.exec(line) ?? [];
      return id === undefined || name === undefined ? [] : [[name, id] as const];
    }),
  );
}

function rememberSettled(repository: Place, before: ReadonlyMap<string, string>, settled: readonly Head[]): void {
  if (settled.length === before.size && settled.every(({ name, id }) => before.get(name) === id)) return;
  if (settled.length === 0) {
    remove(settledFile(repository));
    return;
  }
  makeFolder(repository.privateFolder);
  writeAtomically(settledFile(repository), settled.map(({ name, id }) => `${id} ${name}\n`).join(''));
}
