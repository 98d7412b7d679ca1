import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Settings } from '../../src/model/repo.js';
import type { RepoReport, VcsKind } from '../../src/model/report.js';
import { fsPath } from '../../src/system/path-bytes.js';
import type { Desk } from './desk.js';
import { letHgStay } from './staying-servers.js';
import type { World } from './world.js';

/** What of a repository's metadata is ours, or what the system itself writes down whenever it has looked at files. */
const UNTOLD: Readonly<Record<VcsKind, RegExp>> = {
  git: /^(autosync|logs)\//,
  hg: /^(autosync|cache|wcache|store\/cache)\/|^(dirstate|last-message\.txt|undo\..*|store\/undo.*)$/,
};

/** Returns a hash for each file of a repository's metadata; caches, logs and autosync's own folder are left out. */
export function metadataOf({ top, vcs }: Pick<Desk, 'top' | 'vcs'>): Record<string, string> {
  const folder = join(top, `.${vcs}`);
  const found: Record<string, string> = {};
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const name = path.slice(folder.length + 1);
    if (!entry.isFile() || UNTOLD[vcs].test(name)) continue;
    found[name] = createHash('sha256').update(readFileSync(path)).digest('hex');
  }
  return found;
}

/** Everything of a machine that a run which does nothing must leave as it is. */
export const wholeState = (machine: Desk): unknown => ({ metadata: metadataOf(machine), files: inodesOf(machine) });

/** Returns what tells one state of each file of a working tree from another, down to its inode. */
function inodesOf(machine: Desk): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [path, content] of Object.entries(machine.files())) {
    const stats = lstatSync(fsPath(join(machine.top, path)));
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

/** What a merge of hg's leaves beside a file when nobody tells it not to. */
const LEFT_BESIDE = /\.orig$|~[0-9a-f]{12}$/;

/**
 * Runs all machines twice and then demands what PROMISES.md calls convergence: equal trees, clean, equal to the hub,
 * nothing half done, nothing lost, and one more run that changes nothing.
 */
export async function expectConverged(world: World<Desk>, expectation: Expectation = {}): Promise<void> {
  const letGo = letHgStay();
  try {
    await expectTogether(world, expectation);
  } finally {
    letGo();
  }
}

async function expectTogether(world: World<Desk>, { tokens = [], settings = {} }: Expectation): Promise<void> {
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
    expect(machine.status()).toBe('');
    expect(machine.head()).toBe(head);
    expect(machine.verify()).toBe('');
  }
  expect(world.hubHead()).toBe(head);
  const contents = Object.values(files).join('\n');
  expect(contents).not.toMatch(/^(<<<<<<<|=======|>>>>>>>)/m);
  expect(Object.keys(files).filter((path) => LEFT_BESIDE.test(path))).toEqual([]);
  for (const token of tokens) expect(contents).toContain(token);
}

/** Returns the names of the conflict copies in a machine's tree. */
export const copiesIn = (machine: Desk): readonly string[] =>
  Object.keys(machine.files()).filter((path) => path.includes(' (conflict '));
