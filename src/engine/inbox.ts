import type { ConflictKind } from '../model/outcome.js';
import type { RelativePath } from '../model/paths.js';
import type { LeftToPerson, RepoState } from '../store/state.js';
import { joinPath, lstatIfPresent } from '../system/files.js';
import { printable } from '../system/printable.js';
import { copyAround, isAtOrBelow, type ParsedCopy, parseConflictCopy } from '../vcs/conflict-copy.js';
import type { WorkingTree } from '../vcs/vcs.js';
import type { FileVersion } from '../vcs/versions.js';
import { readAnnounced } from './announce.js';

/** One version of a file in conflict. */
export type Side = {
  /** Where it stands; undefined where it is in no file: removed, or not merged yet. */
  readonly path: RelativePath | undefined;
  /** The machine that made it, else its author; undefined where nothing tells. */
  readonly machine: string | undefined;
};

/** A conflict that waits for a person. */
export type OpenConflict = {
  /** `copied`: both versions stand in the tree. `paused`: nothing has been merged yet. */
  readonly state: 'copied' | 'paused';
  readonly path: RelativePath;
  /** The conflict copy; undefined where nothing has been merged yet. */
  readonly copy: RelativePath | undefined;
  /** Undefined where nothing tells. */
  readonly kind: ConflictKind | undefined;
  /** Milliseconds since 1970. */
  readonly since: number;
  /** The version that has the file's name, and the other one. */
  readonly kept: Side;
  readonly other: Side;
  /** Which of them is this machine's; undefined where neither is, or nothing tells. */
  readonly mine: 'kept' | 'other' | undefined;
  /** The merge that made the copy, whose sides tell the common ancestor. */
  readonly merge: string | undefined;
};

/** Where conflicts are looked for: in the tree as it is, and in what was remembered of one that was left to a person. */
export type InboxRequest = {
  readonly tree: WorkingTree;
  readonly branch: string;
  readonly head: string;
  readonly machine: string;
  readonly state: RepoState | undefined;
};

/** Lists the conflicts of a repository that wait for a person, by their paths; a copy that is gone is none any more. */
export async function openConflicts(request: InboxRequest): Promise<readonly OpenConflict[]> {
  const files = await request.tree.versions.copies();
  const copies = new Map<RelativePath, RelativePath>();
  for (const file of files) {
    const copy = copyAround(file);
    if (copy !== undefined && !copies.has(copy)) copies.set(copy, file);
  }
  const found: OpenConflict[] = [...(await pausedConflicts(request))];
  for (const [copy, file] of copies) {
    const parsed = parseConflictCopy(copy);
    if (parsed !== undefined) found.push(await copiedConflict(request, { copy, file, parsed }));
  }
  return found.sort((one, other) => (`${one.path}\0${one.copy ?? ''}` < `${other.path}\0${other.copy ?? ''}` ? -1 : 1));
}

type Copy = {
  readonly copy: RelativePath;
  /** The copy itself, or the first file in it. */
  readonly file: RelativePath;
  readonly parsed: ParsedCopy;
};

/** More versions than a copy ever has. */
const MANY_VERSIONS = 1000;

async function copiedConflict(request: InboxRequest, { copy, file, parsed }: Copy): Promise<OpenConflict> {
  const { tree, head, machine } = request;
  const added = (await tree.versions.list({ path: file, from: head, limit: MANY_VERSIONS })).at(-1);
  const isMerge = added !== undefined && (await isMergeCommit(tree, added.id));
  const isThere = lstatIfPresent(joinPath(tree.top, parsed.path)) !== undefined;
  const last = isThere
    ? await lastVersion(tree, { path: parsed.path, from: head, merge: isMerge ? added.id : undefined })
    : undefined;
  const kept: Side = { path: isThere ? parsed.path : undefined, machine: last && (last.machine ?? last.author) };
  const other: Side = { path: copy, machine: parsed.machine };
  const merger = isMerge ? added.machine : undefined;
  return {
    state: 'copied',
    path: parsed.path,
    copy,
    kind: added && kindIn(added.message, copy),
    since: added?.at ?? lstatIfPresent(joinPath(tree.top, copy))?.mtimeMs ?? 0,
    kept,
    other,
    mine: whoseIs(machine, { kept: kept.machine, other: parsed.machine, merger }),
    merge: isMerge ? added.id : undefined,
  };
}

