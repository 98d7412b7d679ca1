import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createHgWorld, type HgMachine, type HgWorld, hg } from '../support/hg-world.js';
import { needs } from '../support/needs.js';
import { expectConverged } from '../support/oracles.js';

let world: HgWorld;
let here: HgMachine;
let there: HgMachine;

beforeEach(async () => {
  world = createHgWorld('here', 'there');
  [here, there] = world.machines as [HgMachine, HgMachine];
  await here.run();
  there.write('theirs.txt', 'THEIRS\n');
  await there.run();
});
afterEach(() => world.remove());

/** Has a hook of the person's refuse until the file `ok` is there. */
const refuse = (name: string): void =>
  appendFileSync(
    join(here.top, '.hg/hgrc'),
    `\n[hooks]\n${name}.mine = echo not today >&2; test -e ${world.folder}/ok\n`,
  );

const relent = (): void => writeFileSync(join(world.folder, 'ok'), '');

/** Adds an extension that gives a check of its own, as hg's extensions do, which refuses every merge. */
function refuseMerges(): void {
  const file = join(world.folder, 'refuse.py');
  const lines = [
    'import os',
    'def check(ui, repo, node=None, **_):',
    `    if len(repo[node].parents()) < 2 or os.path.exists(${JSON.stringify(join(world.folder, 'ok'))}):`,
    '        return False',
    "    ui.warn(b'no merges today\\n')",
    '    return True',
    'def reposetup(ui, repo):',
    "    ui.setconfig(b'hooks', b'pretxncommit.refuse', check)",
  ];
  writeFileSync(file, `${lines.join('\n')}\n`);
  appendFileSync(join(here.top, '.hg/hgrc'), `\n[extensions]\nrefuse = ${file}\n`);
}

describe.skipIf(!needs('hg'))('where this branch and the hub have parted', () => {
  it.each(['prechangegroup', 'pretxnchangegroup'])(
    'a hook that lets nothing in is respected and named, and what was not sent yet leaves the machine: %s',
    async (name) => {
      refuse(name);
      here.write('mine.txt', 'PRECIOUS\n');
      for (let turn = 0; turn < 2; turn += 1) {
        const report = await here.run();
        expect(report).toMatchObject({ verdict: 'attention' });
        expect(report.why).toContain('not today');
        expect(report.why).toContain('hook');
        expect(report.why).toContain('the work is safe');
        expect(here.has('theirs.txt')).toBe(false);
        expect(hg(world.hub, 'cat', '-r', here.savedAside(), 'mine.txt')).toBe('PRECIOUS');
        expect(world.hubHead()).toBe(there.head());
      }
      here.write('more.txt', 'MORE\n');
      await here.run();
      expect(hg(world.hub, 'cat', '-r', here.savedAside(), 'more.txt')).toBe('MORE');
      relent();
      await expectConverged(world, { tokens: ['PRECIOUS', 'MORE', 'THEIRS'] });
    },
  );

  it('a hook that lets nothing in sets nothing aside where all was sent', async () => {
    refuse('prechangegroup');
    expect(await here.run()).toMatchObject({ verdict: 'attention', fetch: { reason: 'own-hook' } });
    expect(hg(world.hub, 'bookmarks')).toBe('no bookmarks set');
  });

  it('a check that refuses the merge is respected and named, and what was not sent yet leaves the machine', async () => {
    refuseMerges();
    here.write('mine.txt', 'PRECIOUS\n');
    for (let turn = 0; turn < 2; turn += 1) {
      const report = await here.run();
      expect(report.verdict).not.toBe('synced');
      expect(report.why).toContain('no merges today');
      expect(report.why).toContain('the work is safe');
      expect(hg(world.hub, 'cat', '-r', here.savedAside(), 'mine.txt')).toBe('PRECIOUS');
      expect(world.hubHead()).toBe(there.head());
    }
    relent();
    await expectConverged(world, { tokens: ['PRECIOUS', 'THEIRS'] });
  });

  it.each(['precommit', 'pretxncommit'])(
    'a hook that refuses commits keeps no earlier one from leaving the machine: %s',
    async (name) => {
      here.write('mine.txt', 'PRECIOUS\n');
      here.commit('by hand');
      refuse(name);
      here.write('later.txt', 'LATER\n');
      const report = await here.run();
      expect(report).toMatchObject({ verdict: 'attention', commit: { kind: 'refused' } });
      expect(report.why).toContain('not today');
      const aside = here.savedAside();
      expect(hg(world.hub, 'cat', '-r', aside, 'mine.txt', 'later.txt')).toBe('LATER\nPRECIOUS');
      relent();
      await expectConverged(world, { tokens: ['PRECIOUS', 'LATER', 'THEIRS'] });
    },
  );
});
