import { type ChildProcess, spawn } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  openSync,
  readdirSync,
  readlinkSync,
  renameSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { WorkingTree } from '../../src/vcs/vcs.js';
import { compiledSources } from '../support/compiled.js';
import { createHgWorld, type HgMachine, type HgWorld, hg } from '../support/hg-world.js';
import { needs } from '../support/needs.js';
import { copiesIn, expectConverged } from '../support/oracles.js';

let world: HgWorld;
let here: HgMachine;
let there: HgMachine;

beforeEach(() => {
  world = createHgWorld('here', 'there');
  [here, there] = world.machines as [HgMachine, HgMachine];
});
afterEach(() => world.remove());

/** Returns the working folder of a process. */
const cwdOf = (pid: string): string => readlinkSync(`/proc/${pid}/cwd`);

/** A working tree in which something happens just before one of its verbs, once. */
async function interrupted(
  verb: 'snapshot' | 'fetch' | 'integrate' | 'push' | 'uncommitted',
  happen: () => void,
): Promise<WorkingTree> {
  const tree = await here.open();
  let due = true;
  const first = <A extends readonly unknown[], R>(call: (...args: A) => R) => {
    return (...args: A): R => {
      if (due) happen();
      due = false;
      return call(...args);
    };
  };
  return { ...tree, [verb]: first(tree[verb] as (...args: readonly unknown[]) => unknown) };
}

describe.skipIf(!needs('hg'))('what happens while a run is under way', () => {
  const VERBS = ['snapshot', 'fetch', 'integrate', 'push', 'uncommitted'] as const;

  beforeEach(async () => {
    there.write('README.md', 'hello\nfrom there\n');
    there.write('new.txt', 'new\n');
    await there.run();
  });

  it.each(VERBS)('a save just before %s is part of the same run, or of the next', async (verb) => {
    here.write('other.txt', 'mine\n');
    const tree = await interrupted(verb, () => {
      here.write('README.md', 'SAVED\n');
      here.write('new.txt', 'SAVED TOO\n');
    });
    await here.run({}, { tree });
    // What had been put in place already is what he saved over.
    const theirs = verb === 'push' || verb === 'uncommitted' ? [] : ['from there', 'new\n'];
    await expectConverged(world, { tokens: ['SAVED\n', 'SAVED TOO\n', 'mine\n', ...theirs] });
  });

  it.each(VERBS)('a commit by hand just before %s stays', async (verb) => {
    here.write('other.txt', 'mine\n');
    const tree = await interrupted(verb, () => {
      here.write('hand.txt', 'BY HAND\n');
      here.hg('add', '-q', 'hand.txt');
      here.hg('commit', '-q', '-m', 'by hand', 'hand.txt');
    });
    await here.run({}, { tree });
    await expectConverged(world, { tokens: ['BY HAND', 'from there', 'mine\n'] });
    expect(here.hg('log', '-T', '{desc}\n')).toContain('by hand');
  });

  it.each(VERBS)('a branch switched just before %s is not moved', async (verb) => {
    const tree = await interrupted(verb, () => here.hg('branch', '-q', 'other'));
    here.write('other.txt', 'mine\n');
    await here.run({}, { tree });
    expect(here.hg('branch')).toBe('other');
    expect(here.hg('status').replace('? other.txt', '')).toBe('');
    here.hg('update', '-q', 'default');
    await expectConverged(world, { tokens: ['from there'] });
  });

  it('a program that writes to an old version afterwards is heard by the next run', async () => {
    const file = openSync(join(here.top, 'README.md'), 'a');
    await here.run();
    expect(here.read('README.md')).toBe('hello\nfrom there\n');
    writeSync(file, 'LATE\n');
    closeSync(file);
    await here.run();
    await expectConverged(world, { tokens: ['hello\nLATE\n', 'hello\nfrom there\n'] });
  });

  it('a placement that was killed after its commit is not taken back once the person has committed since', async () => {
    await here.run();
    const ours = join(here.top, '.hg/autosync');
    const [aside = ''] = readdirSync(ours).filter((name) => name.startsWith('aside-'));
    renameSync(join(ours, aside), join(ours, 'placement'));
    (await here.open()).begin();
    here.write('hand.txt', 'BY HAND\n');
    here.hg('commit', '-q', '-A', '-m', 'by hand');
    expect(await here.run()).toMatchObject({ verdict: 'synced', commit: { kind: 'clean' } });
    await expectConverged(world, { tokens: ['BY HAND', 'from there', 'new\n'] });
  });

  it('a placement that was killed before its commit is taken back, and done again', async () => {
    const before = here.head();
    await here.run();
    const ours = join(here.top, '.hg/autosync');
    const [aside = ''] = readdirSync(ours).filter((name) => name.startsWith('aside-'));
    renameSync(join(ours, aside), join(ours, 'placement'));
    here.hg('debugsetparents', before);
    here.hg('debugrebuilddirstate', '-r', before);
    const report = await here.run();
    expect(report).toMatchObject({ verdict: 'synced', integrate: { kind: 'fast-forwarded', files: 2, conflicts: [] } });
    await expectConverged(world, { tokens: ['from there', 'new\n'] });
  });
});

