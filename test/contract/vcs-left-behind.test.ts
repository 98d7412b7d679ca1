import { appendFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Desk } from '../support/desk.js';
import { createHgWorld, type HgMachine, hg } from '../support/hg-world.js';
import { needs } from '../support/needs.js';
import { HARNESSES, type VcsHarness } from '../support/vcs-harness.js';
import { createWorld, git, type Machine, type World } from '../support/world.js';

const SYNCED = { verdict: 'synced', why: '' };

/** Every version control system passes this. */
function contract(vcs: VcsHarness): void {
  let world: World<Desk>;
  let here: Desk;
  let there: Desk;
  let trunk: string;

  beforeEach(async () => {
    world = vcs.createWorld('here', 'there');
    [here, there] = world.machines as [Desk, Desk];
    trunk = here.branch();
    await here.run();
    await there.run();
  });
  afterEach(() => world.remove());

  const isThere = (id: string): boolean => {
    const heads = vcs.name === 'git' ? git(world.hub, 'rev-list', '--all') : hg(world.hub, 'log', '-T', '{node}\n');
    return heads.includes(id);
  };

  /** Commits by hand on another branch, and leaves it; returns the commit's id. */
  const workElsewhere = (desk: Desk, content: string): string => {
    desk.write('feature.txt', content);
    desk.commit('by hand', 'feature.txt');
    const id = desk.head();
    desk.switchTo(trunk);
    return id;
  };

  it('what was committed to another branch, and left there before a run came by, is sent', async () => {
    here.branchOff('feature');
    const id = workElsewhere(here, 'FEATURE\n');
    expect(await here.run()).toMatchObject({ ...SYNCED, push: { kind: 'pushed', commits: 1 } });
    expect([isThere(id), here.branch()]).toEqual([true, trunk]);
    expect(await here.run()).toMatchObject({ ...SYNCED, push: { kind: 'nothing-to-push' } });
  });

  it('so is what was committed there while the hub was out of reach', async () => {
    here.branchOff('feature');
    workElsewhere(here, 'ONE\n');
    await here.run();
    renameSync(world.hub, `${world.hub}-away`);
    here.switchTo('feature');
    here.write('feature.txt', 'TWO\n');
    await here.run();
    const snapshot = here.head();
    here.switchTo(trunk);
    here.write('trunk.txt', 'TRUNK\n');
    await here.run();
    renameSync(`${world.hub}-away`, world.hub);
    expect(await here.run()).toMatchObject({ ...SYNCED, push: { kind: 'pushed', commits: 2 } });
    expect([isThere(snapshot), isThere(here.head())]).toEqual([true, true]);
  });

  it('what stood on another branch before autosync came is the own affair of whoever left it there', async () => {
    const early = vcs.machineAt(join(world.folder, 'early'), 'early');
    if (vcs.name === 'git') git(world.folder, 'clone', '-q', world.hub, early.top);
    else hg(world.folder, 'clone', '-q', world.hub, early.top);
    early.branchOff('private');
    const id = workElsewhere(early, 'PRIVATE\n');
    for (const _ of [1, 2]) expect(await early.run()).toMatchObject(SYNCED);
    expect(isThere(id)).toBe(false);
  });

  it('where both machines went on, it is told, and waits until somebody is there', async () => {
    here.branchOff('feature');
    workElsewhere(here, 'BASE\n');
    await here.run();
    here.switchTo('feature');
    await here.run();
    if (vcs.name === 'git') there.command('fetch', '-q');
    else there.command('pull', '-q');
    there.switchTo('feature');
    there.write('there.txt', 'THERE\n');
    await there.run();
    const id = workElsewhere(here, 'HERE\n');
    const report = await here.run();
    expect(report).toMatchObject({ verdict: 'attention', blocked: null });
    expect(report.why).toContain("1 commit on 'feature' not at the hub (which has others there): ");
    expect(isThere(id)).toBe(false);
    // What hg calls the branch is its newest head, which has come in.
    if (vcs.name === 'hg') here.command('update', '-q', id);
    else here.switchTo('feature');
    expect(await here.run()).toMatchObject({ ...SYNCED, integrate: { kind: 'merged' } });
    expect([isThere(id), here.has('there.txt')]).toEqual([true, true]);
    here.switchTo(trunk);
    expect(await here.run()).toMatchObject(SYNCED);
  });

  it('a run that is not to send anything sends nothing of it, and says so', async () => {
    here.branchOff('feature');
    const id = workElsewhere(here, 'FEATURE\n');
    const { verdict } = await here.run({}, { push: false });
    expect([verdict, isThere(id)]).toEqual(['attention', false]);
  });

  it('where the hub takes it not, it is told with the command that sends it', async () => {
    vcs.refuse(world, 'not today');
    here.branchOff('feature');
    const id = workElsewhere(here, 'FEATURE\n');
    const { verdict, why } = await here.run();
    expect([verdict, isThere(id)]).toEqual(['attention', false]);
    expect(why).toMatch(/^1 commit on 'feature' not at the hub \(.+\): (git|hg) push /);
    vcs.accept(world);
    expect(await here.run()).toMatchObject({ ...SYNCED, push: { kind: 'pushed', commits: 1 } });
  });
}

