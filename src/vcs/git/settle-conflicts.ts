import type { Conflict, ConflictKind } from '../../model/outcome.js';
import { asRelative, type RelativePath } from '../../model/paths.js';
import { conflictCopyName } from '../conflict-copy.js';
import { crowdedBy } from '../crowded.js';
import type { MergeTree, Stage } from './merge-tree-parser.js';
import { copyIndex, type IndexEntry, type PrivateIndex, writeEntries, writeTree } from './private-index.js';
import type { Repository } from './repository.js';
import { provenance, readSide, type Side } from './side.js';

/** A merge with every conflict settled. */
export type Settled = {
  readonly tree: string;
  readonly conflicts: readonly Conflict[];
  /** Files that would have more copies than they may. */
  readonly crowded: readonly RelativePath[];
};

/** A merge to settle: git's answer and the two commits. */
export type SettleRequest = { readonly merge: MergeTree; readonly ours: string; readonly theirs: string };

/** A merge to settle by copies, of which one file may have so many. */
export type CopyRequest = SettleRequest & { readonly mostCopies: number };

/**
 * Settles every conflict of a merge in the object store: the hub's version keeps the name, ours becomes a conflict copy
 * beside it, a change wins over a removal. No file ever holds conflict markers: git's own merged version of a
 * conflicted path is thrown away and the two originals are taken.
 */
export async function settleConflicts(repository: Repository, request: CopyRequest): Promise<Settled> {
  const { merge, ours, theirs, mostCopies } = request;
  const sides = { ours: await readSide(repository, ours), theirs: await readSide(repository, theirs) };
  const merged = await readSide(repository, merge.tree);
  const entries: IndexEntry[] = [];
  const conflicts: Conflict[] = [];
  for (const [path, stages] of merge.conflicted) {
    const kind = kindOf(merge, path, stages);
    const versions = await originals({ repository, merge, sides, path, stages, ours, theirs });
    const settled = await settleOne({ repository, path, kind, ...versions, merged, request });
    entries.push({ path, content: undefined }, ...settled.entries);
    conflicts.push(settled.conflict);
  }
  for (const settled of await settleCollisions({ repository, sides, merged, request })) {
    entries.push(...settled.entries);
    conflicts.push(settled.conflict);
  }
  const index = await indexOf(repository, merge.tree);
  await writeEntries(repository, index, [
    ...entries.filter(isRemoval),
    ...entries.filter((entry) => !isRemoval(entry)),
  ]);
  const added = conflicts.flatMap(({ copy }) => (copy === undefined ? [] : [copy]));
  const crowded = crowdedBy({
    conflicts,
    paths: [...merged.entries.keys(), ...added],
    isKnown: (path) => sides.ours.entries.has(path) || sides.theirs.entries.has(path),
    limit: mostCopies,
  });
  return { tree: await writeTree(repository, index), conflicts, crowded };
}

const isRemoval = (entry: IndexEntry): boolean => entry.content === undefined;

/** Returns a private index that holds a tree. */
export async function indexOf(repository: Repository, tree: string): Promise<PrivateIndex> {
  const index = copyIndex(repository);
  await repository.git.output(['read-tree', '--empty'], { env: { GIT_INDEX_FILE: index.file } });
  await repository.git.output(['read-tree', tree], { env: { GIT_INDEX_FILE: index.file } });
  return index;
}

type Versions = { readonly mine: Stage | undefined; readonly other: Stage | undefined };

/** What the two sides of a merge hold. */
export type Sides = { readonly ours: Side; readonly theirs: Side };

type OriginalsRequest = Pick<SettleRequest, 'ours' | 'theirs'> & {
  readonly repository: Repository;
  readonly merge: MergeTree;
  readonly sides: Sides;
  readonly path: RelativePath;
  readonly stages: readonly Stage[];
};

/** Git's words for renames that leave it no place for a version that it could not merge. */
const RENAMES_MEET = /rename\/rename|rename involved in collision/;

/**
 * Returns the two versions of a conflicted path as they were committed. Where renames meet, git puts into a stage what
 * it made of several versions: that is taken when it lacks nothing. It may have markers in it, though, or be one of
 * them alone; then the committed ones stand in for it.
 */
export async function originals(request: OriginalsRequest): Promise<Versions> {
  const { merge, sides, path, stages } = request;
  const renamesMeet = merge.messages.some(({ type, paths }) => RENAMES_MEET.test(type) && paths.includes(path));
  const pick = async (number: 2 | 3, side: Side): Promise<Stage | undefined> => {
    const found = stages.find(({ stage }) => stage === number);
    const committed = renamesMeet ? side.entries.get(path) : undefined;
    if (found === undefined || committed === undefined || found.id === committed.id) return found;
    return (await lacksNothing(request, found, committed)) ? found : { stage: number, ...committed };
  };
  return { mine: await pick(2, sides.ours), other: await pick(3, sides.theirs) };
}

