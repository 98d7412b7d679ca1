import { hasSourceHook, installSourceHook, removeSourceHook } from '../mirror/source-hook.js';
import { type MirrorContext, type MirrorOptions, visitMirror } from '../mirror/visit.js';
import { AutosyncError, errorMessage, isMachineError } from '../model/errors.js';
import type { Mirror, MirrorReport } from '../model/mirror.js';
import type { AbsolutePath } from '../model/paths.js';
import type { ScheduleSlot } from '../model/schedule.js';
import { isDue } from '../scheduler/due.js';
import { offsetSeconds } from '../scheduler/offset.js';
import { parseSchedule } from '../scheduler/schedule-text.js';
import { readSettings } from '../store/config.js';
import { didYouMean } from '../store/did-you-mean.js';
import type { Locations } from '../store/locations.js';
import { withLock } from '../store/lock.js';
import {
  isMirrorName,
  listMirrors,
  mirrorData,
  mirrorsFolder,
  readMirror,
  unregisterMirror,
} from '../store/mirror-registry.js';
import { readMirrorState, removeMirrorState } from '../store/mirror-state.js';
import { isFolder, joinPath, makeFolder, realPath, removeEmptyFolder, removeTree } from '../system/files.js';
import { printable } from '../system/printable.js';
import { warn } from '../system/terminal.js';
import { tellOfMirror } from './mirror-news.js';
import type { Wiring } from './wiring.js';

/** Ten seconds: a run that a hook has just started is over by then. */
const WAIT_MS = 10_000;

/** Returns every mirror, and what is wrong with the files of others, which is said on standard error, too. */
export function readMirrors(places: Locations): ReturnType<typeof listMirrors> {
  const found = listMirrors(places, parseSchedule);
  for (const { message, hints } of found.problems) {
    warn(`autosync: ${message}`);
    for (const hint of hints) warn(`  ${hint}`);
  }
  return found;
}

/** Returns every mirror; files that are wrong are named on standard error, and the others count. */
export const installedMirrors = (places: Locations): readonly Mirror[] => readMirrors(places).mirrors;

/** Returns the mirrors that were named; none were means all. One whose own file is wrong is that error. */
export function namedMirrors(places: Locations, names: readonly string[]): readonly Mirror[] {
  if (names.length === 0) return installedMirrors(places);
  return names.map((name) => {
    const found = isMirrorName(name) ? readMirror(places, { name, parseSchedule }) : undefined;
    if (found !== undefined) return found;
    const known = installedMirrors(places).map((mirror) => mirror.name);
    const hint = known.length === 0 ? 'autosync mirror add <source> <destination>' : didYouMean(name, known);
    throw new AutosyncError('usage', `there is no mirror '${printable(name)}'`, [hint]);
  });
}

/** Returns when the mirrors that have a schedule are due on this machine. */
export function mirrorSlots(places: Locations): readonly ScheduleSlot[] {
  return scheduled(places).map((mirror) => slotOf(places, mirror));
}

const scheduled = (places: Locations): readonly Mirror[] =>
  listMirrors(places, parseSchedule).mirrors.filter(({ triggers }) => triggers.includes('schedule'));

function slotOf(places: Locations, { name, schedule }: Mirror): ScheduleSlot {
  const { machine } = readSettings(places, parseSchedule);
  return { schedule, offsetSeconds: offsetSeconds({ machine, repo: `mirror ${name}`, schedule }) };
}

/** Returns the mirrors that are due by their schedule. */
export function dueMirrors(places: Locations, now: number): readonly Mirror[] {
  return scheduled(places).filter((mirror) => {
    const { lastRunAt, nextTryAt } = readMirrorState(places, mirror.name);
    // A time more than an hour ahead was not put off by us: the clock was set back since.
    if (nextTryAt !== undefined && nextTryAt > now && nextTryAt - now <= 3_600_000) return false;
    return isDue({ slot: slotOf(places, mirror), lastRun: lastRunAt, now });
  });
}

/** Returns the mirrors that a request in the spool is for: those of a repository's hooks, or the one whose own folder it names. */
export const mirrorsAskedFor = (places: Locations, path: AbsolutePath): readonly Mirror[] =>
  listMirrors(places, parseSchedule).mirrors.filter(
    (mirror) => path === mirrorData(places, mirror.name) || isHookedAt(mirror, path),
  );

const isHookedAt = ({ source, triggers }: Mirror, path: AbsolutePath): boolean =>
  triggers.includes('hook') && isFolder(source) && isFolder(path) && realPath(source) === realPath(path);

/** Runs mirrors, one after the other, since each keeps two cores busy, and tells the person what of it is news. */
export async function runMirrors(
  wiring: Wiring,
  mirrors: readonly Mirror[],
  options: MirrorOptions,
): Promise<readonly MirrorReport[]> {
  const { locations, engine } = wiring;
  const { networkTimeoutSeconds } = readSettings(locations, parseSchedule);
  const { clock, progress } = engine;
  const context: MirrorContext = {
    locations,
    clock,
    networkTimeoutSeconds,
    ...(progress === undefined ? {} : { progress }),
  };
  const reports: MirrorReport[] = [];
  for (const mirror of mirrors) {
    keepHook(locations, mirror);
    reports.push(await tellOfMirror(wiring, await visitMirror(context, mirror, options)));
  }
  return reports;
}

/** Puts the hooks of a source back that somebody has removed; where that is not possible, the schedule does the work. */
function keepHook({ launcher }: Locations, mirror: Mirror): void {
  const hooked = { mirror, launcher };
  if (!mirror.triggers.includes('hook') || !isFolder(mirror.source) || hasSourceHook(hooked)) return;
  try {
    installSourceHook(hooked);
  } catch (error) {
    if (!(error instanceof AutosyncError) && !isMachineError(error)) throw error;
  }
}

/**
 * Takes mirrors back: their hooks, their clones and what is remembered of them; what they have pushed stays. Returns
 * what stood in the way, each line beginning with the mirror's name.
 */
export async function takeMirrorsBack(places: Locations, mirrors: readonly Mirror[]): Promise<readonly string[]> {
  const troubles: string[] = [];
  for (const mirror of mirrors) {
    const trouble = await takeMirrorBack(places, mirror);
    if (trouble !== undefined) troubles.push(trouble);
  }
  return troubles;
}

async function takeMirrorBack(places: Locations, mirror: Mirror): Promise<string | undefined> {
  const { name, source, triggers } = mirror;
  const folder = mirrorData(places, name);
  makeFolder(folder);
  try {
    return await withLock(joinPath(folder, 'lock'), { waitMs: WAIT_MS }, async () => {
      if (isFolder(source)) removeSourceHook(mirror);
      else if (triggers.includes('hook'))
        warn(`autosync: ${name}: '${printable(source)}' is not there; its hooks could not be taken out`);
      removeTree(folder);
      removeMirrorState(places, name);
      await unregisterMirror(places, name);
      removeEmptyFolder(mirrorsFolder(places));
      return undefined;
    });
  } catch (error) {
    if (error instanceof AutosyncError && error.kind === 'locked')
      return `${name}: a run of it is under way; try again when it has ended`;
    return `${name}: ${errorMessage(error)}; it stays until that is mended`;
  }
}
