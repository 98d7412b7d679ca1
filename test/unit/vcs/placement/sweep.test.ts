import { createHash } from 'node:crypto';
import {
  appendFileSync,
  chmodSync,
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { asAbsolute, asRelative, type RelativePath } from '../../../../src/model/paths.js';
import { type Placed, type PlaceRequest, place } from '../../../../src/vcs/placement/place.js';
import type { TreeDifference } from '../../../../src/vcs/placement/plan.js';
import { recover } from '../../../../src/vcs/placement/recover.js';

/** What happens at each file-changing call of a placement. */
const gate = vi.hoisted(() => ({
  calls: 0,
  before: (_call: number, _name: string, ..._paths: readonly unknown[]): void => undefined,
  linksRefused: false,
}));

vi.mock('../../../../src/system/files.js', async (importOriginal) => {
  const real = await importOriginal<typeof import('../../../../src/system/files.js')>();
  const gated = <A extends readonly unknown[], R>(name: string, call: (...args: A) => R) => {
    return (...args: A): R => {
      gate.calls += 1;
      gate.before(gate.calls, name, ...args);
      if (name === 'link' && gate.linksRefused) throw Object.assign(new Error('refused'), { code: 'EPERM' });
      return call(...args);
    };
  };
  const changing = ['move', 'link', 'remove', 'createExclusively', 'writeAtomically', 'setMode', 'makeFolder'] as const;
  const more = ['makeSharedFolder', 'removeEmptyFolder', 'removeTree', 'flushFile'] as const;
  const all = [...changing, ...more].map((name) => [name, gated(name, real[name] as (...args: unknown[]) => unknown)]);
  return { ...real, ...Object.fromEntries(all) };
});

const FROM: Readonly<Record<string, string>> = {
  'edited.txt': 'OLD edited\n',
  'gone.txt': 'OLD gone\n',
  'deep/er/gone.txt': 'OLD deep\n',
  swap: 'OLD file becomes folder\n',
  'fold/a': 'OLD folder becomes file\n',
  'left/a': 'OLD folder that holds more\n',
  'run.sh': 'same bytes, other mode\n',
};
const TO: Readonly<Record<string, string>> = {
  'edited.txt': 'NEW edited\n',
  'new.txt': 'NEW\n',
  'other/new.txt': 'NEW in folder\n',
  'swap/inner': 'NEW folder\n',
  fold: 'NEW file\n',
  'run.sh': 'same bytes, other mode\n',
  'ignored.log': 'NEW ignored\n',
  left: 'NEW file for the folder that holds more\n',
  cache: 'NEW cache\n',
  'empty.txt': '',
};
/** What stands here and is in no commit. */
const LOCAL: Readonly<Record<string, string>> = {
  'ignored.log': 'LOCAL ignored\n',
  'cache/x': 'LOCAL cache\n',
  'left/more': 'LOCAL more\n',
};

const idOf = (content: string | Buffer): string => createHash('sha1').update(content).digest('hex');
const modeOf = (path: string, tree: typeof FROM): string => (path === 'run.sh' && tree === TO ? '100755' : '100644');

function differences(): readonly TreeDifference[] {
  const paths = [...new Set([...Object.keys(FROM), ...Object.keys(TO)])].sort();
  const content = (tree: typeof FROM, path: string): TreeDifference['old'] =>
    tree[path] === undefined ? undefined : { id: idOf(tree[path]), mode: modeOf(path, tree) };
  return paths.map((path) => ({ path: asRelative(path), old: content(FROM, path), new: content(TO, path) }));
}

/** A working tree under a version control system that knows two commits. */
type Fake = {
  readonly top: string;
  readonly head: () => 'from' | 'to';
  readonly place: () => Promise<Placed>;
  readonly recover: () => Promise<readonly string[]>;
  /** path → content of every file outside the private folder. */
  readonly files: () => Record<string, string>;
};

function write(top: string, files: Readonly<Record<string, string>>, mode?: (path: string) => string): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(top, path)), { recursive: true });
    writeFileSync(join(top, path), content);
    if (mode?.(path) === '100755') chmodSync(join(top, path), 0o755);
  }
}

