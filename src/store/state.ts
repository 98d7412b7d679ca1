import { AutosyncError } from '../model/errors.js';
import type { AbsolutePath } from '../model/paths.js';
import type { Rules } from '../model/repo.js';
import type { RepoReport } from '../model/report.js';
import { joinPath } from '../system/files.js';
import { isRecord, parseRecord } from './json.js';
import type { Locations } from './locations.js';
import { readOwnFile, removeOwnFile, writeOwnFile } from './own-file.js';
import { isLeftToPerson, isRepoReport } from './report-shape.js';
import { takeTurns } from './turns.js';

/** What autosync remembers of a repository from run to run; times are milliseconds since 1970. */
export type RepoState = {
  readonly schema: 1;
  readonly lastRunAt?: number;
  /** When a run last ended with everything in step; after the clock was set back it may lie in the future. */
  readonly lastGoodRunAt?: number;
  readonly lastReport?: RepoReport;
  /** The last merge that a run has left to a person, until a run on the same branch has brought in what the hub has. */
  readonly leftToPerson?: LeftToPerson;
  /** Runs in a row that did not succeed. */
  readonly failures: number;
  /** Before this time no run by the schedule is made. */
  readonly nextTryAt?: number;
  /** What the person has been told, as whoever tells keeps it. */
  readonly announced?: unknown;
  /** What could not be told yet, as whoever tells keeps it. */
  readonly unheard?: unknown;
  /** A time, or until the person says so. */
  readonly pausedUntil?: number | 'until-resumed';
  /** Files that were left out because they kept changing, by path: in how many runs. */
  readonly stillChanging?: Readonly<Record<string, number>>;
  /** What the settings said when they last could be read. */
  readonly rules?: Rules;
};

/** A merge that waits for a person, and the branch that it is about. */
export type LeftToPerson = Pick<RepoReport, 'branch' | 'integrate'>;

/** What is known of a repository that never ran, and of one whose memory was lost. */
export const NEVER_RUN: RepoState = { schema: 1, failures: 0 };

const folder = (locations: Locations): AbsolutePath => joinPath(locations.state, 'repos');
const stateFile = (locations: Locations, id: string): AbsolutePath => joinPath(folder(locations), `${id}.json`);

/**
 * Returns what is remembered of a repository: nothing, without an error, if the file is missing, damaged or
 * unreadable.
 */
export function readState(locations: Locations, id: string): RepoState {
  try {
    return parseState(readOwnFile(stateFile(locations, id))?.toString('utf8') ?? '');
  } catch (error) {
    if (error instanceof AutosyncError) return NEVER_RUN;
    throw error;
  }
}

/** Remembers what `change` makes of the present state, and returns it; no change by another process is lost. */
export function updateState(
  locations: Locations,
  wanted: { readonly id: string; readonly change: (state: RepoState) => RepoState },
): Promise<RepoState> {
  return takeTurns(locations, 'state', () => {
    const state = wanted.change(readState(locations, wanted.id));
    writeOwnFile(stateFile(locations, wanted.id), `${JSON.stringify(state)}\n`);
    return state;
  });
}

/** Forgets a repository. */
export function removeState(locations: Locations, id: string): void {
  removeOwnFile(stateFile(locations, id));
}

/** Keeps every member that is what it should be; one that is not says nothing, and the others still count. */
function parseState(text: string): RepoState {
  const found = parseRecord(text);
  if (found?.['schema'] !== 1) return NEVER_RUN;
  const { lastRunAt, lastGoodRunAt, lastReport, leftToPerson, failures, nextTryAt } = found;
  const { announced, unheard, pausedUntil, stillChanging, rules } = found;
  return {
    schema: 1,
    failures: isNumber(failures) ? Math.max(0, Math.floor(failures)) : 0,
    ...(isNumber(lastRunAt) && { lastRunAt }),
    ...(isNumber(lastGoodRunAt) && { lastGoodRunAt }),
    ...(isRepoReport(lastReport) && { lastReport }),
    ...(isLeftToPerson(leftToPerson) && { leftToPerson }),
    ...(isNumber(nextTryAt) && { nextTryAt }),
    ...(announced !== undefined && { announced }),
    ...(unheard !== undefined && { unheard }),
    ...((isNumber(pausedUntil) || pausedUntil === 'until-resumed') && { pausedUntil }),
    ...(isCounts(stillChanging) && { stillChanging }),
    ...(isRules(rules) && { rules }),
  };
}

const isNumber = (value: unknown): value is number => Number.isFinite(value);
const isRules = (value: unknown): value is Rules =>
  isRecord(value) && isPatterns(value['include']) && isPatterns(value['ignore']);
const isPatterns = (value: unknown): boolean => Array.isArray(value) && value.every((one) => typeof one === 'string');
const isCounts = (value: unknown): value is Readonly<Record<string, number>> =>
  isRecord(value) && Object.values(value).every(isNumber);
