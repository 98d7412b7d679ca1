import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type AbsolutePath, asAbsolute } from '../../../src/model/paths.js';
import { acquireLock, type LockResult } from '../../../src/store/lock.js';
import { ownIdentity } from '../../../src/system/process-identity.js';
import { compiledSources } from '../../support/compiled.js';

const STEPPER = fileURLToPath(new URL('../../support/lock-stepper.js', import.meta.url));
const MOST_STEPS = 200;

const sources = compiledSources('model', 'system', 'store');
const dead = JSON.stringify({ ...ownIdentity(), pid: spawnSync(process.execPath, ['--version']).pid, token: '0' });

const states: readonly (readonly [string, string | undefined])[] = [
  ['a free lock', undefined],
  ['the lock of a dead process', dead],
];

/** Returns a lock in a folder of its own. */
function freshLock(content: string | undefined): AbsolutePath {
  const path = asAbsolute(join(mkdtempSync(join(tmpdir(), 'steps-')), 'lock'));
  if (content !== undefined) writeFileSync(path, content);
  return path;
}

/** Another process that takes a lock and stops before a step; `result` is empty when it was killed there. */
function startStepper(path: AbsolutePath, step: number, action: 'kill' | 'wait') {
  const child = spawn(process.execPath, [STEPPER, sources, path, `${step}`, action], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (piece: string) => {
    output += piece;
  });
  const result = new Promise<string>((resolve, reject) => {
    child.on('error', reject).on('close', () => resolve(output));
  });
  return { child, result };
}

/** Waits until the other process has stopped, or has ended without coming to that step. */
async function hasStopped(path: AbsolutePath, child: ChildProcess): Promise<boolean> {
  while (child.exitCode === null && !existsSync(`${path}.stopped`))
    await new Promise((resolve) => setTimeout(resolve, 2));
  return existsSync(`${path}.stopped`);
}

const release = (result: LockResult): void => {
  if (result.kind === 'acquired') result.lock.release();
};

describe.each(states)('of two that want %s', (_what, content) => {
  it.each([
    ['comes', (path: AbsolutePath) => acquireLock(path)],
    [
      'comes, goes and comes again',
      (path: AbsolutePath) => {
        release(acquireLock(path));
        return acquireLock(path);
      },
    ],
  ])('exactly one gets it, at whatever step of the one the other %s', { timeout: 240_000 }, async (_how, meanwhile) => {
    for (let step = 1; step < MOST_STEPS; step += 1) {
      const path = freshLock(content);
      const { child, result } = startStepper(path, step, 'wait');
      if (!(await hasStopped(path, child))) {
        expect(step).toBeGreaterThan(5);
        return;
      }
      const ours = meanwhile(path);
      writeFileSync(`${path}.go`, '');
      const theirs = JSON.parse(await result);
      expect({ step, kinds: [ours.kind, theirs.kind].toSorted() }).toEqual({ step, kinds: ['acquired', 'held'] });
    }
    throw new Error('taking a lock has no end');
  });
});

describe.each(states)('a process that wants %s', (_what, content) => {
  it('may be killed at any step: the next one gets the lock and leaves nothing behind', {
    timeout: 240_000,
  }, async () => {
    for (let step = 1; step < MOST_STEPS; step += 1) {
      const path = freshLock(content);
      const { result } = startStepper(path, step, 'kill');
      if ((await result) !== '') {
        expect(step).toBeGreaterThan(5);
        return;
      }
      const ours = acquireLock(path);
      const left = readdirSync(join(path, '..'));
      expect({ step, kind: ours.kind, left }).toEqual({ step, kind: 'acquired', left: ['lock'] });
      rmSync(path);
    }
    throw new Error('taking a lock has no end');
  });
});
