import type { Stats } from 'node:fs';
import { dirname } from 'node:path/posix';
import type { AbsolutePath, RelativePath } from '../../model/paths.js';
import { joinPath, listNames, lstatIfAllowed, lstatIfPresent, type Unseen } from '../../system/files.js';
import { printable } from '../../system/printable.js';
import { copiesBeside } from '../crowded.js';
import { unplaceable } from '../unplaceable.js';
import { fingerprint } from './fingerprint.js';
import { hasRealParents, linkAbove } from './parents.js';
import { folded, isSameFile, spellingOf } from './spelling.js';

/** What a version control system says stands at a path: `id` names the bytes, `mode` is git's octal file mode. */
export type Content = { readonly id: string; readonly mode: string };

/** One path that differs between the commit that stands in the working tree and the one that shall stand there. */
export type TreeDifference = {
  readonly path: RelativePath;
  readonly old: Content | undefined;
  readonly new: Content | undefined;
};

/** What the placement does with one path; `n` names the path's files in the private folder. */
export type Step = TreeDifference & {
  readonly n: number;
  /** The fingerprint of the old version as it was found; undefined when nothing leaves, or it leaves as a copy. */
  readonly oldPrint: string | undefined;
  /**
   * Where a file goes that stands in the way and is in no commit (ignored, untracked, left out of the snapshot);
   * undefined when what stands here must be exactly `old`.
   */
  readonly copy: RelativePath | undefined;
  /** The new version stands there already, so nothing is to be done. */
  readonly adopted: boolean;
};

/**
 * Returns steps in the order in which old versions are taken away; they come back in the reverse one. What stands in the
 * way of a folder's name is whatever is left in that folder, so it goes last, and what lies deeper before that.
 */
export function asTaken<S extends Pick<Step, 'path' | 'copy'>>(steps: readonly S[]): readonly S[] {
  const depth = ({ path }: S): number => path.split('/').length;
  const displaced = steps.filter(({ copy }) => copy !== undefined).sort((one, other) => depth(other) - depth(one));
  return [...steps.filter(({ copy }) => copy === undefined), ...displaced];
}

/** A reason to take everything back and start again: the working tree is not as the plan expects. */
export type Surprise = {
  readonly path: RelativePath;
  readonly what: string;
  /** It would have to give way, and has as many copies as it may: starting again does not help. */
  readonly isCrowded?: true;
  /** What a person can do, where starting again does not help. */
  readonly remedy?: string;
};

/** What planning has to know of the working tree and its version control system. */
export type PlanRequest = {
  readonly top: AbsolutePath;
  readonly differences: readonly TreeDifference[];
  /** Paths whose content on disk is in no commit. */
  readonly uncommitted: ReadonlySet<string>;
  /** Tells whether what stands at a place is a content, were it committed under a path. */
  readonly matches: (path: RelativePath, at: AbsolutePath, content: Content) => Promise<boolean>;
  /** Tells whether the commit that stands in the working tree holds a path. */
  readonly isTracked: (path: RelativePath) => Promise<boolean>;
  readonly copyName: CopyName;
  /** So many copies one file may have; as many as it takes where nothing is said. */
  readonly mostCopies?: number;
};

/** Names the copy under which something that is in no commit is kept; the name must not be taken. */
export type CopyName = (path: RelativePath, at: AbsolutePath, isTaken: (name: RelativePath) => boolean) => RelativePath;

/**
 * Decides, path by path, what is to be done, by looking only. Whoever saves after this look is met again when the file
 * is moved aside.
 */
export async function plan(request: PlanRequest): Promise<readonly Step[] | Surprise> {
  const steps: Step[] = [];
  const leaves = leavingFrom(request);
  const displaced = new Set<string>();
  for (const difference of request.differences) {
    const closed = outOfReach(request, difference.path, leaves);
    if (closed !== undefined) return closed;
    const parent = difference.new === undefined ? undefined : parentInTheWay(request, difference.path, leaves);
    if (parent !== undefined && !displaced.has(parent)) {
      displaced.add(parent);
      const nothing = { path: parent, old: undefined, new: undefined, oldPrint: undefined, adopted: false };
      const moved = displacedStep(request, nothing);
      if ('what' in moved) return moved;
      steps.push({ ...moved, n: steps.length });
    }
    const step = await planOne(request, difference, leaves);
    if ('what' in step) return step;
    steps.push({ ...step, n: steps.length });
  }
  return steps;
}

/** Tells whether what stands at a path leaves in this very placement. */
type Leaves = (path: string) => boolean;

/**
 * Returns a look-up of what leaves. Where the disk takes two spellings for one name, what stands under a new name may be
 * what leaves under an old one: neither is that the new version, nor in its way.
 */
function leavingFrom({ top, differences }: PlanRequest): Leaves {
  const leaving = new Set<string>();
  const going = new Map<string, RelativePath>();
  for (const { path, old, new: content } of differences) {
    if (old === undefined) continue;
    leaving.add(path);
    if (content === undefined) going.set(folded(path), path);
  }
  return (path) => {
    if (leaving.has(path)) return true;
    const other = going.get(folded(path));
    return other !== undefined && isSameFile(joinPath(top, path), joinPath(top, other));
  };
}