for (const vcs of HARNESSES) {
  describe.skipIf(!needs(vcs.name))(`work left on another branch, under ${vcs.name}`, () => contract(vcs));
}

describe.skipIf(!needs('git'))('under git', () => {
  let world: World<Machine>;
  let here: Machine;
  let there: Machine;

  beforeEach(async () => {
    world = createWorld('here', 'there');
    [here, there] = world.machines as [Machine, Machine];
    await here.run();
    await there.run();
  });
  afterEach(() => world.remove());

  it('a branch that somebody deleted at the hub is not brought back by it', async () => {
    here.git('switch', '-q', '-c', 'feature');
    here.write('feature.txt', 'ONE\n');
    await here.run();
    git(world.hub, 'branch', '-q', '-D', 'feature');
    here.write('feature.txt', 'TWO\n');
    here.commit('by hand');
    here.git('switch', '-q', 'main');
    const { verdict, why } = await here.run();
    expect([verdict, why]).toEqual(['attention', expect.stringContaining("'feature' not at the hub (branch-deleted")]);
    expect(() => world.hubHead('feature')).toThrow();
  });

  it('a branch that keeps what was taken back at the hub is not sent, under any name', async () => {
    here.write('secret.txt', 'PURGED\n');
    await here.run();
    git(world.hub, 'update-ref', 'refs/heads/main', 'main~1');
    const { blocked } = await here.run();
    expect(blocked?.hint).toContain('git branch before-rewrite-main');
    here.git('branch', 'before-rewrite-main');
    here.git('branch', '-m', 'main', 'old');
    here.git('fetch', '-q');
    here.git('switch', '-q', '-c', 'main', 'origin/main');
    const { why } = await here.run();
    expect(why).not.toContain('before-rewrite-main');
    expect(why).toContain("'old' not at the hub: git push origin 'old'");
    expect(git(world.hub, 'log', '--all', '-p')).not.toContain('PURGED');
  });

  it('a branch that is checked out in another working tree speaks for itself', async () => {
    const linked = join(world.folder, 'linked');
    here.git('worktree', 'add', '-q', '-b', 'feature', linked);
    git(linked, 'commit', '-q', '--allow-empty', '-m', 'by hand');
    expect(await here.run()).toMatchObject(SYNCED);
    expect(() => world.hubHead('feature')).toThrow();
    here.git('worktree', 'remove', linked);
    expect(await here.run()).toMatchObject({ ...SYNCED, push: { kind: 'pushed', commits: 1 } });
  });

  it('one that only lies behind the hub costs one look', async () => {
    here.git('switch', '-q', '-c', 'feature');
    here.write('feature.txt', 'ONE\n');
    await here.run();
    here.git('switch', '-q', 'main');
    here.git('branch', '-q', '-f', 'feature', 'main');
    for (const _ of [1, 2]) expect(await here.run()).toMatchObject(SYNCED);
  });
});

describe.skipIf(!needs('hg'))('under hg', () => {
  let world: World<HgMachine>;
  let here: HgMachine;

  beforeEach(async () => {
    world = createHgWorld('here');
    [here] = world.machines as [HgMachine];
    await here.run();
  });
  afterEach(() => world.remove());

  const leave = (): string => {
    here.branchOff('feature');
    here.write('feature.txt', 'FEATURE\n');
    here.commit('by hand', 'feature.txt');
    const id = here.head();
    here.switchTo('default');
    return id;
  };

  it('what is secret is nobody else’s affair', async () => {
    const id = leave();
    here.hg('phase', '--force', '--secret', '-r', id);
    expect(await here.run()).toMatchObject(SYNCED);
    expect(hg(world.hub, 'log', '-T', '{node}\n')).not.toContain(id);
  });

  it('a hub that does not publish cannot show what was taken away there, so that it is only told', async () => {
    appendFileSync(join(world.hub, '.hg/hgrc'), '[phases]\npublish = false\n');
    here.write('a.txt', 'a\n');
    await here.run();
    const id = leave();
    const { verdict, why } = await here.run();
    expect([verdict, why]).toEqual([
      'attention',
      expect.stringContaining("1 commit on 'feature' not at the hub: hg push"),
    ]);
    expect(hg(world.hub, 'log', '-T', '{node}\n')).not.toContain(id);
  });
});