function createFake(folder: string): Fake {
  const top = mkdtempSync(join(folder, 'tree-'));
  const staging = join(top, '.private');
  mkdirSync(staging);
  write(top, FROM);
  write(top, LOCAL);
  let head: 'from' | 'to' = 'from';
  const copyName = (path: RelativePath, _at: string, isTaken: (name: RelativePath) => boolean): RelativePath => {
    for (let n = 1; ; n += 1) {
      const name = asRelative(`${path}.copy${n}`);
      if (!isTaken(name)) return name;
    }
  };
  const request: PlaceRequest = {
    top: asAbsolute(top),
    staging: asAbsolute(staging),
    branch: 'main',
    from: 'from',
    to: 'to',
    differences: differences(),
    uncommitted: new Set(),
    isTracked: async (path) => path in FROM,
    copyName,
    matches: async (_path, at, content) => {
      const stats = lstatSync(at);
      const executable = (stats.mode & 0o100) !== 0;
      return stats.isFile() && idOf(readFileSync(at)) === content.id && executable === (content.mode === '100755');
    },
    stage: async ({ folder: fresh, paths }) => {
      write(fresh, Object.fromEntries(paths.map((path) => [path, TO[path] ?? ''])), (path) => modeOf(path, TO));
    },
    exclusively: (_held, body) => body(),
    commit: async () => {
      gate.calls += 1;
      gate.before(gate.calls, 'commit');
      head = 'to';
      gate.calls += 1;
      gate.before(gate.calls, 'committed');
      return true;
    },
    isCommitted: async ({ to }) => head === to,
  };
  return {
    top,
    head: () => head,
    place: () => place(request),
    recover: () => recover(request),
    files: () => filesBelow(top, ''),
  };
}

function filesBelow(top: string, below: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of readdirSync(join(top, below)).sort()) {
    if (name === '.private') continue;
    const path = below === '' ? name : `${below}/${name}`;
    if (lstatSync(join(top, path)).isDirectory()) Object.assign(found, filesBelow(top, path));
    else found[path] = readFileSync(join(top, path), 'utf8');
  }
  return found;
}

/** How a program saves; called once, in the middle of a placement. */
const SAVES: Readonly<Record<string, (at: string) => void>> = {
  'appends to it': (at) => appendFileSync(at, 'SAVED\n'),
  'replaces it by renaming': (at) => {
    writeFileSync(`${at}.tmp`, 'SAVED\n');
    renameSync(`${at}.tmp`, at);
  },
};

const ATTACKED = ['edited.txt', 'gone.txt', 'new.txt', 'swap', 'run.sh', 'ignored.log', 'other/new.txt', 'empty.txt'];

/** Thousands of placements, each of which flushes what it writes: in memory, where there is such a folder. */
const MEMORY = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
vi.setConfig({ testTimeout: 600_000 });

let folder: string;
beforeEach(() => {
  Object.assign(gate, { calls: 0, before: () => undefined, linksRefused: false });
  folder = mkdtempSync(join(MEMORY, 'sweep-'));
  return () => rmSync(folder, { recursive: true, force: true });
});

/** Runs a placement with something happening at one call of it; returns how many calls there were. */
async function attacked(fake: Fake, at: number, attack: (name: string) => void): Promise<number> {
  gate.calls = 0;
  gate.before = (call, name) => {
    if (call === at) attack(name);
  };
  await fake.place().catch(() => undefined);
  gate.before = () => undefined;
  return gate.calls;
}

/** Tells how many calls an undisturbed placement makes. */
async function countCalls(): Promise<number> {
  const calls = await attacked(createFake(folder), 0, () => undefined);
  gate.calls = 0;
  return calls;
}

/** Every path stands as one of the two commits says, unless somebody saved it; what was in no commit is there. */
function expectWhole(fake: Fake, saved: readonly string[] = []): void {
  const files = fake.files();
  const wanted = fake.head() === 'to' ? TO : FROM;
  for (const [path, content] of Object.entries(wanted)) {
    if (!saved.includes(path)) expect(files[path], path).toBe(content);
  }
  const contents = Object.values(files);
  if (!saved.includes('ignored.log')) expect(contents.join('')).toContain('LOCAL ignored\n');
  expect(contents).toContain('LOCAL cache\n');
  expect(files[fake.head() === 'to' ? 'left.copy1/more' : 'left/more']).toBe('LOCAL more\n');
  expect(readdirSync(join(fake.top, '.private'))).toEqual([]);
}

