import { createHash } from 'node:crypto';
import { appendFileSync, lstatSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Action, canCut, ERRORS } from '../support/cut.js';
import { type CutReference, cutAndGoOn, cutReference, goOnFrom, layStatesAside } from '../support/mirror-cut.js';
import { needs } from '../support/needs.js';

const seed = Number(process.env['AUTOSYNC_TEST_SEED'] ?? 1);
const jobs = Number(process.env['AUTOSYNC_TEST_JOBS'] ?? 1);
const until = Date.now() + Number(process.env['AUTOSYNC_TEST_TORTURE'] ?? 1) * 60_000;

/** So many calls lie between two that are attacked in one round. */
const STRIDE = 29;

/** What a kill cannot leave: an error goes on, and so does whoever has started a child that dies. */
const ACTIONS: readonly Action[] = [
  ...ERRORS.flatMap((error): readonly Action[] => [
    { kind: 'error', error, sticky: true },
    { kind: 'error', error, sticky: false },
  ]),
  { kind: 'kill-child' },
];

const nameOf = (action: Action): string =>
  action.kind === 'error' ? `${action.error}${action.sticky ? ' from there on' : ' once'}` : action.kind;

/** Every call with every action, in rounds that each go through the whole run. */
function* rounds({ calls }: CutReference): Generator<{ readonly action: Action; readonly at: number }> {
  for (let round = 0; round < STRIDE; round += 1) {
    for (const [n, action] of ACTIONS.entries()) {
      for (let at = 1 + ((seed + round + n) % STRIDE); at <= calls.length; at += STRIDE) yield { action, at };
    }
  }
}

/** Returns a text that is another one for every other state of a folder, whatever the times of its files. */
function stateOf(folder: string): string {
  const hash = createHash('sha256');
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
    const path = join(folder, name);
    const found = lstatSync(path);
    const content = found.isFile() ? readFileSync(path) : found.isSymbolicLink() ? readlinkSync(path) : '';
    hash.update(`${name}\0${found.mode}\0${found.size}\0`).update(content);
  }
  return hash.digest('hex');
}

/** Returns the numbers of the copies that are not like one before them; the others are removed. */
function differentStates(folder: string, count: number): readonly number[] {
  const seen = new Set<string>();
  const different: number[] = [];
  for (let at = 1; at <= count; at += 1) {
    const found = stateOf(join(folder, String(at)));
    if (seen.has(found)) rmSync(join(folder, String(at)), { recursive: true });
    else different.push(at);
    seen.add(found);
  }
  return different;
}

/** Returns all of them in rounds that each go through the whole run: what is left out when the time is over lies everywhere. */
const spread = (states: readonly number[]): readonly number[] =>
  Array.from({ length: STRIDE }, (_, round) =>
    states.filter((_state, n) => n % STRIDE === (seed + round) % STRIDE),
  ).flat();

function tell(line: string): void {
  if (process.env['AUTOSYNC_TEST_REPORT'] !== undefined) appendFileSync(process.env['AUTOSYNC_TEST_REPORT'], line);
}

const RUNS = ['first', 'second'] as const;

describe.skipIf(!needs('hg') || !canCut())('a run that is cut', () => {
  it.each(RUNS)('is made whole by the next one, wherever it was killed: a %s run', async (kind) => {
    const reference = await cutReference(kind);
    const { folder, calls } = layStatesAside(reference);
    const failures: string[] = [];
    const states = differentStates(folder, calls.length + 1);
    let done = 0;
    const end = Date.now() + (until - Date.now()) / (kind === 'first' ? 4 : 3);
    for (const at of spread(states)) {
      if (Date.now() > end) break;
      const ended = await goOnFrom(join(folder, String(at)));
      const good = JSON.stringify(ended) === JSON.stringify(reference.end);
      if (!good) failures.push(`${kind} kill ${at} (${calls[at - 1] ?? 'the end'}): ${ended.words}`);
      done += 1;
    }
    rmSync(folder, { recursive: true });
    const points = `killed before or after each of ${calls.length} calls: ${states.length} different states`;
    tell(`mirror, ${kind} run: ${points}, of which ${done} were looked at; failures ${failures.length}\n`);
    expect(failures).toEqual([]);
  });

  it.each(RUNS)('is made whole by the next one, whatever failed: a %s run', async (kind) => {
    const reference = await cutReference(kind);
    const failures: string[] = [];
    const counts = new Map<string, number>();
    const queue = rounds(reference);
    const end = Date.now() + (until - Date.now()) / (kind === 'first' ? 2 : 1);
    const worker = async (): Promise<void> => {
      for (const { action, at } of queue) {
        if (Date.now() > end) return;
        const { happened, ...ended } = await cutAndGoOn(reference, action, at);
        // Not every call can fail with every error.
        if (happened) counts.set(nameOf(action), (counts.get(nameOf(action)) ?? 0) + 1);
        const good = JSON.stringify(ended) === JSON.stringify(reference.end);
        if (!good)
          failures.push(`${kind} ${nameOf(action)} ${at} (${reference.calls[at - 1]}): ${ended.words} ${ended.lie}`);
      }
    };
    await Promise.all(Array.from({ length: jobs }, worker));
    const done = [...counts].map(([name, count]) => `${name} ${count}`).join(', ');
    tell(`mirror, ${kind} run: ${reference.calls.length} calls; ${done}; failures ${failures.length}\n`);
    expect(failures).toEqual([]);
  });
});
