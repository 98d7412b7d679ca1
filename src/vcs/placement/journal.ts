import { errorCode } from '../../model/errors.js';
import type { AbsolutePath, RelativePath } from '../../model/paths.js';
import { joinPath, listNames, move, readTextIfPresent, removeTree, writeAtomically } from '../../system/files.js';
import type { Step } from './plan.js';

/** A step whose new version lies ready. */
export type StagedStep = Step & {
  /** The fingerprint of the new version; undefined when none is put in place. */
  readonly newPrint: string | undefined;
};

/** What a placement leaves to the next run should it be killed: enough to take every step back. */
export type Journal = {
  readonly schema: 1;
  /** The branch that is to stand on `to`. */
  readonly branch: string;
  /** What stood in the working tree, and what is to stand there, as the version control system names commits. */
  readonly from: string;
  readonly to: string;
  readonly steps: readonly StagedStep[];
  /** Folders that the placement makes, outermost first. */
  readonly newFolders: readonly RelativePath[];
};

/** Tells whether the branch of a placement stands on its commit, or on one that continues it. */
export type IsCommitted = (journal: Pick<Journal, 'branch' | 'from' | 'to'>) => Promise<boolean>;

/** The folders of one placement inside the private folder. */
export type PlacementFolders = {
  readonly root: AbsolutePath;
  readonly journal: AbsolutePath;
  /** Old versions, moved aside, named by their step. */
  readonly old: AbsolutePath;
  /** New versions, complete, under their own paths. */
  readonly fresh: AbsolutePath;
  /** What a roll-back took out of the working tree, until it has been looked at. */
  readonly bin: AbsolutePath;
};

/** Names the folders of the placement that is under way, below a staging folder. */
export function placementFolders(staging: AbsolutePath, name = 'placement'): PlacementFolders {
  const root = joinPath(staging, name);
  return {
    root,
    journal: joinPath(root, 'journal.json'),
    old: joinPath(root, 'old'),
    fresh: joinPath(root, 'new'),
    bin: joinPath(root, 'bin'),
  };
}

/** How the folder is called of a placement that is over, until it has been looked at for late writers. */
export const ASIDE = 'aside-';

/** Removes the folders of a placement; killed on the way, it leaves nothing that could be taken for one. */
export function discard(staging: AbsolutePath, folders: PlacementFolders): void {
  move(folders.root, joinPath(staging, `${SPENT}${Date.now()}-${process.pid}`));
  removeSpent(staging);
}

/** Removes what is left of placements that are over. */
export function removeSpent(staging: AbsolutePath): void {
  for (const name of listNames(staging)) if (name.startsWith(SPENT)) removeTree(joinPath(staging, name));
}

const SPENT = 'spent-';

/** Writes the journal, flushed, before anything of the person's is moved. */
export function writeJournal(folders: PlacementFolders, journal: Journal): void {
  writeAtomically(folders.journal, JSON.stringify(journal));
}

/** Reads a journal: undefined when there is none, `damaged` when it cannot be read. */
export function readJournal(folders: PlacementFolders): Journal | 'damaged' | undefined {
  const text = readTextIfPresent(folders.journal);
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isJournal(value) ? value : 'damaged';
  } catch (error) {
    if (errorCode(error) !== undefined) throw error;
    return 'damaged';
  }
}

function isJournal(value: unknown): value is Journal {
  if (typeof value !== 'object' || value === null) return false;
  if (!('schema' in value) || value.schema !== 1) return false;
  if (!('steps' in value) || !Array.isArray(value.steps) || !('newFolders' in value)) return false;
  return value.steps.every((step: unknown) => isStep(step)) && 'to' in value && 'from' in value && 'branch' in value;
}

/** A journal is our own file, yet a path in it that leaves the tree must never be followed. */
function isStep(step: unknown): boolean {
  if (typeof step !== 'object' || step === null || !('n' in step) || !('path' in step)) return false;
  return typeof step.n === 'number' && isInsidePath(step.path) && (!('copy' in step) || isInsidePath(step.copy));
}

function isInsidePath(path: unknown): boolean {
  return typeof path === 'string' && path !== '' && !path.startsWith('/') && !path.split('/').includes('..');
}
