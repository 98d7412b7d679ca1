import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHome, type Home, pathOf } from '../support/cli.js';
import type { Desk } from '../support/desk.js';
import { needs } from '../support/needs.js';
import { HARNESSES } from '../support/vcs-harness.js';
import type { World } from '../support/world.js';

const COMMANDS = [
  'install',
  'clone',
  'uninstall',
  'snapshot',
  'status',
  'log',
  'report',
  'conflicts',
  'resolve',
  'history',
  'restore',
  'undo',
  'pause',
  'resume',
  'watch',
  'config',
  'doctor',
  'completion',
  'hook',
  'poke',
];

it.each(COMMANDS)('%s --help has an example and its exit codes', (command) => {
  const home = createHome(mkdtempSync(join(tmpdir(), 'home-')), 'laptop');
  const { code, out } = home.autosync(command, '--help');
  expect(out).toMatch(/Examples:\n\s+autosync /);
  expect(out).toMatch(/Exit codes:\n\s+0 {2}done/);
  expect(code).toBe(0);
});

describe.each(HARNESSES.filter(({ name }) => needs(name)))('$name', (vcs) => {
  let world: World<Desk>;
  let home: Home;
  let machine: Desk;

  beforeAll(() => {
    world = vcs.createWorld('laptop');
    home = createHome(mkdtempSync(join(tmpdir(), 'home-')), 'laptop');
    const [first] = world.machines;
    if (first === undefined) throw new Error('no machine');
    machine = first;
    home.autosync('install', machine.top, '--scheduler', 'none', '--no-hooks');
  });

  afterAll(() => world.remove());

  const json = (...args: readonly string[]): ReturnType<typeof JSON.parse> =>
    JSON.parse(home.autosync(...args, '--json').out);

  /** Says where the hub is; without a word, where it really is. */
  const hubIsAt = (url = world.hub): void => vcs.knowHubs(machine, { [vcs.hubName]: url });

  describe('status', () => {
    it('says synced only as long as nothing was saved since', () => {
      home.autosync('snapshot', machine.top);
      expect(json('status').repos).toMatchObject([{ verdict: 'synced', unpushed: 0, uncommitted: 0 }]);
      machine.write('new.md', 'x\n');
      expect(json('status').repos).toMatchObject([{ verdict: 'pending', uncommitted: 1 }]);
      home.autosync('snapshot', machine.top);
      expect(json('status').repos).toMatchObject([{ verdict: 'synced' }]);
      machine.write('by-hand.md', 'x\n');
      machine.commit('by hand');
      expect(json('status').repos).toMatchObject([{ verdict: 'pending', unpushed: 1 }]);
    });

    it('tells that the hub is out of reach, and since when all was well', () => {
      hubIsAt(join(world.folder, 'nowhere'));
      expect(home.autosync('snapshot', machine.top)).toMatchObject({ code: 1 });
      const [row] = json('status').repos;
      expect(row).toMatchObject({ verdict: 'attention', failures: 1 });
      expect(Date.parse(row.lastGoodRunAt)).toBeLessThan(Date.parse(row.lastRunAt));
      hubIsAt();
      home.autosync('snapshot', machine.top);
      expect(json('status').repos).toMatchObject([{ verdict: 'synced', failures: 0 }]);
    });
  });

  describe('pause and resume', () => {
    it('leave a repository alone until it is resumed, or for a while', () => {
      machine.write('paused.md', 'x\n');
      home.autosync('pause', machine.top);
      expect(json('snapshot', machine.top).repos).toMatchObject([{ verdict: 'paused', commit: { kind: 'skipped' } }]);
      expect(json('status').repos).toMatchObject([{ verdict: 'paused', nextRunAt: null }]);
      home.autosync('resume', machine.top);
      expect(json('snapshot', machine.top).repos).toMatchObject([{ verdict: 'synced', commit: { kind: 'committed' } }]);
      home.autosync('pause', machine.top, '--for', '1h');
      expect(json('status').repos[0].verdict).toBe('paused');
    });
  });

  describe('snapshot', () => {
    it('with --dry-run says what it would take, and takes nothing', () => {
      home.autosync('resume', machine.top);
      machine.write('dry.md', 'x\n');
      const head = machine.head();
      const [report] = json('snapshot', machine.top, '--dry-run').repos;
      expect(report.commit).toMatchObject({ kind: 'skipped', changes: [{ type: 'added', path: 'dry.md' }] });
      expect(machine.head()).toBe(head);
      expect(machine.status()).toMatch(/^\?\?? dry\.md$/);
    });

    it('takes a message by hand, and a repository that is not installed', () => {
      const visitor = world.add('visitor');
      visitor.write('visited.md', 'x\n');
      const { code } = home.autosyncIn(visitor.top, 'sync', '-m', 'On a visit');
      expect(visitor.messages()[0]?.split('\n')[0]).toBe('On a visit');
      expect(code).toBe(0);
    });

    it('does not push with --no-push, and says so', () => {
      const [report] = json('snapshot', machine.top, '--no-push').repos;
      expect(report).toMatchObject({ verdict: 'attention', push: { kind: 'not-attempted' } });
      home.autosync('snapshot', machine.top);
    });

    it('answers 12 when the hub is out of reach, and 11 while another run holds the lock', () => {
      hubIsAt('http://127.0.0.1:1/notes');
      expect(home.autosync('snapshot', machine.top)).toMatchObject({ code: 12 });
      hubIsAt();
      const lock = join(machine.top, `.${vcs.name}`, 'autosync', 'lock');
      writeFileSync(lock, JSON.stringify({ host: 'another-host', pid: 1, started: '', boot: '' }));
      expect(home.autosync('snapshot', machine.top)).toMatchObject({ code: 11 });
      rmSync(lock);
    });
  });

  describe('log', () => {
    it('has what was done, oldest first, as many as asked for', () => {
      const lines = home
        .autosync('log', machine.top, '--json')
        .out.trim()
        .split('\n')
        .map((line) => JSON.parse(line));
      expect(lines.length).toBeGreaterThan(3);
      expect(lines.map(({ at }) => at)).toEqual([...lines.map(({ at }) => at)].sort());
      expect(home.autosync('log', '-n', '1').out.trim().split('\n')).toHaveLength(1);
    });
  });

  describe('config', () => {
    it('sets, shows and takes back a setting, and refuses what is none', () => {
      home.autosync('config', machine.top, 'conflict', 'pause');
      expect(json('config', machine.top, 'conflict').settings).toMatchObject([{ value: 'pause', from: 'repository' }]);
      home.autosync('config', machine.top, 'conflict', '--unset');
      expect(json('config', machine.top, 'conflict').settings).toMatchObject([{ value: 'keep-both', from: 'default' }]);
      expect(home.autosync('config', machine.top, 'conflikt')).toMatchObject({
        code: 2,
        err: expect.stringContaining("'conflict'"),
      });
      expect(home.autosync('config', machine.top, 'settle', 'soon').code).toBe(2);
    });
  });

  describe('doctor', () => {
    // Without a crontab program: what doctor mends must not be this machine's own table.
    const looked = (...args: readonly string[]): ReturnType<typeof JSON.parse> =>
      JSON.parse(home.with({ PATH: pathOf('git', 'hg', 'sh', 'node') }).autosync('doctor', ...args, '--json').out);

    it('says how all stands, and that no scheduler was wanted', () => {
      const { checks } = looked();
      const byName = new Map(checks.map((row: { check: string }) => [row.check, row]));
      expect(byName.get('scheduler')).toMatchObject({
        result: 'ok',
        detail: expect.stringContaining('none was wanted'),
      });
      expect(byName.get('hub')).toMatchObject({ result: 'ok' });
      expect(byName.get(vcs.name)).toMatchObject({ result: 'ok' });
    });

    it('puts a launcher back that has gone', () => {
      rmSync(join(home.folder, '.local/share/autosync/run'));
      const { checks } = looked('--fix');
      expect(checks).toContainEqual(expect.objectContaining({ check: 'launcher', fixed: true }));
    });
  });
});