const UNSEEN: Readonly<Record<Unseen, Pick<Surprise, 'what' | 'remedy'>>> = {
  closed: {
    what: 'lies in a folder that may not be entered',
    remedy: 'make that folder your own again, for instance with chmod u+rwx',
  },
  broken: {
    what: 'cannot be looked at',
    remedy: 'see whether the disk, or the connection to it, is in order',
  },
};

/** Says why nothing can be looked at, or put, at a path as things stand here. */
function outOfReach({ top, uncommitted }: PlanRequest, path: RelativePath, leaves: Leaves): Surprise | undefined {
  // Every adapter has asked before it came here; the one that forgets it places nothing there, either.
  const never = unplaceable(path);
  if (never !== undefined) return { path, ...never };
  const found = lstatIfAllowed(joinPath(top, path));
  if (typeof found === 'string') return { path, ...UNSEEN[found] };
  const link = linkAbove(top, path);
  if (link === undefined || leaves(link)) return undefined;
  // Were the link moved aside, all else that is committed below it would seem to be removed.
  if (![...uncommitted].some((one) => one.startsWith(`${link}/`))) return undefined;
  const remedy = 'put the folder back in its place, or commit the link instead of it';
  return { path: link, what: `is a link here, and '${printable(path)}' comes in below it`, remedy };
}

async function planOne(
  request: PlanRequest,
  difference: TreeDifference,
  leaves: Leaves,
): Promise<Omit<Step, 'n'> | Surprise> {
  const { path } = difference;
  const at = joinPath(request.top, path);
  // Behind a link stands what is not ours to look at; the link itself is in the way, or leaves.
  const stats = hasRealParents(request.top, path) ? lstatIfPresent(at) : undefined;
  const plain = { ...difference, copy: undefined, oldPrint: undefined, adopted: false };
  if (difference.old !== undefined) {
    // Left out of the snapshot: its removal, too, is in no commit, and there is nothing to take away.
    if (stats === undefined) return request.uncommitted.has(path) ? plain : { path, what: 'vanished' };
    // Taken first: a save that comes after it is met when the file is moved aside.
    const oldPrint = fingerprint(at);
    if (oldPrint !== undefined && (await request.matches(path, at, difference.old))) return { ...plain, oldPrint };
    // Left out of the snapshot, so its bytes are in no commit: they move aside under a name of their own.
    return request.uncommitted.has(path) ? displacedStep(request, plain) : { path, what: 'changed meanwhile' };
  }
  if (stats === undefined || difference.new === undefined || leaves(path)) return plain;
  if (stats.isDirectory() && holdsOnlyLeaving(request.top, path, leaves)) return plain;
  return await giveWay(request, plain, { content: difference.new, isFolder: stats.isDirectory() });
}

type Arrival = { readonly content: Content; readonly isFolder: boolean };

/** Plans a path that comes in where something stands that does not leave. */
async function giveWay(
  request: PlanRequest,
  plain: Omit<Step, 'n'>,
  { content, isFolder }: Arrival,
): Promise<Omit<Step, 'n'> | Surprise> {
  const { path } = plain;
  const spelling = spellingOf(request.top, path);
  if (spelling !== path && (await request.isTracked(spelling))) return oneFile(path, spelling);
  if (!isFolder && (await request.matches(path, joinPath(request.top, path), content)))
    return { ...plain, adopted: true };
  return displacedStep(request, plain);
}

/** Says that two paths which the hub tells apart are one here. */
export const oneFile = (path: RelativePath, other: RelativePath): Surprise => ({
  path,
  what: `is the same file here as '${printable(other)}'`,
  remedy: 'rename one of them on another machine, or here and commit it',
});

function displacedStep(
  { top, differences, copyName, mostCopies }: PlanRequest,
  step: Omit<Step, 'n' | 'copy'>,
): Omit<Step, 'n'> | Surprise {
  if (mostCopies !== undefined && copiesBeside(top, step.path) >= mostCopies) {
    return { path: step.path, what: 'has too many conflict copies', isCrowded: true };
  }
  const isTaken = (name: RelativePath): boolean =>
    lstatIfPresent(joinPath(top, name)) !== undefined || differences.some(({ path }) => path === name);
  return { ...step, copy: copyName(step.path, joinPath(top, step.path), isTaken) };
}

/** Returns the parent of a path where something stands that is no folder and does not leave. */
function parentInTheWay(request: PlanRequest, path: RelativePath, leaves: Leaves): RelativePath | undefined {
  for (let parent = dirname(path); parent !== '.'; parent = dirname(parent)) {
    const stats: Stats | undefined = lstatIfPresent(joinPath(request.top, parent));
    if (stats !== undefined && !stats.isDirectory() && !leaves(parent)) return parent as RelativePath;
  }
  return undefined;
}

/** Tells whether all that a folder holds leaves in this very placement, so that a file may take its name. */
function holdsOnlyLeaving(top: AbsolutePath, folder: string, leaves: Leaves): boolean {
  return listNames(joinPath(top, folder)).every((name) => {
    const path = `${folder}/${name}`;
    if (leaves(path)) return true;
    return lstatIfPresent(joinPath(top, path))?.isDirectory() === true && holdsOnlyLeaving(top, path, leaves);
  });
}
