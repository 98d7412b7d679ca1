import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHome, type Ended, type Home } from '../support/cli.js';
import type { Desk } from '../support/desk.js';
import { needs } from '../support/needs.js';
import { copiesIn } from '../support/oracles.js';
import { HARNESSES } from '../support/vcs-harness.js';
import type { World } from '../support/world.js';

const FILES = ['a.md', 'b.md', 'c.md', 'notes/d.md', 'e.md'];

describe.each(HARNESSES.filter(({ name }) => needs(name)))('conflicts and resolve under $name', (vcs) => {
  let world: World<Desk>;
  let home: Home;
  let here: Desk;
  let there: Desk;
  let third: Desk;
  let meetings = 0;

  beforeAll(() => {
    world = vcs.createWorld('laptop', 'desktop', 'tablet');
    [here, there, third] = world.machines as [Desk, Desk, Desk];
    home = createHome(mkdtempSync(join(tmpdir(), 'home-')), 'laptop');
    home.autosync('install', here.top, '--scheduler', 'none', '--no-hooks');
  });
  afterAll(() => world.remove());

  const run = (...args: readonly string[]): Ended => home.autosyncIn(here.top, ...args);
  const inbox = (): ReturnType<typeof JSON.parse> => JSON.parse(run('conflicts', '--json').out).conflicts;
  const copyOf = (file: string): string => {
    const stem = file.replace(/\.md$/, ' (conflict ');
    const found = copiesIn(here).find((copy) => copy.startsWith(stem));
    if (found === undefined) throw new Error(`no copy of ${file}: ${copiesIn(here)}`);
    return found;
  };

  /** Makes both machines change the same files, the desktop first. */
  async function meet(...files: readonly string[]): Promise<void> {
    meetings += 1;
    run('snapshot');
    await there.run();
    for (const file of files) {
      there.write(file, `THEIRS${meetings} ${file}\n`);
      here.write(file, `MINE${meetings} ${file}\n`);
    }
    await there.run();
    run('snapshot');
  }

  it('lists nothing, and ends with 0, where there is nothing to decide', () => {
    expect(run('conflicts')).toMatchObject({ code: 0, out: 'no conflicts\n' });
    expect(run('resolve', '--all', '--done').code).toBe(0);
  });

  it('lists what waits: which file, whose versions, since when, of what kind; and ends with 10', async () => {
    await meet(...FILES);
    const found = inbox();
    expect(found).toHaveLength(FILES.length);
    expect(found[0]).toMatchObject({
      repo: here.top,
      state: 'copied',
      path: 'a.md',
      copy: copyOf('a.md'),
      kind: 'both-added',
      versions: { kept: { path: 'a.md', machine: 'desktop' }, other: { path: copyOf('a.md'), machine: 'laptop' } },
      mine: 'other',
    });
    expect(Math.abs(Date.parse(found[0].since) - Date.now())).toBeLessThan(600_000);
    const { code, out } = run('conflicts', here.top);
    expect(out).toContain(`mine, laptop: '${copyOf('a.md')}'`);
    expect(out).toContain("theirs, desktop: 'a.md'");
    expect(code).toBe(10);
  });

  it('prompts for nothing: without a way, or about no conflict, it says what there is', () => {
    const head = here.head();
    expect(run('resolve', 'a.md')).toMatchObject({ code: 2, err: expect.stringContaining('--keep mine|theirs|both') });
    const listed = run('resolve');
    expect(listed).toMatchObject({ code: 10, out: expect.stringContaining(`mine, laptop: '${copyOf('a.md')}'`) });
    expect(JSON.parse(run('resolve', '--json').out).conflicts).toEqual(inbox());
    expect(run('resolve', 'a.md', '--keep', 'mine', '--done').code).toBe(2);
    expect(run('resolve', 'a.md', '--tool', '--done').code).toBe(2);
    expect(run('resolve', 'README.md', '--done')).toMatchObject({
      code: 2,
      err: expect.stringContaining('in no conflict'),
    });
    expect(run('resolve', 'a.md', '--keep', 'phone')).toMatchObject({
      code: 2,
      err: expect.stringContaining("--keep 'laptop'"),
    });
    expect(here.head()).toBe(head);
  });

  it('keeps mine, theirs or both, commits what was saved meanwhile, and tells the others', async () => {
    const copies = { a: copyOf('a.md'), b: copyOf('b.md'), c: copyOf('c.md') };
    // Both have been worked on since; the present content counts, and none of it is lost.
    here.write(copies.a, 'MINE1 a.md, EDITED\n');
    here.write('a.md', 'THEIRS1 a.md, EDITED\n');
    const kept = run('resolve', 'a.md', '--keep', 'mine');
    expect(kept.out).toContain("resolved 'a.md': laptop's version has the name, the other one is in the history\n");
    expect(kept.code).toBe(0);
    expect(here.read('a.md')).toBe('MINE1 a.md, EDITED\n');
    expect(world.hubHistory()).toContain('THEIRS1 a.md, EDITED');
    expect(run('resolve', copies.b, '--keep', 'desktop').code).toBe(0);
    expect(here.read('b.md')).toBe('THEIRS1 b.md\n');
    expect(run('resolve', 'c.md', '--keep', 'both').out).toContain("'c (laptop).md'");
    expect([here.read('c.md'), here.read('c (laptop).md')]).toEqual(['THEIRS1 c.md\n', 'MINE1 c.md\n']);
    expect(inbox().map(({ path }: { path: string }) => path)).toEqual(['e.md', 'notes/d.md']);
    for (const copy of Object.values(copies)) expect(here.has(copy)).toBe(false);
    expect(here.status()).toBe('');
    expect(world.hubHead()).toBe(here.head());
  });

  it('lets another machine decide, and one that made neither version say whose', async () => {
    await there.run();
    await third.run();
    const tablet = createHome(mkdtempSync(join(tmpdir(), 'home-')), 'tablet');
    const file = 'notes/d.md';
    const refused = tablet.autosyncIn(third.top, 'resolve', file, '--keep', 'mine');
    expect(refused).toMatchObject({ code: 2, err: expect.stringContaining("--keep 'desktop' keeps 'notes/d.md'") });
    expect(tablet.autosyncIn(third.top, 'resolve', file, '--keep', 'laptop').code).toBe(0);
    expect(third.read(file)).toBe(`MINE1 ${file}\n`);
    run('snapshot');
    expect(here.read(file)).toBe(`MINE1 ${file}\n`);
    // Desktop's own version has the name there.
    const desktop = createHome(mkdtempSync(join(tmpdir(), 'home-')), 'desktop');
    expect(desktop.autosyncIn(there.top, 'resolve', 'e.md', '--keep', 'mine').code).toBe(0);
    run('snapshot');
    expect(here.read('e.md')).toBe('THEIRS1 e.md\n');
    expect(run('conflicts').code).toBe(0);
  });

  it('forgets a copy that was deleted by hand, and ends all at once with --all --done', async () => {
    await meet('a.md', 'b.md', 'c.md');
    expect(inbox()).toHaveLength(3);
    here.remove(copyOf('a.md'));
    expect(inbox()).toHaveLength(2);
    here.write('b.md', 'MERGED BY HAND\n');
    expect(run('resolve', '--all', '--done').code).toBe(0);
    expect(run('conflicts').code).toBe(0);
    expect([here.read('b.md'), here.read('c.md')]).toEqual(['MERGED BY HAND\n', 'THEIRS2 c.md\n']);
    expect(world.hubHistory()).toContain('MINE2 c.md');
  });

  it('a conflict that was left to a person is listed, and merged as he says', async () => {
    run('snapshot');
    await there.run();
    run('config', here.top, 'conflict', 'pause');
    await meet('a.md', 'b.md');
    const found = inbox();
    expect(found).toMatchObject([
      {
        state: 'paused',
        path: 'a.md',
        copy: null,
        mine: 'kept',
        versions: { other: { path: null, machine: 'desktop' } },
      },
      { state: 'paused', path: 'b.md' },
    ]);
    expect(run('conflicts').out).toContain('nothing is merged until you say how');
    expect(run('resolve', 'a.md', '--done')).toMatchObject({ code: 2, err: expect.stringContaining('merged') });
    expect(run('resolve', '--all', '--keep', 'mine').code).toBe(0);
    expect([here.read('a.md'), here.read('b.md')]).toEqual(['MINE3 a.md\n', 'MINE3 b.md\n']);
    expect(copiesIn(here)).toEqual([]);
    expect(run('conflicts').code).toBe(0);
    await there.run();
    expect(there.read('a.md')).toBe('MINE3 a.md\n');
    expect(world.hubHistory()).toContain('THEIRS3 a.md');
  });

  it('a removal that met a change, left to a person, is decided as he says', async () => {
    await there.run();
    there.remove('a.md');
    here.write('a.md', 'MINE, CHANGED\n');
    await there.run();
    run('snapshot');
    expect(inbox()).toMatchObject([{ path: 'a.md', kind: 'modify-delete' }]);
    expect(run('resolve', 'a.md', '--keep', 'theirs').code).toBe(0);
    expect(here.has('a.md')).toBe(false);
    expect(world.hubHistory()).toContain('MINE, CHANGED');
    run('config', here.top, 'conflict', '--unset');
  });

  it('one of which nothing tells whose it is keeps none of the others from being decided', async () => {
    const pushed = 'n (conflict x 2026-01-01 abcdef0).md';
    await meet('a.md', 'b.md');
    await there.run();
    there.write(pushed, 'PUSHED\n');
    await there.run();
    run('snapshot');
    const { code, out, err } = run('resolve', '--all', '--keep', 'mine');
    expect(out).toContain("resolved 'a.md': laptop's version has the name");
    expect(err).toContain("neither version of 'n.md' is known to be this machine's");
    expect(code).toBe(3);
    expect(here.read('b.md')).toMatch(/^MINE/);
    expect(inbox()).toMatchObject([{ path: 'n.md', copy: pushed }]);
    expect(world.hubHead()).toBe(here.head());
    // Of one alone it is an error that nothing can be decided.
    expect(run('resolve', '--all', '--keep', 'mine').code).toBe(2);
    await meet('a.md');
    expect(JSON.parse(run('resolve', '--all', '--keep', 'mine', '--json').out)).toMatchObject({
      resolved: [{ path: 'a.md' }],
      unresolved: [{ path: 'n.md', why: expect.stringContaining('neither version') }],
    });
    expect(run('resolve', 'n.md', '--keep', 'x').code).toBe(0);
    expect(here.read('n.md')).toBe('PUSHED\n');
  });

  it.each(['.git', '.hg', '.GIT'])("no file is a copy of what is the repository's own: %s", async (name) => {
    run('snapshot');
    await there.run();
    const pushed = `${name} (conflict x 2026-01-01 abcdef0)/hooks/post-commit`;
    there.write(pushed, 'PUSHED\n');
    await there.run();
    run('snapshot');
    expect(inbox()).toEqual([]);
    const { code, err } = run('resolve', dirname(dirname(pushed)), '--keep', 'x');
    expect(err).toContain('is in no conflict');
    expect(code).toBe(2);
    expect(here.read(pushed)).toBe('PUSHED\n');
  });
});
