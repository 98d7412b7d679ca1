import type { Stats } from 'node:fs';
import { dirname } from 'node:path/posix';
import type { AbsolutePath, RelativePath } from '../../model/paths.js';
import { joinPath, listNames, lstatIfPresent } from '../../system/files.js';
import { fingerprint } from './fingerprint.js';
import { hasRealParents } from './parents.js';

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

/** A reason to take everything back and start again: the working tree is not as the plan expects. */
export type Surprise = { readonly path: RelativePath; readonly what: string };

/** What planning has to know of the working tree and its version control system. */
export type PlanRequest = {
  readonly top: AbsolutePath;
  readonly differences: readonly TreeDifference[];
  /** Paths whose content on disk is in no commit. */
  readonly uncommitted: ReadonlySet<string>;
  /** Tells whether what stands at a place is a content, were it committed under a path. */
  readonly matches: (path: RelativePath, at: AbsolutePath, content: Content) => Promise<boolean>;
  readonly copyName: CopyName;
};

/** Names the copy under which something that is in no commit is kept; the name must not be taken. */
export type CopyName = (path: RelativePath, at: AbsolutePath, isTaken: (name: RelativePath) => boolean) => RelativePath;

/**
 * Decides, path by path, what is to be done, by looking only. Whoever saves after this look is met again when the file
 * is moved aside.
 */
export async function plan(request: PlanRequest): Promise<readonly Step[] | Surprise> {
  const steps: Step[] = [];
  const leaving = new Set<string>();
  for (const { path, old } of request.differences) if (old !== undefined) leaving.add(path);
  const displaced = new Set<string>();
  for (const difference of request.differences) {
    const parent = difference.new === undefined ? undefined : parentInTheWay(request, difference.path, leaving);
    if (parent !== undefined && !displaced.has(parent)) {
      displaced.add(parent);
      const nothing = { path: parent, old: undefined, new: undefined, oldPrint: undefined, adopted: false };
      steps.push({ ...displacedStep(request, nothing), n: steps.length });
    }
    const step = await planOne(request, difference, leaving);
    if ('what' in step) return step;
    steps.push({ ...step, n: steps.length });
  }
  return steps;
}

async function planOne(
  request: PlanRequest,
  difference: TreeDifference,
  leaving: ReadonlySet<string>,
): Promise<Omit<Step, 'n'> | Surprise> {
  const { path } = difference;
  const at = joinPath(request.top, path);
  // Behind a link stands what is not ours to look at; the link itself is in the way, or leaves.
  const stats = hasRealParents(request.top, path) ? lstatIfPresent(at) : undefined;
  const plain = { ...difference, copy: undefined, oldPrint: undefined, adopted: false };
  if (difference.old !== undefined) {
    if (stats === undefined) return { path, what: 'vanished' };
    // Taken first: a save that comes after it is met when the file is moved aside.
    const oldPrint = fingerprint(at);
    if (oldPrint !== undefined && (await request.matches(path, at, difference.old))) return { ...plain, oldPrint };
    // Left out of the snapshot, so its bytes are in no commit: they move aside under a name of their own.
    return request.uncommitted.has(path) ? displacedStep(request, plain) : { path, what: 'changed meanwhile' };
  }
  if (stats === undefined || difference.new === undefined) return plain;
  if (stats.isDirectory() && holdsOnlyLeaving(request.top, path, leaving)) return plain;
  if (!stats.isDirectory() && (await request.matches(path, at, difference.new))) return { ...plain, adopted: true };
  return displacedStep(request, plain);
}

function displacedStep({ top, differences, copyName }: PlanRequest, step: Omit<Step, 'n' | 'copy'>): Omit<Step, 'n'> {
  const isTaken = (name: RelativePath): boolean =>
    lstatIfPresent(joinPath(top, name)) !== undefined || differences.some(({ path }) => path === name);
  return { ...step, copy: copyName(step.path, joinPath(top, step.path), isTaken) };
}

/** Returns the parent of a path where something stands that is no folder and does not leave. */
function parentInTheWay(
  request: PlanRequest,
  path: RelativePath,
  leaving: ReadonlySet<string>,
): RelativePath | undefined {
  for (let parent = dirname(path); parent !== '.'; parent = dirname(parent)) {
    const stats: Stats | undefined = lstatIfPresent(joinPath(request.top, parent));
    if (stats !== undefined && !stats.isDirectory() && !leaving.has(parent)) return parent as RelativePath;
  }
  return undefined;
}

/** Tells whether all that a folder holds leaves in this very placement, so that a file may take its name. */
function holdsOnlyLeaving(top: AbsolutePath, folder: string, leaving: ReadonlySet<string>): boolean {
  return listNames(joinPath(top, folder)).every((name) => {
    const path = `${folder}/${name}`;
    if (leaving.has(path)) return true;
    return lstatIfPresent(joinPath(top, path))?.isDirectory() === true && holdsOnlyLeaving(top, path, leaving);
  });
}
