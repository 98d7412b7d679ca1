import { announce, readAnnounced } from '../engine/announce.js';
import { isHeardAnywhere, tellAll } from '../engine/tell.js';
import { readUnheard, stillToTell, type Unheard } from '../engine/unheard.js';
import { errorMessage } from '../model/errors.js';
import type { MirrorReport, MirrorVerdict } from '../model/mirror.js';
import { NOTHING_DONE, type RepoReport, type Verdict } from '../model/report.js';
import { parseSchedule } from '../scheduler/schedule-text.js';
import { readSettings } from '../store/config.js';
import { type MirrorState, readMirrorState, updateMirrorState } from '../store/mirror-state.js';
import type { Wiring } from './wiring.js';

const VERDICTS: Readonly<Record<MirrorVerdict, Verdict>> = {
  mirrored: 'synced',
  conflict: 'conflict',
  offline: 'offline',
  attention: 'attention',
  failed: 'failed',
  skipped: 'skipped',
};

/** Returns a mirror's run as that of a repository: what is news of it follows the same rules. */
const asRepoReport = ({ name, verdict, why, durationMs }: MirrorReport): RepoReport => ({
  ...NOTHING_DONE,
  path: `mirror ${name}`,
  vcs: 'hg',
  branch: '',
  verdict: VERDICTS[verdict],
  why,
  durationMs,
});

/**
 * Tells the person what of a mirror's run is news: a trouble once when it starts, and once when it is over. Returns the
 * report, which says so when that could not be written down; never throws.
 */
export async function tellOfMirror(wiring: Wiring, report: MirrorReport): Promise<MirrorReport> {
  try {
    await tell(wiring, report);
    return report;
  } catch (error) {
    const verdict = report.verdict === 'mirrored' ? 'attention' : report.verdict;
    const why = [report.why, `what is news of it could not be written down: ${errorMessage(error)}`];
    return { ...report, verdict, why: why.filter((part) => part !== '').join('; ') };
  }
}

async function tell({ locations, engine }: Wiring, mirrored: MirrorReport): Promise<void> {
  const { name } = mirrored;
  const settings = readSettings(locations, parseSchedule);
  const [report, now] = [asRepoReport(mirrored), engine.clock.now()];
  const before = readMirrorState(locations, name);
  const previous = readAnnounced(before.announced);
  const { notification, remember: announced } = announce({ previous, report, now, settings });
  const toTell = stillToTell(readUnheard(before.unheard), { notification, now });
  const keep = async (unheard: readonly Unheard[]): Promise<void> => {
    const change = (state: MirrorState): MirrorState => withNews(state, announced, unheard);
    await updateMirrorState(locations, { name, change });
  };
  const isNews = toTell.length > 0 || announced.troubles.length + previous.troubles.length > 0;
  if (!isNews) return;
  // Written first: news that a killed run could not tell any more is told by the next.
  await keep(isHeardAnywhere(settings) ? toTell : []);
  const unheard = await tellAll(engine, { about: report.path, settings, toTell, now });
  if (toTell.length > 0 && isHeardAnywhere(settings)) await keep(unheard);
}

function withNews(
  { announced: _announced, unheard: _unheard, ...state }: MirrorState,
  announced: unknown,
  unheard: readonly Unheard[],
): MirrorState {
  return { ...state, announced, ...(unheard.length === 0 ? {} : { unheard }) };
}