const isMergeCommit = async ({ versions }: WorkingTree, id: string): Promise<boolean> =>
  (await versions.ancestor(`${id}^1`, `${id}^2`)) !== undefined;

type LastRequest = { readonly path: RelativePath; readonly from: string; readonly merge: string | undefined };

/** Finds who made the version that has the name: where nothing was changed since, what the merge got from the hub. */
async function lastVersion({ versions }: WorkingTree, request: LastRequest): Promise<FileVersion | undefined> {
  const { path, from, merge } = request;
  const [last] = await versions.list({ path, from, limit: 1 });
  if (last === undefined || merge === undefined) return last;
  if ((await versions.ancestor(last.id, merge)) !== last.id) return last;
  return (await versions.list({ path, from: `${merge}^2`, limit: 1 }))[0] ?? last;
}

/** Whose name says so; a commit that was made by hand names no machine, but whoever merged it, merged his own. */
function whoseIs(
  machine: string,
  known: { readonly kept: string | undefined; readonly other: string; readonly merger: string | undefined },
): OpenConflict['mine'] {
  if (known.other === machine) return 'other';
  if (known.kept === machine) return 'kept';
  return known.merger === machine ? 'other' : undefined;
}

const KINDS: readonly ConflictKind[] = [
  'content',
  'both-added',
  'modify-delete',
  'rename',
  'file-directory',
  'mode',
  'binary',
  'submodule',
  'in-the-way',
];

/** Reads the kind out of a merge's message: `<kind>: <kept>, and <copy>` on a line of its own. */
function kindIn(message: string, copy: RelativePath): ConflictKind | undefined {
  const line = message.split('\n').find((text) => text.endsWith(`, and ${printable(copy)}`));
  return KINDS.find((kind) => line?.startsWith(`${kind}: `) === true);
}

/** Returns the merge that waits for a person, as the last run that got so far has found it. */
export function leftToPerson(state: RepoState | undefined): LeftToPerson | undefined {
  // A state that an earlier version has written has the report alone.
  const last = state?.leftToPerson ?? state?.lastReport;
  return last?.integrate.kind === 'paused' ? last : undefined;
}

/** Lists what a run found and left to a person, unless it has been merged by hand since. */
async function pausedConflicts(request: InboxRequest): Promise<readonly OpenConflict[]> {
  const { tree, branch, head, machine, state } = request;
  const left = leftToPerson(state);
  if (state === undefined || left === undefined || left.branch !== branch) return [];
  const hub = await tree.versions.hubHead(branch);
  if (hub === undefined || (await tree.versions.ancestor(head, hub)) === hub) return [];
  const since = readAnnounced(state.announced).troubles.find(({ key }) => key === 'conflict')?.since;
  const found: OpenConflict[] = [];
  for (const { path, kind } of left.integrate.conflicts) {
    const [theirs] = await tree.versions.list({ path, from: hub, limit: 1 });
    const isHere = (await tree.versions.entries(head, path)).length > 0;
    found.push({
      state: 'paused',
      path,
      copy: undefined,
      kind,
      since: since ?? state.lastRunAt ?? 0,
      kept: { path: isHere ? path : undefined, machine },
      other: { path: undefined, machine: theirs && (theirs.machine ?? theirs.author) },
      mine: 'kept',
      merge: undefined,
    });
  }
  return found;
}

/** Tells whether a conflict is about a path: the file, the copy, or what lies in one of them. */
export const isAbout = ({ path, copy }: OpenConflict, wanted: RelativePath): boolean =>
  isAtOrBelow(wanted, path) || (copy !== undefined && isAtOrBelow(wanted, copy));
