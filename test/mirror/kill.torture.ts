import { appendFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Action, canCut } from '../support/cut.js';
import { type CutReference, cutAndGoOn, cutReference } from '../support/mirror-cut.js';
import { needs } from '../support/needs.js';

const seed = Number(process.env['AUTOSYNC_TEST_SEED'] ?? 1);
const jobs = Number(process.env['AUTOSYNC_TEST_JOBS'] ?? 1);
const until = Date.now() + Number(process.env['AUTOSYNC_TEST_TORTURE'] ?? 1) * 60_000;

/** So many calls lie between two that are cut in one round. */
const STRIDE = 29;

const KILL: readonly Action[] = [{ kind: 'kill' }];

const OTHERS: readonly Action[] = [
  { kind: 'error', error: 'ENOSPC', sticky: true },
  { kind: 'error', error: 'EIO', sticky: false },
  { kind: 'kill-child' },
  { kind: 'kill-after' },
];

type Planned = { readonly action: Action; readonly at: number };

/** Every call is killed at first, and then every one with every other action, in rounds that each go through the whole run. */
const plan = (reference: CutReference): readonly Planned[] => [
  ...rounds(reference, KILL),
  ...rounds(reference, OTHERS),
];

function rounds({ calls }: CutReference, actions: readonly Action[]): readonly Planned[] {
  const all: Planned[] = [];
  for (let round = 0; round < STRIDE; round += 1) {
    for (const action of actions) {
      for (let at = 1 + ((seed + round) % STRIDE); at <= calls.length; at += STRIDE) all.push({ action, at });
    }
  }
  return all;
}

describe.skipIf(!needs('hg') || !canCut()).each(['first', 'second'] as const)('a %s run, cut at every call', (kind) => {
  it('is made whole by the next one', async () => {
    const reference = await cutReference(kind);
    const failures: string[] = [];
    const counts = new Map<string, number>();
    const queue = plan(reference)[Symbol.iterator]();
    const half = Date.now() + (until - Date.now()) / (kind === 'first' ? 2 : 1);
    const worker = async (): Promise<void> => {
      for (const { action, at } of queue) {
        if (Date.now() > half) return;
        const end = await cutAndGoOn(reference, action, at);
        const name = action.kind === 'error' ? action.error : action.kind;
        counts.set(name, (counts.get(name) ?? 0) + 1);
        const good = JSON.stringify(end) === JSON.stringify(reference.end);
        if (!good)
          failures.push(
            `${kind} ${JSON.stringify(action)} ${at} (${reference.calls[at - 1]}): ${end.words} ${end.lie}`,
          );
      }
    };
    await Promise.all(Array.from({ length: jobs }, worker));
    const done = [...counts].map(([name, count]) => `${name} ${count}`).join(', ');
    const line = `mirror, ${kind} run: ${reference.calls.length} cut points; ${done}; failures ${failures.length}\n`;
    if (process.env['AUTOSYNC_TEST_REPORT'] !== undefined) appendFileSync(process.env['AUTOSYNC_TEST_REPORT'], line);
    expect(failures).toEqual([]);
  });
});
