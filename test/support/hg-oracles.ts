import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Settings } from '../../src/model/repo.js';
import type { RepoReport } from '../../src/model/report.js';
import { fsPath } from '../../src/system/path-bytes.js';
import { type HgMachine, type HgWorld, tip } from './hg-world.js';

/** What hg writes down whenever it has looked at files, and what is ours. */
const UNTOLD = /^(autosync|cache|wcache|store\/cache)\/|^(dirstate|last-message\.txt|undo\..*|store\/undo.*)$/;

/** Returns a hash for each file of a repository's metadata; caches and autosync's own folder are left out. */
export function hgMetadataOf(machine: HgMachine): Record<string, string> {
  const folder = join(machine.top, '.hg');
  const found: Record<string, string> = {};
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const name = path.slice(folder.length + 1);
    if (!entry.isFile() || UNTOLD.test(name)) continue;
    found[name] = createHash('sha256').update(readFileSync(path)).digest('hex');
  }
  return found;
}

/** Everything of a machine that a run which does nothing must leave as it is. */
export const wholeHgState = (machine: HgMachine): unknown => ({
  metadata: hgMetadataOf(machine),
  files: Object.entries(machine.files()).map(([path, content]) => {
    const stats = lstatSync(fsPath(join(machine.top, path)));
    return `${path} ${stats.ino} ${stats.mode} ${content}`;
  }),
});

/** What {@link expectHgConverged} looks for besides equal trees. */
export type Expectation = {
  /** Every one of these texts must be in some file of every machine. */
  readonly tokens?: readonly string[];
  readonly settings?: Partial<Settings>;
};

/**
 * Runs all machines twice and then demands what PROMISES.md calls convergence: equal trees, clean, equal to the hub,
 * nothing half done, nothing lost, and one more run that changes nothing.
 */
export async function expectHgConverged(
  world: HgWorld,
  { tokens = [], settings = {} }: Expectation = {},
): Promise<void> {
  const { machines } = world;
  for (let turn = 0; turn < 2; turn += 1) for (const machine of machines) await machine.run(settings);
  const verdicts: RepoReport[] = [];
  const head = world.hubHead();
  for (const machine of machines) {
    // Hg notes here which files it found unchanged, once it has looked at them.
    machine.hg('status');
    const before = wholeHgState(machine);
    verdicts.push(await machine.run(settings));
    expect(wholeHgState(machine)).toEqual(before);
  }
  expect(verdicts.map(({ verdict, why }) => `${verdict} ${why}`)).toEqual(machines.map(() => 'synced '));
  const files = machines[0]?.files() ?? {};
  for (const machine of machines) {
    expect(machine.files()).toEqual(files);
    expect(machine.hg('status')).toBe('');
    expect(tip(machine)).toBe(head);
    expect(machine.hg('heads', '-T', '{node}\n', 'default')).toBe(head);
    expect(machine.hg('verify', '-q')).toBe('');
  }
  expect(world.hubHead()).toBe(head);
  const contents = Object.values(files).join('\n');
  expect(contents).not.toMatch(/^(<<<<<<<|=======|>>>>>>>)/m);
  expect(Object.keys(files).filter((path) => /\.orig$|~[0-9a-f]{12}$/.test(path))).toEqual([]);
  for (const token of tokens) expect(contents).toContain(token);
}

/** Returns the names of the conflict copies in a machine's tree. */
export const copiesIn = (machine: HgMachine): readonly string[] =>
  Object.keys(machine.files()).filter((path) => path.includes(' (conflict '));
