import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createHgWorld, type HgMachine, type HgWorld, hg } from '../support/hg-world.js';
import { needs } from '../support/needs.js';

describe.skipIf(!needs('hg'))('a changeset of ours that was made, and killed before it got its place', () => {
  let world: HgWorld;
  let here: HgMachine;

  beforeEach(() => {
    world = createHgWorld('here');
    [here] = world.machines as [HgMachine];
  });
  afterEach(() => world.remove());

  /** Leaves what a killed `restore` leaves: a head that we do not stand on, and the note that names it. */
  function leave(message: string): { readonly parent: string; readonly made: string; readonly note: string } {
    const parent = here.head();
    here.write('a.md', 'MADE\n');
    here.commit('Restored a.md');
    const made = here.head();
    here.hg('update', '-q', '-r', parent);
    const note = join(here.top, '.hg/autosync/unplaced.json');
    mkdirSync(join(here.top, '.hg/autosync'), { recursive: true });
    writeFileSync(note, JSON.stringify({ parent, message }));
    return { parent, made, note };
  }
  const heads = (): readonly string[] => here.hg('heads', '-T', '{node}\n').trim().split('\n');

  it('is taken back by the next run, and is in the backup of the private share', async () => {
    const { parent, note } = leave('Restored a.md\n');
    expect(await here.run()).toMatchObject({ verdict: 'synced' });
    expect(heads()).toEqual([parent]);
    expect(here.verify()).toBe('');
    expect(existsSync(note)).toBe(false);
    expect(existsSync(join(here.top, '.hg/autosync/merge/.hg/strip-backup'))).toBe(true);
  });

  it("stays where it is somebody else's: another message, or where he stands", async () => {
    const { parent, made } = leave('Undid something else\n');
    await here.run();
    expect(heads()).toEqual([made]);
    here.hg('update', '-q', '-r', made);
    writeFileSync(join(here.top, '.hg/autosync/unplaced.json'), JSON.stringify({ parent, message: 'Restored a.md\n' }));
    await here.run();
    expect(here.head()).toBe(made);
    expect(here.read('a.md')).toBe('MADE\n');
  });

  /** Commits something by hand; returns the changeset. */
  function mine(name: string): string {
    here.write(name, `${name}\n`);
    here.commit(name);
    return here.head();
  }
  const phase = (id: string): string => here.hg('log', '-r', id, '-T', '{phase}');

  it('stays, secret, where the person has committed since: what he made is never rewritten', async () => {
    const { parent, made, note } = leave('Restored a.md\n');
    const commits = [mine('one.md'), mine('two.md')];
    const before = here.hg('log', '-T', '{rev} {node}\n');
    expect(await here.run()).toMatchObject({ verdict: 'synced', push: { kind: 'pushed' } });
    expect(here.hg('log', '-T', '{rev} {node}\n')).toBe(before);
    expect(phase(made)).toBe('secret');
    expect(hg(world.hub, 'log', '-T', '{node}\n').split('\n')).toEqual([...commits.toReversed(), parent]);
    expect(existsSync(note)).toBe(false);
    expect(await here.run()).toMatchObject({ verdict: 'synced', push: { kind: 'nothing-to-push' } });
  });

  it('that stays secret is never taken for what the hub has, not even where its newest is a work set aside', async () => {
    await here.run();
    const { parent, made } = leave('Restored a.md\n');
    here.hg('phase', '-q', '-f', '-s', '-r', made);
    const there = world.add('there');
    there.write('b.md', 'ASIDE\n');
    there.commit('aside');
    there.hg('bookmark', '-q', 'autosync/there/default');
    there.hg('push', '-q', '-B', 'autosync/there/default');
    expect((await here.run()).why).not.toContain('secret');
    expect(here.head()).toBe(parent);
  });

  it('stays as it is where the person has built upon it', async () => {
    const { parent, made } = leave('Restored a.md\n');
    here.hg('update', '-q', '-r', made);
    here.hg('branch', '-q', 'mine');
    const built = mine('one.md');
    here.hg('update', '-q', '-r', parent);
    await here.run();
    expect([phase(made), phase(built)]).toEqual(['draft', 'draft']);
  });

  /** Leaves what a strip leaves that was cut off before it put back what had been made since. */
  function cutOff(): { readonly made: string; readonly bundle: string } {
    const parent = here.head();
    const made = mine('one.md');
    const backups = join(here.top, '.hg/autosync/merge/.hg/strip-backup');
    mkdirSync(backups, { recursive: true });
    const bundle = join(backups, '0123456789ab-01234567-temp.hg');
    here.hg('bundle', '-q', '--base', parent, '-r', made, bundle);
    const other = join(world.folder, 'other');
    here.hg('--config', 'extensions.share=', 'share', '-q', '-U', '.', other);
    hg(other, '--config', 'extensions.strip=', 'strip', '-q', '--no-backup', '-r', made);
    return { made, bundle };
  }

  it('whose strip was cut off: what the person has made since is put back', async () => {
    const { made, bundle } = cutOff();
    expect(await here.run()).toMatchObject({ verdict: 'synced', push: { kind: 'pushed' } });
    expect(here.head()).toBe(made);
    expect(here.files()).toEqual({ 'README.md': 'hello\n', 'one.md': 'one.md\n' });
    expect(world.hubHead()).toBe(made);
    expect(existsSync(bundle)).toBe(false);
  });

  it('whose strip was cut off: the share goes, and not what the person has made since', async () => {
    const { made, bundle } = cutOff();
    await (await here.open()).forget();
    expect(existsSync(bundle)).toBe(false);
    expect(await here.run()).toMatchObject({ verdict: 'synced' });
    expect(here.head()).toBe(made);
  });

  it('whose strip was cut off while it wrote: half a bundle stops nothing, and is kept', async () => {
    const { bundle } = cutOff();
    here.hg('unbundle', '-q', bundle);
    writeFileSync(bundle, 'HG20');
    expect(await here.run()).toMatchObject({ verdict: 'synced' });
    expect(readdirSync(join(here.top, '.hg/autosync')).filter((name) => name.startsWith('rescued-'))).toHaveLength(1);
    expect(await here.run()).toMatchObject({ verdict: 'synced' });
  });
});
