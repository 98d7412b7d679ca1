import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type MirrorOptions, visitMirror } from '../../src/mirror/visit.js';
import type { Mirror, MirrorReport } from '../../src/model/mirror.js';
import type { Locations } from '../../src/store/locations.js';
import { systemClock } from '../../src/system/clock.js';
import { hg } from './hg-world.js';
import { freshLocations } from './locations.js';
import { git } from './world.js';

const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** Debian's own, which has Mercurial's modules. */
const PYTHON = '/usr/bin/python3';

/** Makes a history of so many changesets, or adds to one until it has so many; `plain`: without tags of odd names. */
export function makeHistory(repository: string, seed: number, changesets: number, ...kind: readonly 'plain'[]): void {
  const args = [script('hg-history.py'), repository, String(seed), String(changesets), ...kind];
  execFileSync(PYTHON, args, {
    env: { ...process.env, HGRCPATH: '' },
    stdio: ['ignore', 'ignore', 'inherit'],
    timeout: 300_000,
  });
}

/** Returns every changeset's files in the form of `git ls-tree -r -z`, by Mercurial's own account. */
export function hgTrees(repository: string): ReadonlyMap<string, string> {
  const output = execFileSync(PYTHON, [script('hg-trees.py'), repository], {
    env: { ...process.env, HGRCPATH: '' },
    encoding: 'latin1',
    maxBuffer: 1 << 30,
    timeout: 600_000,
  });
  const records = output.split('\n\n').slice(0, -1);
  return new Map(records.map((record) => [record.slice(0, 40), record.slice(41)]));
}

/** Returns the files of some commits as {@link hgTrees} tells them. */
export function gitTrees(repository: string, ids: readonly string[]): readonly string[] {
  const script = 'while read -r id; do git --git-dir="$1" ls-tree -r -z "$id" && printf "\\n\\n"; done';
  const output = execFileSync('sh', ['-c', script, 'sh', repository], {
    input: `${ids.join('\n')}\n`,
    encoding: 'latin1',
    maxBuffer: 1 << 30,
    timeout: 600_000,
  });
  return output.split('\n\n').slice(0, -1);
}

/** A Mercurial repository, a git one that is to be its mirror, and the mirror. */
export type MirrorWorld = {
  readonly folder: string;
  readonly source: string;
  readonly destination: string;
  readonly locations: Locations;
  readonly mirror: Mirror;
  readonly hg: (...args: readonly string[]) => string;
  readonly git: (...args: readonly string[]) => string;
  /** Runs the mirror, changed as given. */
  readonly run: (options?: Partial<MirrorOptions>, change?: Partial<Mirror>) => Promise<MirrorReport>;
};

/** Makes a world with an empty source and an empty destination. */
export function createMirrorWorld(): MirrorWorld {
  const folder = mkdtempSync(join(tmpdir(), 'mirror-'));
  const [source, destination] = [join(folder, 'source'), join(folder, 'git.git')];
  hg(folder, 'init', source);
  git(folder, 'init', '-q', '--bare', destination);
  const locations = freshLocations();
  const mirror: Mirror = {
    name: 'project',
    source,
    destination,
    backend: 'export',
    triggers: [],
    schedule: { kind: 'every', seconds: 300 },
    defaultBranch: 'main',
    authors: undefined,
  };
  const context = { locations, clock: systemClock, networkTimeoutSeconds: 20 };
  return {
    folder,
    source,
    destination,
    locations,
    mirror,
    hg: (...args) => hg(source, ...args),
    git: (...args) => git(destination, ...args),
    run: (options = {}, change = {}) =>
      visitMirror(context, { ...mirror, ...change }, { trigger: 'manual', verify: false, waitMs: 0, ...options }),
  };
}
