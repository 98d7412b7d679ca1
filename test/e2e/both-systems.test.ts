import { appendFileSync, chownSync, existsSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findProgram } from '../../scripts/steps/programs.js';
import { createHome, type Home } from '../support/cli.js';
import type { Desk } from '../support/desk.js';
import { needs } from '../support/needs.js';
import { gitHarness, hgHarness } from '../support/vcs-harness.js';
import type { World } from '../support/world.js';

const newHome = (path?: string): Home => createHome(mkdtempSync(join(tmpdir(), 'home-')), 'laptop', path);

/** A PATH on which there is all that the program needs but one system, in whose stead there may be a script. */
function pathWithout(program: string, script?: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'bin-'));
  for (const name of ['git', 'hg', 'sh', 'node', 'ssh']) {
    const found = findProgram(name);
    if (name !== program && found !== undefined) symlinkSync(found, join(folder, name));
  }
  if (script !== undefined) writeFileSync(join(folder, program), script, { mode: 0o755 });
  return folder;
}

type Row = { readonly check: string; readonly result: string; readonly detail: string; readonly mend?: string };

const doctor = (home: Home): readonly Row[] => JSON.parse(home.autosync('doctor', '--json').out).checks;

describe.skipIf(!needs('hg'))('a machine with git and Mercurial repositories', () => {
  let worlds: readonly World<Desk>[];
  let home: Home;

  beforeAll(() => {
    worlds = [gitHarness, hgHarness].map((vcs) => vcs.createWorld('laptop', 'desktop'));
    home = newHome();
    const tops = worlds.flatMap(({ machines: [laptop] }) => laptop?.top ?? []);
    home.autosync('install', ...tops, '--scheduler', 'none', '--every', '1s');
  });

  afterAll(() => {
    for (const world of worlds) world.remove();
  });

  it('keeps them all in one tick of the scheduler', async () => {
    for (const { machines } of worlds) {
      machines[0]?.write('from-laptop.md', 'x\n');
      machines[1]?.write('from-desktop.md', 'y\n');
      machines[1]?.commit('From the desktop');
      machines[1]?.send();
    }
    // The run that installing them made may have been a moment ago: they are due a second after it.
    await new Promise((settle) => setTimeout(settle, 2_500));
    const { out, code } = home.autosync('snapshot', '--due', '--json');
    const reports: readonly { readonly vcs: string }[] = JSON.parse(out).repos;
    expect([...reports].sort((a, b) => (a.vcs < b.vcs ? -1 : 1))).toMatchObject(
      ['git', 'hg'].map((vcs) => ({ vcs, verdict: 'synced', commit: { kind: 'committed' }, push: { kind: 'pushed' } })),
    );
    expect(code).toBe(0);
    for (const { machines, hubHead } of worlds) {
      expect(machines[0]?.files()).toMatchObject({ 'from-laptop.md': 'x\n', 'from-desktop.md': 'y\n' });
      expect(hubHead()).toBe(machines[0]?.head());
    }
  });

  it('tells of both in one table, and takes both back', () => {
    const { repos } = JSON.parse(home.autosync('status', '--json').out);
    expect(repos.map(({ vcs }: { vcs: string }) => vcs).sort()).toEqual(['git', 'hg']);
    expect(home.autosync('uninstall', '--all')).toMatchObject({ code: 0, err: '' });
    expect(JSON.parse(home.autosync('status', '--json').out).repos).toEqual([]);
  });

  it('takes the repository whose metadata is nearest, where one lies in the other', () => {
    const [outer, inner] = [gitHarness, hgHarness].map((vcs) => vcs.createWorld('laptop').machines[0]);
    const path = join(outer?.top ?? '', 'inside');
    inner?.command('clone', '-q', '.', path);
    mkdirSync(join(path, 'below'));
    writeFileSync(join(path, 'below', 'x.md'), 'x\n');
    const { out } = newHome().autosyncIn(join(path, 'below'), 'snapshot', '--json');
    expect(JSON.parse(out).repos).toMatchObject([{ path, vcs: 'hg', verdict: 'synced' }]);
  });
});

