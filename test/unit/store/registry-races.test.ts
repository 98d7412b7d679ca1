import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { asAbsolute } from '../../../src/model/paths.js';
import { parseSchedule } from '../../../src/scheduler/schedule-text.js';
import { listRepos, rawSettings, repoId } from '../../../src/store/registry.js';
import { readState } from '../../../src/store/state.js';
import { compiledSources } from '../../support/compiled.js';
import { freshLocations } from '../../support/locations.js';

const WRITER = fileURLToPath(new URL('../../support/store-writer.js', import.meta.url));

const sources = compiledSources('model', 'system', 'store', 'scheduler');

/** Runs a process that changes the store, to its end. */
function write(...given: readonly string[]): Promise<number | null> {
  const child = spawn(process.execPath, [WRITER, sources, ...given], { stdio: 'inherit' });
  onTestFinished(() => void child.kill('SIGKILL'));
  return new Promise((resolve, reject) => {
    child.on('error', reject).on('close', resolve);
  });
}

describe('processes that use the store at the same time', () => {
  it('register repositories, the same and others, without losing a setting', async () => {
    const locations = freshLocations();
    const folder = realpathSync(mkdtempSync(join(tmpdir(), 'repos-')));
    for (const name of ['shared', 'a', 'b', 'c']) mkdirSync(join(folder, name));
    const settings = { a: ['settle', '3s'], b: ['sign', 'true'], c: ['remote', 'hub'] } as const;
    const writers = Object.entries(settings).flatMap(([name, setting]) => [
      write('register', join(folder, 'shared'), ...setting),
      write('register', join(folder, name), ...setting),
    ]);
    expect(await Promise.all(writers)).toEqual([0, 0, 0, 0, 0, 0]);
    const { repos, problems } = listRepos(locations, parseSchedule);
    expect(problems).toEqual([]);
    expect(repos.map((repo) => repo.path)).toEqual(['a', 'b', 'c', 'shared'].map((name) => join(folder, name)));
    const id = repoId(asAbsolute(join(folder, 'shared')));
    expect(rawSettings(locations, id)).toEqual({ settle: '3s', sign: true, remote: 'hub' });
    expect(readdirSync(locations.repos)).toHaveLength(4);
  });

  it('count in one state without losing a count', async () => {
    const locations = freshLocations();
    expect(await Promise.all([1, 2, 3].map(() => write('count', 'x', '30')))).toEqual([0, 0, 0]);
    expect(readState(locations, 'x')).toEqual({ schema: 1, failures: 90 });
  });
});
