import { type ChildProcess, spawn } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { asAbsolute } from '../../src/model/paths.js';
import { hg as hgSystem } from '../../src/vcs/hg/index.js';
import { createHgWorld, type HgMachine, type HgWorld, hgMachineAt } from '../support/hg-world.js';
import { needs } from '../support/needs.js';
import { expectConverged } from '../support/oracles.js';

let world: HgWorld;
let here: HgMachine;
let there: HgMachine;
const children: ChildProcess[] = [];

beforeEach(() => {
  world = createHgWorld('here', 'there');
  [here, there] = world.machines as [HgMachine, HgMachine];
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  world.remove();
});

const hubIs = (machine: HgMachine, url: string): void =>
  writeFileSync(join(machine.top, '.hg/hgrc'), `[paths]\ndefault = ${url}\n`);

/** Makes the hub refuse pushes in its own words. */
const refuse = (words: string): void =>
  writeFileSync(join(world.hub, '.hg/hgrc'), `[hooks]\npretxnchangegroup = echo '${words}' >&2; exit 1\n`);

/** Serves the hub over http until the test ends; returns its URL. */
async function serveHub(): Promise<string> {
  const options = ['--config', 'web.push_ssl=no', '--config', 'web.allow-push=*', '--print-url'];
  const child = spawn('hg', ['serve', '-a', '127.0.0.1', '-p', '0', ...options], { cwd: world.hub, stdio: 'pipe' });
  children.push(child);
  let said = '';
  child.stdout.on('data', (piece: Buffer) => {
    said += piece.toString('utf8');
  });
  await expect.poll(() => said, { timeout: 9000 }).toMatch(/:(\d+)\//);
  return `http://127.0.0.1:${/:(\d+)\//.exec(said)?.[1]}/`;
}

describe.skipIf(!needs('hg'))('a hub over http', () => {
  it('is cloned, pulled from and pushed to', async () => {
    const url = await serveHub();
    const folder = asAbsolute(join(world.folder, 'cloned'));
    expect(await hgSystem.clone({ url, folder, networkTimeoutMs: 20_000 })).toEqual({ kind: 'cloned' });
    // Begun again, it is there already; another one is not put in its place.
    expect(await hgSystem.clone({ url, folder, networkTimeoutMs: 20_000 })).toEqual({ kind: 'cloned' });
    expect((await hgSystem.clone({ url: `${url}other`, folder, networkTimeoutMs: 20_000 })).kind).toBe('refused');
    expect(await hgSystem.remotes(folder)).toEqual(['default']);
    const cloned = hgMachineAt(folder, 'cloned');
    there.write('a.txt', 'THEIRS\n');
    await there.run();
    cloned.write('a.txt', 'MINE\n');
    expect(await cloned.run()).toMatchObject({ verdict: 'synced', push: { kind: 'pushed' } });
    await expectConverged({ ...world, machines: [cloned, there] }, { tokens: ['MINE', 'THEIRS'] });
  });

  it('whose hook refuses a push is told as that', async () => {
    refuse('no pushes on fridays');
    hubIs(here, await serveHub());
    here.write('a.txt', 'a\n');
    expect(await here.run()).toMatchObject({ verdict: 'attention', push: { kind: 'rejected', reason: 'hook' } });
  });

  it('that lets nobody push is told as that', async () => {
    const child = spawn('hg', ['serve', '-a', '127.0.0.1', '-p', '0', '--print-url'], {
      cwd: world.hub,
      stdio: 'pipe',
    });
    children.push(child);
    let said = '';
    child.stdout.on('data', (piece: Buffer) => {
      said += piece.toString('utf8');
    });
    await expect.poll(() => said, { timeout: 9000 }).toMatch(/:(\d+)\//);
    hubIs(here, `http://127.0.0.1:${/:(\d+)\//.exec(said)?.[1]}/`);
    here.write('a.txt', 'a\n');
    expect((await here.run()).verdict).toBe('attention');
  });
});

describe.skipIf(!needs('hg'))('a hub with several heads', () => {
  it('is followed where it moved last, and nothing is taken for rewritten', async () => {
    there.write('b.txt', 'b\n');
    await there.run();
    await here.run();
    there.hg('update', '-q', '-r', '0');
    there.write('c.txt', 'c\n');
    there.hg('commit', '-q', '-A', '-m', 'second head');
    there.hg('push', '-q', '--force', '-r', '.');
    expect(await here.run()).toMatchObject({ verdict: 'synced', integrate: { kind: 'merged' } });
    expect(here.files()).toEqual({ 'README.md': 'hello\n', 'b.txt': 'b\n', 'c.txt': 'c\n' });
  });
});

describe.skipIf(!needs('hg'))('a push that the hub refuses', () => {
  it('because a file is larger than the hub takes is told as that', async () => {
    refuse('a.bin is larger than 10 MB');
    here.write('a.bin', 'a\n');
    expect(await here.run()).toMatchObject({ verdict: 'attention', push: { kind: 'rejected', reason: 'too-large' } });
    rmSync(join(world.hub, '.hg/hgrc'));
    expect(await here.run()).toMatchObject({ verdict: 'synced', push: { kind: 'pushed' } });
  });
});