describe.skipIf(!needs('hg'))('a machine without Mercurial', () => {
  const home = (): Home => newHome(pathWithout('hg'));

  it('keeps its git repositories as if nothing were missing', () => {
    const [machine] = gitHarness.createWorld('laptop').machines;
    const fresh = home();
    expect(fresh.autosync('install', machine?.top ?? '', '--scheduler', 'none')).toMatchObject({ code: 0 });
    expect(doctor(fresh)).toContainEqual(expect.objectContaining({ check: 'hg', result: 'ok' }));
  });

  it('says what to install for a Mercurial repository, and writes nothing', () => {
    const [machine] = hgHarness.createWorld('laptop').machines;
    for (const command of ['install', 'snapshot']) {
      const { code, err, out } = home().autosync(command, machine?.top ?? '');
      expect(`${err}${out}`).toMatch(/program 'hg' not found[\s\S]*install Mercurial/);
      expect(code).toBe(1);
    }
    const { code, err } = home().autosync('clone', machine?.top ?? '', 'notes', '--vcs', 'hg');
    expect(err).toContain('install Mercurial');
    expect(code).toBe(1);
  });
});

describe.skipIf(!needs('hg'))('doctor', () => {
  it('names a Mercurial that has gone, or is too old, when there is a repository that needs it', () => {
    const [machine] = hgHarness.createWorld('laptop').machines;
    const whole = newHome();
    whole.autosync('install', machine?.top ?? '', '--scheduler', 'none');
    expect(doctor(whole)).toContainEqual(expect.objectContaining({ check: 'hg', result: 'ok' }));
    const gone = whole.with({ PATH: pathWithout('hg') });
    const mend = 'install Mercurial 6.0 or newer';
    expect(doctor(gone)).toContainEqual(expect.objectContaining({ check: 'hg', result: 'error', mend }));
    const old = whole.with({
      PATH: pathWithout('hg', '#!/bin/sh\necho "Mercurial Distributed SCM (version 5.2.1+20191112)"\n'),
    });
    const detail = 'Mercurial Distributed SCM (version 5.2.1+20191112) is too old';
    expect(doctor(old)).toContainEqual(expect.objectContaining({ check: 'hg', result: 'error', detail, mend }));
  });

  it('names an extension that is a file of the working tree, and does not load it', () => {
    const [machine] = hgHarness.createWorld('laptop').machines;
    const top = machine?.top ?? '';
    const home = newHome();
    home.autosync('install', top, '--scheduler', 'none');
    expect(doctor(home)).toContainEqual(expect.objectContaining({ check: 'extensions', result: 'ok' }));
    const loaded = join(home.folder, 'loaded');
    machine?.write('x.py', `open(${JSON.stringify(loaded)}, 'w').close()\n`);
    appendFileSync(join(top, '.hg', 'hgrc'), '\n[extensions]\nx = ./x.py\n');
    const detail = expect.stringContaining("extension 'x'");
    expect(doctor(home)).toContainEqual(expect.objectContaining({ check: 'extensions', result: 'warning', detail }));
    expect(existsSync(loaded)).toBe(false);
  });

  it.skipIf(!needs('useradd as root'))(
    "finds an hgrc that is another user's, whose hooks and hubs do not count",
    () => {
      const [machine] = hgHarness.createWorld('laptop').machines;
      const top = machine?.top ?? '';
      const home = newHome();
      home.autosync('install', top, '--scheduler', 'none');
      expect(doctor(home)).toContainEqual(expect.objectContaining({ check: 'trust', result: 'ok' }));
      const hgrc = join(top, '.hg', 'hgrc');
      chownSync(hgrc, 1, 1);
      const trust = doctor(home).find(({ check }) => check === 'trust');
      expect(trust).toMatchObject({ result: 'error', detail: expect.stringContaining(hgrc) });
      expect(trust?.mend).toMatch(/chown .*hgrc'; or, in ~\/\.hgrc: \[trusted\] users = /);
      expect(newHome().autosync('install', top, '--scheduler', 'none')).toMatchObject({
        code: 1,
        err: expect.stringContaining('[trusted] users'),
      });
      writeFileSync(join(home.folder, '.hgrc'), '[ui]\nusername = x\n[trusted]\nusers = *\n');
      expect(doctor(home)).toContainEqual(expect.objectContaining({ check: 'trust', result: 'ok' }));
    },
  );
});
