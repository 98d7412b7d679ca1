import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createHgWorld, type HgMachine, type HgWorld } from '../support/hg-world.js';
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
});
