import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Settings } from '../../src/model/repo.js';
import type { RepoReport } from '../../src/model/report.js';
import { fsPath } from '../../src/system/path-bytes.js';
import { type Machine, readTree, type World } from './world.js';

/** Returns a hash for each file of a repository's metadata; autosync's own folder and the reflogs are left out. */
export function metadataOf(machine: Machine): Record<string, string> {
  const folder = join(machine.top, '.git');
  const found: Record<string, string> = {};
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const name = path.slice(folder.length + 1);
    if (!entry.isFile() || /^(autosync|logs)\//.test(name)) continue;
    found[name] = createHash('sha256').update(readFileSync(path)).digest('hex');
  }
  return found;
}

/** Everything of a machine that a run which does nothing must leave as it is. */
export const wholeState = (machine: Machine): unknown => ({ git: metadataOf(machine), files: inodesOf(machine.top) });

/** Returns what tells one state of each file of a working tree from another, down to its inode. */
function inodesOf(top: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [path, content] of Object.entries(readTree(top))) {
    const stats = lstatSync(fsPath(join(top, path)));
    found[path] = `${stats.ino} ${stats.mode} ${content}`;
  }
  return found;
}

/** What {@link expectConverged} looks for besides equal trees. */
export type Expectation = {
  /** Every one of these texts must be in some file of every machine. */
  readonly tokens?: readonly string[];
  readonly settings?: Partial<Settings>;
};

/**
 * Runs all machines twice and then demands what PROMISES.md calls convergence: equal trees, clean, equal to the hub,
 * nothing half done, nothing lost, and one more run that changes nothing.
 */
export async function expectConverged(world: World, expectation: Expectation = {}): Promise<void> {
  const { tokens = [], settings = {} } = expectation;
  const { machines } = world;
  for (let turn = 0; turn < 2; turn += 1) for (const machine of machines) await machine.run(settings);
  const verdicts: RepoReport[] = [];
  const head = world.hubHead();
  for (const machine of machines) {
    const before = wholeState(machine);
    verdicts.push(await machine.run(settings));
    expect(wholeState(machine)).toEqual(before);
  }
  expect(verdicts.map(({ verdict, why }) => `${verdict} ${why}`)).toEqual(machines.map(() => 'synced '));
  const files = machines[0]?.files() ?? {};
  for (const machine of machines) {
    expect(machine.files()).toEqual(files);
    expect(machine.git('status', '--porcelain')).toBe('');
    expect(machine.git('rev-parse', 'HEAD')).toBe(head);
    expect(machine.git('fsck', '--no-dangling')).toBe('');
  }
  expect(world.hubHead()).toBe(head);
  const contents = Object.values(files).join('\n');
  expect(contents).not.toMatch(/^(<<<<<<<|=======|>>>>>>>)/m);
  for (const token of tokens) expect(contents).toContain(token);
}

/** Returns the names of the conflict copies in a machine's tree. */
export const copiesIn = (machine: Machine): readonly string[] =>
  Object.keys(machine.files()).filter((path) => path.includes(' (conflict '));
