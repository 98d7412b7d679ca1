import type { Findings } from './campaign.js';
import type { Counts } from './play.js';

/** Joins what several campaigns counted. */
export function sumOf(all: readonly Counts[]): Counts {
  const sum: Counts = new Map();
  for (const counts of all) for (const [name, times] of counts) sum.set(name, (sum.get(name) ?? 0) + times);
  return sum;
}

/** Renders what was counted as a table, most frequent first. */
export function countsTable(counts: Counts): string {
  const rows = [...counts].sort(([, one], [, other]) => other - one).map(([name, times]) => `| ${name} | ${times} |`);
  return ['| what happened | times |', '|---|---|', ...rows].join('\n');
}

/** Renders a failure so that it can be played once more: as it stands, for `test/model/found.test.ts`. */
export function renderFailure({ failure }: Findings): string {
  if (failure === undefined) return '';
  const { story, why, seed, after } = failure;
  return `after ${after} histories (the last ones from seed ${seed}) this story fails:\n\n${JSON.stringify(story)}\n\n${why}`;
}

/** What a history must have met in so many histories, lest a suite says nothing because nothing befell its runs. */
const FLOORS: Readonly<Record<string, number>> = {
  kill: 0.15,
  'kill-after': 0.05,
  ENOSPC: 0.05,
  save: 0.15,
  'meanwhile save': 0.15,
  race: 0.3,
  twice: 0.1,
  network: 0.1,
  'conflicts settled': 0.3,
  commit: 0.2,
  ignore: 0.1,
  undo: 0.1,
  restore: 0.03,
  resolve: 0.03,
};

/** Names what happened too seldom in a campaign: one that met no fault has shown nothing. */
export function tooSeldom(counts: Counts, floors: Readonly<Record<string, number>> = FLOORS): readonly string[] {
  const histories = counts.get('histories') ?? 0;
  return Object.entries(floors)
    .filter(([name, rate]) => (counts.get(name) ?? 0) < Math.floor(rate * histories))
    .map(([name, rate]) => `${name}: ${counts.get(name) ?? 0} of at least ${Math.floor(rate * histories)}`);
}
