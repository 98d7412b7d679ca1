import { appendFileSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where what schedulers did is written down, for whoever wants to read it. */
const LOG = fileURLToPath(new URL('../../.cache/firings.md', import.meta.url));

/** One run that a scheduler began: when, on which machine, how it ended and what it committed. */
export type Firing = {
  readonly at: string;
  readonly machine: string;
  readonly verdict: string;
  readonly commit: string;
};

/** Returns the runs that a machine's scheduler began, from what `autosync log --json` answers. */
export function firingsIn(answer: string, machine: string): readonly Firing[] {
  return answer
    .split('\n')
    .filter((line) => line !== '')
    .map((line): Readonly<Record<string, string>> => JSON.parse(line))
    .filter(({ event }) => event === 'scheduler')
    .map(({ at = '', verdict = '', commit = '' }) => ({ at, machine, verdict, commit: commit.split('\n')[0] ?? '' }));
}

/** Writes the runs of several machines down, oldest first. */
export function noteFirings(title: string, firings: readonly Firing[]): void {
  const rows = [...firings]
    .sort((one, other) => one.at.localeCompare(other.at))
    .map(({ at, machine, verdict, commit }) => `| ${at} | ${machine} | ${verdict} | ${commit} |`);
  mkdirSync(dirname(LOG), { recursive: true });
  const head = [`## ${title}`, '', '| when | machine | verdict | commit |', '| --- | --- | --- | --- |'];
  appendFileSync(LOG, `${[...head, ...rows, ''].join('\n')}\n`);
}
