import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { folderOfGitThatSays, putOnPath } from '../support/gits.js';
import { HOOK_MANAGERS, type HookManager } from '../support/hook-managers.js';
import { type HookTrial, hookTrial } from '../support/hook-trial.js';
import { git } from '../support/world.js';

let takeAway: () => void;
let trial: HookTrial;
let hook: string;

beforeAll(() => {
  takeAway = putOnPath(folderOfGitThatSays('2.53.0'));
});
afterAll(() => takeAway());

beforeEach(() => {
  trial = hookTrial(managerNamed('no hooks'));
  hook = join(trial.place.top, '.git', 'hooks', 'post-commit');
});
afterEach(() => trial.remove());

function managerNamed(name: string): HookManager {
  const found = HOOK_MANAGERS.find((manager) => manager.name === name);
  if (found === undefined) throw new Error(`no hook manager '${name}'`);
  return found;
}

describe('a run', () => {
  it('puts a hook back that somebody has removed', async () => {
    await trial.installOurs();
    await trial.tick();
    const installed = trial.traces();
    rmSync(hook);
    await trial.tick();
    expect(trial.traces()).toEqual(installed);
  });

  it('puts none where none was wanted', async () => {
    const before = trial.fire();
    await trial.installOurs(false);
    await trial.tick();
    expect(trial.fire()).toEqual(before);
  });

  it('does its work although the hooks cannot be put back', async () => {
    await trial.installOurs();
    rmSync(hook);
    // In the way of the file that is written first.
    mkdirSync(`${hook}.autosync-new`);
    writeFileSync(join(trial.place.top, 'new.md'), 'new\n');
    await trial.tick();
    expect(trial.fire()['post-commit'].ours).toBe(0);
    rmSync(`${hook}.autosync-new`, { recursive: true });
    await trial.tick();
    expect(trial.fire()['post-commit'].ours).toBe(1);
  });
});

describe('uninstalling', () => {
  it('finds what stands in a folder that git does not look in any more', async () => {
    const husky = hookTrial(managerNamed('husky 9'));
    husky.installTheirs();
    const before = husky.traces();
    await husky.installOurs();
    git(husky.place.top, 'config', '--unset', 'core.hooksPath');
    await husky.uninstallOurs();
    git(husky.place.top, 'config', 'core.hooksPath', '.husky/_');
    expect(husky.traces()).toEqual(before);
    husky.remove();
  });
});
