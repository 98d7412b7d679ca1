import { AutosyncError } from '../model/errors.js';
import type { AbsolutePath } from '../model/paths.js';
import { joinPath } from '../system/files.js';
import { parseRecord } from './json.js';
import type { Locations } from './locations.js';
import { readOwnFile, removeOwnFile, writeOwnFile } from './own-file.js';
import { takeTurns } from './turns.js';

/** What autosync remembers of a mirror from run to run; times are milliseconds since 1970. */
export type MirrorState = {
  readonly schema: 1;
  readonly lastRunAt?: number;
  /** When a run last ended with the git side holding everything. */
  readonly lastGoodRunAt?: number;
  readonly lastVerdict?: string;
  /** Why the last run was no success; empty when it was. */
  readonly lastWhy?: string;
  /** Changesets that the git side has. */
  readonly mirrored: number;
  /** Changesets that the source had when it was last read. */
  readonly changesets: number;
  /** Runs in a row that did not succeed. */
  readonly failures: number;
  /** Before this time no run by the schedule is made. */
  readonly nextTryAt?: number;
  /** What the person has been told, and what could not be told yet, as whoever tells keeps it. */
  readonly announced?: unknown;
  readonly unheard?: unknown;
};

const NEVER_RUN: MirrorState = { schema: 1, mirrored: 0, changesets: 0, failures: 0 };

const stateFile = (locations: Locations, name: string): AbsolutePath =>
  joinPath(locations.state, 'mirrors', `${name}.json`);

/** Returns what is remembered of a mirror: nothing, without an error, if the file is missing or damaged. */
export function readMirrorState(locations: Locations, name: string): MirrorState {
  try {
    return parseState(readOwnFile(stateFile(locations, name))?.toString('utf8') ?? '');
  } catch (error) {
    if (error instanceof AutosyncError) return NEVER_RUN;
    throw error;
  }
}

/** Remembers what `change` makes of the present state; no change by another process is lost. */
export function updateMirrorState(
  locations: Locations,
  wanted: { readonly name: string; readonly change: (state: MirrorState) => MirrorState },
): Promise<void> {
  return takeTurns(locations, 'state', () => {
    const state = wanted.change(readMirrorState(locations, wanted.name));
    writeOwnFile(stateFile(locations, wanted.name), `${JSON.stringify(state)}\n`);
  });
}

/** Forgets a mirror. */
export const removeMirrorState = (locations: Locations, name: string): void =>
  removeOwnFile(stateFile(locations, name));

/** Keeps every member that is what it should be; one that is not says nothing, and the others still count. */
function parseState(text: string): MirrorState {
  const found = parseRecord(text);
  if (found?.['schema'] !== 1) return NEVER_RUN;
  const { lastRunAt, lastGoodRunAt, lastVerdict, lastWhy, nextTryAt, mirrored, changesets, failures } = found;
  const { announced, unheard } = found;
  return {
    schema: 1,
    mirrored: countOf(mirrored),
    changesets: countOf(changesets),
    failures: countOf(failures),
    ...(isNumber(lastRunAt) && { lastRunAt }),
    ...(isNumber(lastGoodRunAt) && { lastGoodRunAt }),
    ...(isNumber(nextTryAt) && { nextTryAt }),
    ...(typeof lastVerdict === 'string' && { lastVerdict }),
    ...(typeof lastWhy === 'string' && { lastWhy }),
    ...(announced !== undefined && { announced }),
    ...(unheard !== undefined && { unheard }),
  };
}

const isNumber = (value: unknown): value is number => Number.isFinite(value);
const countOf = (value: unknown): number => (isNumber(value) ? Math.max(0, Math.floor(value)) : 0);