describe.skipIf(!needs('hg'))('a run that is killed', () => {
  const RUN = `
import { commitMessages } from './src/engine/commit-message.js';
import { tick } from './src/engine/tick.js';
import { systemClock as clock } from './src/system/clock.js';
import { hg } from './src/vcs/hg/index.js';
const settings = JSON.parse(process.argv[3]);
const { now, sleep } = clock;
const opened = await hg.open(process.argv[2], { settings, messages: commitMessages(settings), now, sleep });
const options = { trigger: 'manual', pull: true, push: true, dryRun: false, allowDeletions: false, stillChanging: {} };
const report = await tick({ ...options, tree: opened.tree, settings, clock, random: Math.random });
process.stdout.write(report.verdict);
`;

  const end = (child: ChildProcess): Promise<void> => new Promise((resolve) => child.once('close', () => resolve()));

  it.each([60, 110, 160, 210, 260, 320, 380, 450, 550, 700])(
    'after %i ms leaves nothing that the next one does not heal, and no hg behind',
    async (milliseconds) => {
      const compiled = compiledSources('model', 'system', 'engine', 'vcs', 'store', 'notify');
      writeFileSync(join(compiled, 'run-hg.js'), RUN);
      here.write('a.txt', 'MINE\n');
      here.write('mine.txt', 'ONLY MINE\n');
      there.write('a.txt', 'THEIRS\n');
      there.write('README.md', 'CHANGED\n');
      await there.run();
      const args = [join(compiled, 'run-hg.js'), here.top, JSON.stringify(here.settings)];
      const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
      const limit = setTimeout(() => child.kill('SIGKILL'), milliseconds);
      await end(child);
      clearTimeout(limit);
      const servers = (): readonly string[] =>
        readdirSync('/proc').filter((pid) => {
          try {
            return /^\d+$/.test(pid) && cwdOf(pid).startsWith(here.top);
          } catch {
            return false;
          }
        });
      await expect.poll(servers, { timeout: 9000 }).toEqual([]);
      await expectConverged(world, { tokens: ['MINE\n', 'ONLY MINE', 'THEIRS\n', 'CHANGED'] });
    },
  );
});

