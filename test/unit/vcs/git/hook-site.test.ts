import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HookSite } from '../../../../src/model/repo.js';
import { folderOfGitThatSays, putOnPath } from '../../../support/gits.js';
import { createWorld, type Machine, type World } from '../../../support/world.js';

let world: World;
let machine: Machine;

beforeEach(() => {
  world = createWorld('a');
  [machine] = world.machines as [Machine];
});
afterEach(() => world.remove());

const site = async (): Promise<HookSite> => (await machine.open()).hookSite;
const owner = async (): Promise<string> => (await site()).owner;

/** Puts hooks where husky has them: in a folder of the working tree that git ignores. */
function putHusky(): void {
  machine.git('config', 'core.hooksPath', '.husky/_');
  machine.write('.husky/_/.gitignore', '*');
  machine.write('.husky/_/post-commit', '#!/usr/bin/env sh\n. "$(dirname "$0")/h"');
  chmodSync(join(machine.top, '.husky/_/post-commit'), 0o755);
}

describe('a hooks folder in the working tree', () => {
  it('is this clone’s own when git ignores it', async () => {
    putHusky();
    expect(await owner()).toBe('own');
  });

  it('is tracked when it is not ignored, whether it is there or not', async () => {
    machine.git('config', 'core.hooksPath', 'hooks');
    expect(await owner()).toBe('tracked');
    machine.write('hooks/post-commit', '#!/bin/sh\n');
    expect(await owner()).toBe('tracked');
  });

  it('is tracked when one of the files that we would write is, although it is ignored', async () => {
    putHusky();
    machine.git('add', '--force', '.husky/_/post-commit');
    expect(await owner()).toBe('tracked');
  });

  it('is tracked when only some of what we would write is ignored', async () => {
    machine.git('config', 'core.hooksPath', 'hooks');
    machine.write('.gitignore', 'hooks/post-*\n');
    expect(await owner()).toBe('tracked');
    machine.write('.gitignore', 'hooks/\n');
    expect(await owner()).toBe('own');
  });

  it('is shared when a link leads out of the tree', async () => {
    mkdirSync(join(world.folder, 'elsewhere'));
    symlinkSync('../elsewhere', join(machine.top, 'hooks'));
    machine.git('config', 'core.hooksPath', 'hooks');
    expect(await owner()).toBe('shared');
  });

  it('is judged by where a link inside the tree leads to', async () => {
    putHusky();
    symlinkSync('.husky/_', join(machine.top, 'hooks'));
    machine.git('config', 'core.hooksPath', 'hooks');
    expect(await owner()).toBe('own');
  });
});

describe('hooks in the configuration', () => {
  it.each([
    ['2.53.7', false],
    ['2.54.0-rc0', true],
    ['2.54.0.windows.1', true],
    ['2.100.0', true],
    ['3.0.0', true],
    ['1.99.0', false],
    ['unknown', false],
  ])('are what git %s runs: %s', async (version, runsHooks) => {
    const takeAway = putOnPath(folderOfGitThatSays(version));
    expect((await site()).config).toEqual({ file: join(machine.top, '.git', 'config'), runsHooks });
    takeAway();
  });

  it('are those of the whole repository in a linked working tree', async () => {
    const linked = join(world.folder, 'linked');
    machine.git('worktree', 'add', '-q', '-b', 'other', linked);
    writeFileSync(join(linked, 'x'), 'x');
    const { hookSite } = await machine.open();
    expect(hookSite.config?.file).toBe(join(machine.top, '.git', 'config'));
  });
});
