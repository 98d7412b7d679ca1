import type { Scheduler, SchedulerEntry } from '../scheduler/scheduler.js';
import { wantsNoScheduler } from '../store/no-scheduler.js';
import { entryFor, moveEntry, presentSchedulers } from './entry.js';
import type { Finding } from './finding.js';
import { nightCautions } from './night.js';
import { installedRepos } from './targets.js';
import type { Wiring } from './wiring.js';

const ok = (detail: string): Finding => ({ result: 'ok', detail });

const NONE_WANTED = 'none was wanted; to have one: autosync install <repo> --scheduler auto';

/** Looks whether one scheduler, and no other, calls autosync, and whether it really works here. */
export async function checkScheduler({ locations, schedulers }: Wiring): Promise<Finding> {
  const repos = installedRepos(locations);
  const entry = entryFor(locations, repos);
  if (entry.slots.length === 0) return ok('not needed: no repository is installed');
  const [present, second] = await presentSchedulers(schedulers, entry);
  if (present === undefined && wantsNoScheduler(locations)) return ok(NONE_WANTED);
  if (present === undefined) return await findNone(schedulers, entry);
  const availability = await present.availability();
  if (availability.kind === 'unavailable') return await findBroken(schedulers, entry, present);
  if (second !== undefined) {
    const fix = async (): Promise<void> => void (await moveEntry(schedulers, present, { before: entry, after: entry }));
    const detail = `${present.kind} and ${second.kind} both call autosync`;
    return { result: 'warning', detail, mend: 'autosync doctor --fix', fix };
  }
  const state = await present.state(entry);
  if (state.kind !== 'present') {
    const fix = async (): Promise<void> => void (await present.install(entry));
    return { result: 'warning', detail: `${present.kind}: ${state.detail}`, mend: 'autosync doctor --fix', fix };
  }
  return ok(`${present.kind}: ${state.detail}`);
}

/** Looks for what works while a person is here, and will fail when he is not. */
export async function checkNight(wiring: Wiring): Promise<Finding> {
  const repos = installedRepos(wiring.locations);
  if (repos.length === 0) return ok('not needed: no repository is installed');
  const [present] = await presentSchedulers(wiring.schedulers, entryFor(wiring.locations, repos));
  const [first, ...more] = await nightCautions(wiring, present, repos);
  if (first === undefined) return ok('nothing here ends with your session');
  return { result: 'warning', detail: [first, ...more].map(({ what }) => what).join('; '), mend: first.mend };
}

async function findNone(schedulers: readonly Scheduler[], entry: SchedulerEntry): Promise<Finding> {
  const { works, why, mend } = await lookAround(schedulers);
  const fix = async (): Promise<void> => void (await works?.install(entry));
  const detail = `no scheduler calls autosync (${why})`;
  return { result: 'error', detail, mend, ...(works === undefined ? {} : { fix }) };
}

/** The entry is where nothing runs it: it belongs to one that works. */
async function findBroken(
  schedulers: readonly Scheduler[],
  entry: SchedulerEntry,
  present: Scheduler,
): Promise<Finding> {
  const { works, why, mend } = await lookAround(schedulers);
  const detail = `${present.kind} has the entry and does not run it (${why})`;
  if (works === undefined) return { result: 'error', detail, mend };
  const fix = async (): Promise<void> => void (await moveEntry(schedulers, works, { before: entry, after: entry }));
  return { result: 'error', detail, mend, fix };
}

type Surroundings = { readonly works: Scheduler | undefined; readonly why: string; readonly mend: string };

async function lookAround(schedulers: readonly Scheduler[]): Promise<Surroundings> {
  const answers = await Promise.all(
    schedulers.map(async (scheduler) => ({ scheduler, answer: await scheduler.availability() })),
  );
  const why = answers
    .map(({ scheduler, answer }) => `${scheduler.kind}: ${answer.kind === 'available' ? 'works' : answer.why}`)
    .join('; ');
  const works = answers.find(({ answer }) => answer.kind === 'available')?.scheduler;
  const mends = answers.flatMap(({ answer }) => (answer.kind === 'available' ? [] : (answer.mend ?? [])));
  const first = works === undefined && mends.length > 0 ? `${mends.join(', or ')}; then ` : '';
  return { works, why, mend: `${first}autosync doctor --fix` };
}