describe('a placement', () => {
  it('puts every kind of difference in place, and keeps what was in no commit', async () => {
    const fake = createFake(folder);
    expect(await fake.place()).toMatchObject({ kind: 'placed' });
    await fake.recover();
    expectWhole(fake);
    expect(Object.keys(fake.files()).sort()).toEqual(
      [...Object.keys(TO), 'cache.copy1/x', 'ignored.log.copy1', 'left.copy1/more'].sort(),
    );
  });

  it.each(Object.entries(SAVES))('loses nothing to a program that %s at any of its calls', async (_name, save) => {
    const calls = await countCalls();
    let fired = 0;
    for (const path of ATTACKED) {
      for (let at = 1; at <= calls; at += 1) {
        const fake = createFake(folder);
        let saved = false;
        await attacked(fake, at, () => {
          try {
            save(join(fake.top, path));
            saved = true;
            fired += 1;
          } catch {
            // The path is a folder just now, or lies in one that is not there: no program could save it either.
          }
        });
        await fake.recover();
        if (saved) expect(Object.values(fake.files()).join(''), `${path} at call ${at}`).toContain('SAVED\n');
        expectWhole(fake, [path]);
        rmSync(fake.top, { recursive: true });
      }
    }
    expect(fired).toBeGreaterThan(calls * 5);
  });

  it('loses nothing to a program that has had a file open all the while', async () => {
    const calls = await countCalls();
    for (const path of ['edited.txt', 'gone.txt', 'swap', 'fold/a', 'ignored.log', 'cache/x', 'run.sh']) {
      for (let at = 1; at <= calls; at += 1) {
        const fake = createFake(folder);
        const file = openSync(join(fake.top, path), 'a');
        await attacked(fake, at, () => void writeSync(file, 'SAVED\n'));
        closeSync(file);
        await fake.recover();
        expect(Object.values(fake.files()).join(''), `${path} at call ${at}`).toContain('SAVED\n');
        rmSync(fake.top, { recursive: true });
      }
    }
  });

  it.each([false, true])(
    'killed at any of its calls is healed by the next run (links refused: %s)',
    async (refused) => {
      gate.linksRefused = refused;
      const calls = await countCalls();
      expect(calls).toBeGreaterThan(40);
      for (let at = 1; at <= calls; at += 1) {
        const fake = createFake(folder);
        gate.calls = 0;
        // Dead is dead: from here on not a single call has an effect.
        gate.before = (call) => {
          if (call >= at) throw new Error('killed');
        };
        await fake.place().catch(() => undefined);
        gate.before = () => undefined;
        await fake.recover();
        expectWhole(fake);
        rmSync(fake.top, { recursive: true });
      }
    },
  );

  it('killed at any call of a roll-back, too, is healed by the next run', async () => {
    const dead = (from: number): void => {
      gate.calls = 0;
      gate.before = (call) => {
        if (call >= from) throw new Error('killed');
      };
    };
    const calls = await countCalls();
    for (let second = 1; second <= 60; second += 3) {
      const fake = createFake(folder);
      dead(calls - 3);
      await fake.place().catch(() => undefined);
      dead(second);
      await fake.recover().catch(() => undefined);
      gate.before = () => undefined;
      await fake.recover();
      expectWhole(fake);
      rmSync(fake.top, { recursive: true });
    }
  });

  it.each([
    ['once', false],
    ['from then on', true],
  ])('meets a full disk at any of its calls, %s, and is whole after the next run', async (_name, sticky) => {
    const calls = await countCalls();
    for (let at = 1; at <= calls; at += 1) {
      const fake = createFake(folder);
      gate.calls = 0;
      gate.before = (call) => {
        if (call === at || (sticky && call > at)) throw Object.assign(new Error('full'), { code: 'ENOSPC' });
      };
      await fake.place().catch(() => undefined);
      gate.before = () => undefined;
      await fake.recover();
      expectWhole(fake);
      rmSync(fake.top, { recursive: true });
    }
  });

  it('killed, keeps what somebody saved under the names that had become free, and what was written late', async () => {
    const calls = await countCalls();
    for (let at = 1; at <= calls; at += 1) {
      const fake = createFake(folder);
      const held = ['ignored.log', 'edited.txt', 'gone.txt', 'swap'].map((path) => openSync(join(fake.top, path), 'a'));
      gate.calls = 0;
      gate.before = (call) => {
        if (call >= at) throw new Error('killed');
      };
      await fake.place().catch(() => undefined);
      gate.before = () => undefined;
      for (const file of held) {
        writeSync(file, 'LATE\n');
        closeSync(file);
      }
      const free = ['ignored.log', 'edited.txt', 'gone.txt', 'new.txt', 'swap'].filter(
        (path) => !existsSync(join(fake.top, path)),
      );
      for (const path of free) writeFileSync(join(fake.top, path), `SAVED ${path}\n`);
      await fake.recover();
      const contents = Object.values(fake.files()).join('');
      for (const path of free) expect(contents, `${path} at call ${at}`).toContain(`SAVED ${path}\n`);
      expect(contents.split('LATE\n'), `at call ${at}`).toHaveLength(held.length + 1);
      expectWhole(fake, [...free, 'edited.txt', 'gone.txt', 'swap']);
      expect(contents).toContain('LOCAL ignored\n');
      rmSync(fake.top, { recursive: true });
    }
  });

  it.each([
    ['before anything was moved', (call: string): boolean => call === 'setMode', 'surprise'],
    ['after its file was moved', (call: string): boolean => call === 'link', 'surprise'],
    ['after all is official', (call: string): boolean => call === 'committed', 'placed'],
  ])('takes everything back at a save, as long as it can: %s', async (_when, isMoment, kind) => {
    const fake = createFake(folder);
    const before = fake.files();
    const file = openSync(join(fake.top, 'edited.txt'), 'a');
    let due = true;
    gate.before = (_call, name) => {
      if (!due || !isMoment(name)) return;
      due = false;
      writeSync(file, 'SAVED\n');
    };
    expect(await fake.place()).toMatchObject({ kind });
    closeSync(file);
    if (kind === 'surprise') expect(fake.files()).toEqual({ ...before, 'edited.txt': 'OLD edited\nSAVED\n' });
  });

  it('taken back, keeps both what was written to a new file and what was saved over it in the same moment', async () => {
    const fake = createFake(folder);
    const at = join(fake.top, 'new.txt');
    gate.before = (_call, name, from, to) => {
      if (name === 'link' && String(to).endsWith('other/new.txt')) {
        appendFileSync(at, 'LATE\n');
        writeFileSync(join(fake.top, 'other/new.txt'), 'IN THE WAY\n');
      }
      if (name === 'link' && String(from).includes('/bin/') && !existsSync(at)) writeFileSync(at, 'SAVED\n');
    };
    expect(await fake.place()).toMatchObject({ kind: 'surprise', surprise: { path: 'other/new.txt' } });
    gate.before = () => undefined;
    expect(fake.files()['new.txt']).toBe('SAVED\n');
    expect(Object.values(fake.files())).toContain('NEW\nLATE\n');
    expectWhole(fake);
  });

  it('gives files their place, and overwrites nothing, where hard links are refused', async () => {
    gate.linksRefused = true;
    const fake = createFake(folder);
    expect(await fake.place()).toMatchObject({ kind: 'placed' });
    await fake.recover();
    expectWhole(fake);
    const second = createFake(folder);
    gate.before = (_call, name) => {
      if (name === 'createExclusively' && !existsSync(join(second.top, 'new.txt')))
        write(second.top, { 'new.txt': 'SAVED\n' });
    };
    expect(await second.place()).toMatchObject({ kind: 'surprise' });
    gate.before = () => undefined;
    expect(second.files()['new.txt']).toBe('SAVED\n');
    expectWhole(second);
  });
});