/** Tells whether a stage holds all that was committed: it was merged cleanly, or only the other side had changed it. */
async function lacksNothing(
  { repository, sides, ours, theirs }: OriginalsRequest,
  found: Stage,
  committed: Pick<Stage, 'id'>,
): Promise<boolean> {
  const ids = ({ entries }: Side): readonly string[] => [...entries.values()].map(({ id }) => id);
  const blob = await repository.git.output(['cat-file', 'blob', found.id]);
  if (hasMarkers(blob.toString('latin1'), [ours, theirs])) return false;
  if (![...ids(sides.ours), ...ids(sides.theirs)].includes(found.id)) return true;
  const base = await repository.git.run(['merge-base', ours, theirs]);
  if (base.exitCode !== 0) return false;
  return ids(await readSide(repository, base.stdout.toString('utf8').trim())).includes(committed.id);
}

/** Markers are of any size, as `.gitattributes` says; behind them stands which side it is. */
const hasMarkers = (text: string, labels: readonly string[]): boolean =>
  new RegExp(`^(<{7,}|>{7,}|[<>]+ (${labels.join('|')}))`, 'm').test(text);

type Collisions = Pick<OneConflict, 'repository' | 'merged' | 'request'> & { readonly sides: Sides };

/**
 * Keeps what git has no stage for: a file that one side edited and the other renamed to a name which meets yet another
 * file, when the edit could not be merged. It becomes a conflict copy beside the new name.
 */
async function settleCollisions({ sides, ...one }: Collisions): Promise<readonly SettledOne[]> {
  const settled: SettledOne[] = [];
  for (const { type, paths } of one.request.merge.messages) {
    const [path, source] = paths;
    if (!/rename involved in collision/.test(type) || path === undefined || source === undefined) continue;
    const [ours, theirs] = [sides.ours.entries.get(source), sides.theirs.entries.get(source)];
    const edited = ours === undefined ? theirs && { stage: 3 as const, ...theirs } : { stage: 2 as const, ...ours };
    if (edited === undefined) continue;
    const copy = await copyName(one, path, edited);
    settled.push({ entries: [entry(copy, edited)], conflict: { path: source, kind: 'rename', kept: path, copy } });
  }
  return settled;
}

type OneConflict = Versions & {
  readonly repository: Repository;
  readonly path: RelativePath;
  readonly kind: ConflictKind;
  /** What git's own merge holds. */
  readonly merged: Side;
  readonly request: SettleRequest;
};

type SettledOne = { readonly entries: readonly IndexEntry[]; readonly conflict: Conflict };

async function settleOne(one: OneConflict): Promise<SettledOne> {
  const { path, kind, mine, other, request } = one;
  if (mine !== undefined && other !== undefined) return await settleBoth(one, mine, other);
  const only = mine ?? other;
  if (only === undefined) return { entries: [], conflict: { path, kind } };
  // Git sets a file aside that meets a folder, or a link that meets a file, as `<path>~<commit>`.
  const name = withoutLabel(path, request);
  if (name === undefined) return { entries: [entry(path, only)], conflict: { path, kind, kept: path } };
  const copy = await copyName(one, name, only);
  return { entries: [entry(copy, only)], conflict: { path: name, kind: 'file-directory', kept: name, copy } };
}

async function settleBoth(one: OneConflict, mine: Stage, other: Stage): Promise<SettledOne> {
  const { path, kind } = one;
  const entries = [entry(path, other)];
  if (mine.id === other.id) return { entries, conflict: { path, kind: 'mode', kept: path } };
  if (mine.mode === SUBMODULE || other.mode === SUBMODULE) {
    return { entries, conflict: { path, kind: 'submodule', kept: path } };
  }
  const copy = await copyName(one, path, mine);
  return { entries: [...entries, entry(copy, mine)], conflict: { path, kind, kept: path, copy } };
}

const SUBMODULE = '160000';

const entry = (path: RelativePath, { mode, id }: Stage): IndexEntry => ({ path, content: { mode, id } });

async function copyName(
  one: Pick<OneConflict, 'repository' | 'merged' | 'request'>,
  path: RelativePath,
  { stage, id }: Stage,
): Promise<RelativePath> {
  const { ours, theirs } = one.request;
  const [side, other] = stage === 2 ? [ours, theirs] : [theirs, ours];
  // An earlier copy of the same version may stand there, edited since.
  const isTaken = (name: RelativePath): boolean => (one.merged.entries.get(name)?.id ?? id) !== id;
  return conflictCopyName({ path, id, ...(await provenance(one.repository, { side, other, path })) }, isTaken);
}

/** Returns the name of a file that git has set aside as `<path>~<commit>`; undefined for any other path. */
export function withoutLabel(path: RelativePath, { ours, theirs }: SettleRequest): RelativePath | undefined {
  const at = [ours, theirs].map((id) => path.indexOf(`~${id}`)).find((found) => found > 0);
  return at === undefined ? undefined : asRelative(path.slice(0, at));
}

/** Says what kind of conflict a path is in, from git's message types and the stages there are. */
export function kindOf(merge: MergeTree, path: RelativePath, stages: readonly Stage[]): ConflictKind {
  const types = merge.messages.filter(({ paths }) => paths.includes(path)).map(({ type }) => type);
  const says = (pattern: RegExp): boolean => types.some((type) => pattern.test(type));
  if (stages.some(({ mode }) => mode === SUBMODULE)) return 'submodule';
  if (says(/rename/)) return 'rename';
  if (says(/file\/directory|distinct/)) return 'file-directory';
  if (says(/modify\/delete/)) return 'modify-delete';
  if (says(/binary/)) return 'binary';
  return stages.some(({ stage }) => stage === 1) ? 'content' : 'both-added';
}