describe.skipIf(!needs('hg'))('an incoming file', () => {
  const ignore = (rules: string): void => {
    writeFileSync(join(here.top, '.hg/ignore'), `syntax: glob\n${rules}`);
    writeFileSync(join(here.top, '.hg/hgrc'), `${here.read('.hg/hgrc')}[ui]\nignore = .hg/ignore\n`);
  };

  it('moves an ignored file of its name aside, as a copy, and never makes it public', async () => {
    ignore('.env\n');
    here.write('.env', 'SECRET\n');
    there.write('.env', 'THEIRS\n');
    await there.run();
    const report = await here.run();
    const [copy = ''] = copiesIn(here);
    expect(report.verdict).toBe('synced');
    expect(report.integrate.conflicts).toEqual([{ path: '.env', kind: 'in-the-way', kept: '.env', copy }]);
    expect(here.files()).toMatchObject({ '.env': 'THEIRS\n', [copy]: 'SECRET\n' });
    expect(await here.run()).toMatchObject({ verdict: 'synced', commit: { kind: 'clean' } });
    expect(hg(world.hub, 'log', '-p')).not.toContain('SECRET');
  });

  it('moves an ignored folder of its name aside, with all that is in it', async () => {
    ignore('cache\n');
    here.write('cache/deep/a.bin', 'MINE ALONE\n');
    there.write('cache', 'THEIRS\n');
    await there.run();
    expect(await here.run()).toMatchObject({ verdict: 'synced' });
    expect(here.read('cache')).toBe('THEIRS\n');
    expect(Object.values(here.files())).toContain('MINE ALONE\n');
    expect(await here.run()).toMatchObject({ verdict: 'synced', commit: { kind: 'clean' } });
  });

  it('adopts an ignored file that already holds the same', async () => {
    ignore('*.log\n');
    here.write('same.log', 'SAME\n');
    there.write('same.log', 'SAME\n');
    await there.run();
    expect(await here.run()).toMatchObject({ verdict: 'synced', integrate: { conflicts: [] } });
    expect(copiesIn(here)).toEqual([]);
  });

  it('moves a tracked file aside that has grown too large', async () => {
    here.write('big.bin', 'BASE\n');
    await here.run();
    await there.run();
    here.write('big.bin', 'MINE '.repeat(100));
    there.write('big.bin', 'THEIRS\n');
    await there.run();
    await here.run({ maxFileBytes: 100 });
    expect(here.read('big.bin')).toBe('THEIRS\n');
    expect(Object.values(here.files())).toContain('MINE '.repeat(100));
  });

  it('does not write into a folder that is a link out of the tree', async () => {
    const outside = join(world.folder, 'outside');
    hg(world.folder, 'init', outside);
    writeFileSync(join(outside, 'evil'), 'OUTSIDE\n');
    ignore('x\n');
    here.link(outside, 'x');
    there.write('x/evil', 'THEIRS\n');
    await there.run();
    expect(await here.run()).toMatchObject({ verdict: 'synced' });
    expect(here.files()['x/evil']).toBe('THEIRS\n');
    expect(Object.values(here.files())).toContain(`-> ${outside}`);
  });

  it('keeps the permissions that the old one had, and gets those of the umask where there was none', async () => {
    here.write('secret.txt', 'one\n');
    await here.run();
    await there.run();
    chmodSync(join(here.top, 'secret.txt'), 0o600);
    there.write('secret.txt', 'two\n');
    there.write('new.sh', 'new\n');
    chmodSync(join(there.top, 'new.sh'), 0o755);
    await there.run();
    const before = process.umask(0o077);
    await here.run();
    process.umask(before);
    expect(statSync(join(here.top, 'secret.txt')).mode & 0o777).toBe(0o600);
    expect(statSync(join(here.top, 'new.sh')).mode & 0o777).toBe(0o700);
  });
});

describe.skipIf(!needs('hg'))('conflict copies', () => {
  it('keep three versions of three machines', async () => {
    const third = world.add('third');
    const three = { ...world, machines: [here, there, third] };
    for (const machine of three.machines) machine.write('a.txt', `FROM ${machine.name}\n`);
    await expectConverged(three, { tokens: ['FROM here', 'FROM there', 'FROM third'] });
    expect(copiesIn(here)).toHaveLength(2);
  });

  it('meet again like any other file', async () => {
    here.write('a.txt', 'MINE\n');
    there.write('a.txt', 'THEIRS\n');
    for (const machine of [there, here, there]) await machine.run();
    const [copy = ''] = copiesIn(here);
    here.write(copy, 'MINE AGAIN\n');
    there.write(copy, 'THEIRS AGAIN\n');
    await expectConverged(world, { tokens: ['THEIRS\n', 'MINE AGAIN', 'THEIRS AGAIN'] });
  });

  it('carry the name of the machine and the day of the version that lost', async () => {
    here.write('a.txt', 'MINE\n');
    there.write('a.txt', 'THEIRS\n');
    for (const machine of [there, here]) await machine.run();
    const day = here.hg('log', '-r', 'p1(.)', '-T', '{date|shortdate}');
    expect(copiesIn(here)).toEqual([`a (conflict here ${day} 91cbc16).txt`]);
  });
});
