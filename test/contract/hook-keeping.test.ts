import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { inspectCandidate } from '../../src/commands/installation.js';
import { planInstallation } from '../../src/commands/plan-installation.js';
import { wire } from '../../src/commands/wiring.js';
import { asAbsolute } from '../../src/model/paths.js';
import { folderOfGitThatSays, putOnPath } from '../support/gits.js';
import { HOOK_MANAGERS, type HookManager } from '../support/hook-managers.js';
import { type HookTrial, hookTrial, WISH } from '../support/hook-trial.js';
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

describe('what would be written', () => {
  it('is shown without the password that git’s configuration holds', async () => {
    const takeNewAway = putOnPath(folderOfGitThatSays('2.54.0'));
    git(trial.place.top, 'remote', 'set-url', '--push', 'origin', 'https://me:very-secret@example.invalid/x.git');
    const wiring = wire();
    const tree = await inspectCandidate(wiring, asAbsolute(trial.place.top), WISH);
    const { files } = await planInstallation(wiring, [tree], WISH);
    takeNewAway();
    const config = files.find(({ path }) => path.endsWith('/.git/config'));
    expect(config?.content).toMatch(/hook 'post-commit'[\s\S]*https:\/\/example\.invalid/);
    expect(config?.content).not.toContain('very-secret');
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
