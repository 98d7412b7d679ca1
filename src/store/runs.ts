import type { AbsolutePath } from '../model/paths.js';
import { joinPath, readTextIfPresent, writeAtomically } from '../system/files.js';
import { isRecord, parseRecord } from './json.js';

/** What moved a branch: a run, or something that a person asked for. */
export type RunKind = 'run' | 'snapshot' | 'restore' | 'resolve' | 'undo';

/** One thing of ours that moved a branch; the commits are named by their full ids. */
export type Run = {
  readonly kind: RunKind;
  /** Milliseconds since 1970 at which it ended. */
  readonly at: number;
  readonly branch: string;
  readonly from: string;
  readonly to: string;
};

/** More than a month of what a busy machine does. */
const MAX_RUNS = 500;

const file = (privateFolder: AbsolutePath): AbsolutePath => joinPath(privateFolder, 'runs.json');

/** Returns what moved a repository's branches, oldest first; a file that is damaged tells nothing. */
export function readRuns(privateFolder: AbsolutePath): readonly Run[] {
  const runs = parseRecord(readTextIfPresent(file(privateFolder)) ?? '')?.['runs'];
  return Array.isArray(runs) ? runs.filter(isRun) : [];
}

/** Adds one; the repository's lock must be ours. */
export function appendRun(privateFolder: AbsolutePath, run: Run): void {
  const runs = [...readRuns(privateFolder), run].slice(-MAX_RUNS);
  writeAtomically(file(privateFolder), `${JSON.stringify({ schema: 1, runs })}\n`);
}

const KINDS: ReadonlySet<unknown> = new Set<RunKind>(['run', 'snapshot', 'restore', 'resolve', 'undo']);
const isId = (value: unknown): boolean => typeof value === 'string' && /^[0-9a-f]{40,64}$/.test(value);

function isRun(value: unknown): value is Run {
  if (!isRecord(value) || !KINDS.has(value['kind'])) return false;
  return (
    Number.isFinite(value['at']) && typeof value['branch'] === 'string' && [value['from'], value['to']].every(isId)
  );
}
