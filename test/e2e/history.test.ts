import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHome, type Ended, type Home } from '../support/cli.js';
import type { Desk } from '../support/desk.js';
import { needs } from '../support/needs.js';
import { HARNESSES } from '../support/vcs-harness.js';
import type { World } from '../support/world.js';

describe.each(HARNESSES.filter(({ name }) => needs(name)))('history, restore and undo under $name', (vcs) => {
  let world: World<Desk>;
  let home: Home;
  let here: Desk;
  let there: Desk;

  beforeAll(() => {
    world = vcs.createWorld('laptop', 'desktop');
    [here, there] = world.machines as [Desk, Desk];
    home = createHome(mkdtempSync(join(tmpdir(), 'home-')), 'laptop');
    home.autosync('install', here.top, '--scheduler', 'none', '--no-hooks');
  });
  afterAll(() => world.remove());

  const run = (...args: readonly string[]): Ended => home.autosyncIn(here.top, ...args);
  const json = (...args: readonly string[]): ReturnType<typeof JSON.parse> => {
    const { out, err } = run(...args, '--json');
    return JSON.parse(out === '' ? `{"err":${JSON.stringify(err)}}` : out);
  };
  /** Saves a file and runs. */
  const save = (name: string, content: string): string => {
    here.write(name, content);
    expect(run('snapshot').err).toBe('');
    return here.head();
  };

  describe('history', () => {
    it('tells when, where and what, also of a file that was renamed and is gone', () => {
      save('draft.md', 'one\ntwo\nthree\n');
      here.rename('draft.md', 'notes/final.md');
      run('snapshot');
      here.remove('notes/final.md');
      run('snapshot');
      const { versions } = json('history', 'notes/final.md');
      expect(versions).toMatchObject([
        { event: 'Removed notes/final.md', change: 'removed', machine: 'laptop', size: null },
        { event: 'Renamed draft.md to notes/final.md', change: 'renamed', path: 'notes/final.md', size: 14 },
        { event: 'Added draft.md', change: 'added', path: 'draft.md', author: 'Test Person' },
      ]);
      const { out, code } = run('history', 'notes/final.md', '-n', '1');
      expect(out).toMatch(
        /^[0-9a-f]{12} {2}\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ {2}laptop {2}- {2}Removed notes\/final\.md\n$/,
      );
      expect(code).toBe(0);
    });

    it('says so where there is none, and refuses a folder and what lies outside', () => {
      expect(run('history', 'never.md')).toMatchObject({
        code: 1,
        out: expect.stringContaining('never been committed'),
      });
      save('folder/x.md', 'x\n');
      expect(run('history', 'folder')).toMatchObject({ code: 2, err: expect.stringContaining('is a folder') });
      for (const path of ['../elsewhere', '/etc/passwd', `.${vcs.name}/config`]) {
        expect(run('history', path).code).toBe(2);
      }
    });
  });

  describe('restore', () => {
    it("says so where a name would be too long, or a repository's own", async () => {
      await save('long.md', 'LONG\n');
      const head = here.head();
      const long = 'n'.repeat(300);
      for (const to of [long, `folder/${long}`, `${long}/long.md`, 'n/'.repeat(3000)]) {
        const { code, err } = run('restore', 'long.md', '--at', head, '--to', to);
        expect(err).toContain('is too long');
        expect(code).toBe(2);
      }
      for (const words of [
        ['restore', long, '--at', head],
        ['resolve', long, '--done'],
        ['history', long],
      ]) {
        expect(run(...words)).toMatchObject({ code: 2, err: expect.stringContaining('is too long') });
      }
      expect(run('restore', 'long.md', '--at', head, '--to', 'inner/.git/hooks/x')).toMatchObject({
        code: 1,
        err: expect.stringContaining("would be a repository's own"),
      });
      expect(here.head()).toBe(head);
      const longest = `${'n'.repeat(252)}.md`;
      expect(run('restore', 'long.md', '--at', head, '--to', `new/${longest}`).code).toBe(0);
      expect(here.read(`new/${longest}`)).toBe('LONG\n');
    });

    it('brings an older version back as a commit of its own, after the present one has been committed', () => {
      const old = save('a.md', 'OLD\n');
      save('a.md', 'NEW\n');
      here.write('a.md', 'NOT COMMITTED YET\n');
      const { restored, report } = json('restore', 'a.md', '--at', old.slice(0, 10));
      expect(restored).toEqual(['a.md']);
      expect(report).toMatchObject({ verdict: 'synced' });
      expect(here.read('a.md')).toBe('OLD\n');
      expect(here.status()).toBe('');
      expect(world.hubHead()).toBe(here.head());
      expect(world.hubHistory()).toContain('NOT COMMITTED YET');
      expect(json('history', 'a.md').versions).toHaveLength(4);
    });

    it('brings back a folder that is gone, and a file under the name that it had', () => {
      const then = save('folder/deep/y.md', 'Y\n');
      here.rename('folder/deep/y.md', 'folder/z.md');
      save('folder/later.md', 'LATER\n');
      expect(run('restore', 'folder/z.md', '--at', then, '--to', 'z-then.md').code).toBe(0);
      expect(here.read('z-then.md')).toBe('Y\n');
      expect(run('restore', 'folder', '--at', then).code).toBe(0);
      expect(here.read('folder/deep/y.md')).toBe('Y\n');
      expect(here.read('folder/later.md')).toBe('LATER\n');
    });

    it('says what is wrong and does nothing: no time, no such version, nothing there then, a place that is taken', () => {
      const head = save('wrong.md', 'x\n');
      here.write('unsaved.md', 'x\n');
      expect(run('restore', 'wrong.md')).toMatchObject({ code: 2, err: expect.stringContaining("'--at' is missing") });
      expect(run('restore', 'wrong.md', '--at', 'soon')).toMatchObject({
        code: 2,
        err: expect.stringContaining('yesterday'),
      });
      expect(run('restore', 'wrong.md', '--at', '3026-01-01')).toMatchObject({ code: 2 });
      expect(here.head()).toBe(head);
      expect(run('restore', 'wrong.md', '--at', '00000000')).toMatchObject({ code: 2 });
      expect(run('restore', 'wrong.md', '--at', '1999-12-31')).toMatchObject({ code: 2 });
      expect(run('restore', 'unsaved.md', '--at', head)).toMatchObject({
        code: 2,
        err: expect.stringContaining('not there then'),
      });
      expect(run('restore', 'wrong.md', '--at', head, '--to', 'unsaved.md')).toMatchObject({
        code: 2,
        err: expect.stringContaining('exists'),
      });
      for (const to of ['../out.md', '/tmp/out.md', `.${vcs.name}/x`]) {
        expect(run('restore', 'wrong.md', '--at', head, '--to', to).code).toBe(2);
      }
      expect(here.read('unsaved.md')).toBe('x\n');
    });

    it('never takes the place of a file that is kept out of commits', () => {
      const then = save('secret.txt', 'OLD SECRET\n');
      here.remove('secret.txt');
      run('snapshot');
      vcs.ignore(here, 'secret.txt');
      here.write('secret.txt', 'MINE ALONE\n');
      expect(run('restore', 'secret.txt', '--at', then)).toMatchObject({
        code: 1,
        err: expect.stringContaining('kept out of commits'),
      });
      expect(here.read('secret.txt')).toBe('MINE ALONE\n');
      here.remove('secret.txt');
    });

    it('follows no link that leads out of the tree', () => {
      const outside = mkdtempSync(join(tmpdir(), 'outside-'));
      const then = save('linked/f.md', 'INSIDE\n');
      here.remove('linked');
      symlinkSync(outside, join(here.top, 'linked'));
      run('snapshot');
      expect(run('restore', 'linked/f.md', '--at', then).code).toBe(2);
      expect(existsSync(join(outside, 'f.md'))).toBe(false);
      // The link itself is what stands in the way of the folder.
      expect(run('restore', 'linked', '--at', then).code).toBe(1);
      expect(existsSync(join(outside, 'f.md'))).toBe(false);
      mkdirSync(join(here.top, 'real'));
      symlinkSync('real', join(here.top, 'alias'));
      const named = save('real/g.md', 'G\n');
      here.remove('real/g.md');
      expect(run('restore', 'alias/g.md', '--at', named).code).toBe(0);
      expect(here.read('real/g.md')).toBe('G\n');
    });

    it('takes names that look like something else', () => {
      const names = ['-rf', ' x ', 'new\nline', '$(touch pwned)', '*'].filter((name) => !vcs.cannotHold.test(name));
      for (const name of names) here.write(name, `${name} OLD\n`);
      const then = save('marker', 'x\n');
      for (const name of names) here.write(name, 'changed\n');
      for (const name of names) {
        expect(run('restore', '--at', then, '--', name)).toMatchObject({ code: 0, err: '' });
        expect(here.read(name)).toBe(`${name} OLD\n`);
      }
      expect(here.has('pwned')).toBe(false);
    });

    it('takes a name that is not UTF-8, as a shell would hand it on', () => {
      here.write('caf\udce9.txt', 'OLD\n');
      const then = save('marker', 'y\n');
      here.write('caf\udce9.txt', 'NEW\n');
      expect(run('restore', 'caf\ufffd.txt', '--at', then)).toMatchObject({ code: 0, err: '' });
      expect(here.read('caf\udce9.txt')).toBe('OLD\n');
    });
  });

  describe('undo', () => {
    it('takes back what a run brought, publishes that, and a second one takes it back again', async () => {
      here.write('a.md', 'BEFORE\n');
      here.write('marker', 'BEFORE\n');
      run('snapshot');
      await there.run();
      there.write('a.md', 'THEIRS\n');
      there.write('from-there.md', 'x\n');
      there.remove('marker');
      await there.run();
      const before = here.files();
      run('snapshot');
      const brought = here.files();
      expect(brought).not.toEqual(before);
      const dry = json('undo', '--dry-run');
      expect(dry.changes).toEqual([
        { path: 'a.md', kind: 'put back' },
        { path: 'from-there.md', kind: 'taken away' },
        { path: 'marker', kind: 'brought back' },
      ]);
      expect(here.files()).toEqual(brought);
      const { code, out } = run('undo');
      expect(out).toMatch(/^taking back the run of [^\n]+\n {2}put back {5}a\.md\n/);
      expect(out).toMatch(/\ntaken back, as [0-9a-f]{12}\n/);
      expect(code).toBe(0);
      expect(here.files()).toEqual(before);
      expect(world.hubHead()).toBe(here.head());
      await there.run();
      expect(there.files()).toEqual(before);
      expect(run('undo').code).toBe(0);
      expect(here.files()).toEqual(brought);
    });

    it('keeps what was changed since, committed or not, and names it', () => {
      here.write('p.md', 'P1\n');
      here.write('q.md', 'Q1\n');
      run('snapshot');
      here.write('p.md', 'P2\n');
      here.write('q.md', 'Q2\n');
      run('snapshot');
      here.write('q.md', 'Q3, NOT COMMITTED YET\n');
      expect(json('undo', '--dry-run')).toMatchObject({ changes: [{ path: 'p.md' }], kept: ['q.md'] });
      expect(json('undo')).toMatchObject({ changes: [{ path: 'p.md', kind: 'put back' }], kept: ['q.md'] });
      expect(here.read('p.md')).toBe('P1\n');
      expect(here.read('q.md')).toBe('Q3, NOT COMMITTED YET\n');
      expect(here.status()).toBe('');
    });

    it('takes back several runs, or a single one, and lists what there is', () => {
      save('r.md', 'R1\n');
      save('r.md', 'R2\n');
      save('s.md', 'S1\n');
      save('r.md', 'R3\n');
      const { runs } = json('undo', '--list');
      expect(runs.at(-1)).toMatchObject({ kind: 'run', id: here.head() });
      expect(run('undo', '--list').out).toContain('Modified r.md');
      expect(run('undo', '--run', runs.at(-2).id.slice(0, 12)).code).toBe(0);
      expect([here.has('s.md'), here.read('r.md')]).toEqual([false, 'R3\n']);
      expect(run('undo').code).toBe(0);
      expect(run('undo', '--last', '5').code).toBe(0);
      expect(here.read('r.md')).toBe('R1\n');
      expect(run('undo', '--run', 'fedcba98')).toMatchObject({ code: 2, err: expect.stringContaining('--list') });
      expect(run('undo', '--run', 'tip').code).toBe(2);
      expect(run('undo', '--last', '0').code).toBe(2);
    });
  });

  it('does nothing while another run holds the lock, or in the middle of something', () => {
    const then = save('busy.md', 'OLD\n');
    save('busy.md', 'NEW\n');
    const metadata = join(here.top, `.${vcs.name}`);
    const lock = join(metadata, 'autosync', 'lock');
    writeFileSync(lock, JSON.stringify({ host: 'another-host', pid: 1, started: '', boot: '' }));
    for (const words of [['restore', 'busy.md', '--at', then], ['undo']]) expect(run(...words).code).toBe(11);
    rmSync(lock);
    const mark = join(metadata, vcs.name === 'git' ? 'BISECT_LOG' : 'bisect.state');
    writeFileSync(mark, '');
    for (const words of [['restore', 'busy.md', '--at', then], ['undo'], ['undo', '--dry-run']]) {
      expect(run(...words)).toMatchObject({ code: 1, err: expect.stringContaining('nothing was done: bisect') });
    }
    rmSync(mark);
    expect(here.read('busy.md')).toBe('NEW\n');
  });

  it("does nothing in a mode in which the branch is the person's alone", () => {
    const then = save('mode.md', 'OLD\n');
    save('mode.md', 'NEW\n');
    const head = here.head();
    expect(home.autosync('config', here.top, 'mode', 'backup').code).toBe(0);
    for (const words of [['restore', 'mode.md', '--at', then], ['undo']]) {
      expect(run(...words)).toMatchObject({ code: 1, err: expect.stringContaining("in the mode 'backup'") });
    }
    expect([here.head(), here.read('mode.md')]).toEqual([head, 'NEW\n']);
    home.autosync('config', here.top, 'mode', '--unset');
  });
});
