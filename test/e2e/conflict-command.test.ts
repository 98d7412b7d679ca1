import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createHome, type Home } from '../support/cli.js';
import type { Desk } from '../support/desk.js';
import { needs } from '../support/needs.js';
import { copiesIn } from '../support/oracles.js';
import { HARNESSES } from '../support/vcs-harness.js';
import type { World } from '../support/world.js';

describe.each(HARNESSES.filter(({ name }) => needs(name)))("the person's program for conflicts under $name", (vcs) => {
  let world: World<Desk>;
  let home: Home;
  let here: Desk;
  let there: Desk;

  beforeEach(() => {
    world = vcs.createWorld('laptop', 'desktop');
    [here, there] = world.machines as [Desk, Desk];
    home = createHome(mkdtempSync(join(tmpdir(), 'home-')), 'laptop');
    home.autosync('install', here.top, '--scheduler', 'none', '--no-hooks');
  });
  afterEach(() => world.remove());

  const heard = (): string => join(home.folder, 'heard');
  const news = (): readonly unknown[] =>
    existsSync(heard())
      ? readFileSync(heard(), 'utf8')
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line))
      : [];
  const run = (): ReturnType<Home['autosync']> => home.autosyncIn(here.top, 'snapshot');

  function name(body: string): void {
    const file = join(home.folder, '.config', 'autosync', 'config.toml');
    writeFileSync(file, `${readFileSync(file, 'utf8')}conflict-command = ['sh', '-c', '${body}']\n`);
  }

  async function meet(file: string): Promise<void> {
    there.write(file, `THEIRS ${file}\n`);
    here.write(file, `MINE ${file}\n`);
    await there.run();
  }

  it('gets each new conflict once, in a clean environment', async () => {
    name('cat >> heard; echo "x$SECRET $AUTOSYNC_EVENT" >> environment');
    await meet('a.md');
    const secretive = home.with({ SECRET: 'leaked' });
    expect(secretive.autosyncIn(here.top, 'snapshot').code).toBe(0);
    const [copy] = copiesIn(here);
    const known = { schema: 1, repo: here.top, vcs: vcs.name, machine: 'laptop', state: 'copied' };
    expect(news()).toMatchObject([{ ...known, path: 'a.md', kept: 'a.md', copy, kind: 'both-added' }]);
    expect(readFileSync(join(home.folder, 'environment'), 'utf8')).toBe('x conflict\n');
    run();
    expect(news()).toHaveLength(1);
    home.autosync('config', here.top, 'conflict', 'pause');
    await meet('b.md');
    run();
    here.write('b.md', 'MINE AGAIN\n');
    expect(run().code).toBe(10);
    expect(news().slice(1)).toMatchObject([{ state: 'paused', path: 'b.md', kept: null, copy: null }]);
  });

  it('never fails a run, and its failure stands in the log', async () => {
    name('echo broken >&2; exit 1');
    await meet('a.md');
    expect(run().code).toBe(0);
    expect(home.autosync('log').out).toMatch(/conflict-command +conflict in a\.md: conflict-command 'sh': broken/);
  });

  it('is named by no push', async () => {
    writeFileSync(join(here.top, '.autosync.toml'), `conflict-command = ["touch", "${heard()}"]\n`);
    await meet('a.md');
    expect(run().code).toBe(0);
    expect(existsSync(heard())).toBe(false);
    expect(home.autosync('config', here.top, 'conflict-command', 'touch').code).not.toBe(0);
  });
});
