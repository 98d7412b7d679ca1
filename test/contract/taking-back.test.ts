import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { command as config } from '../../src/commands/config.js';
import { command as doctor } from '../../src/commands/doctor.js';
import { command as mirrorAdd } from '../../src/commands/mirror-add.js';
import { command as mirrorList } from '../../src/commands/mirror-list.js';
import { command as mirrorRemove } from '../../src/commands/mirror-remove.js';
import { command as mirrorRun } from '../../src/commands/mirror-run.js';
import { command as pause } from '../../src/commands/pause.js';
import { command as snapshot } from '../../src/commands/snapshot.js';
import { command as status } from '../../src/commands/status.js';
import { command as uninstall } from '../../src/commands/uninstall.js';
import { wire } from '../../src/commands/wiring.js';
import { rememberOrSay } from '../../src/engine/remember.js';
import { targetOf } from '../../src/engine/target.js';
import { failedReport } from '../../src/engine/tick.js';
import { parseSchedule } from '../../src/scheduler/schedule-text.js';
import type { Locations } from '../../src/store/locations.js';
import { wantsNoScheduler } from '../../src/store/no-scheduler.js';
import { listRepos } from '../../src/store/registry.js';
import { putOnPath } from '../support/gits.js';
import { createHgWorld, hg } from '../support/hg-world.js';
import { contentsOf } from '../support/hook-world.js';
import { freshLocations } from '../support/locations.js';
import { needs } from '../support/needs.js';
import { installHere, runCommand } from '../support/run-command.js';
import { createWorld, git, type World } from '../support/world.js';

let bin: string;
let takeAway: () => void;
let world: World;
let locations: Locations;

beforeAll(() => {
  // The crontab of whoever runs the tests is not for them.
  bin = mkdtempSync(join(tmpdir(), 'bin-'));
  copyFileSync(new URL('../support/fake-crontab', import.meta.url), join(bin, 'crontab'));
  chmodSync(join(bin, 'crontab'), 0o755);
  takeAway = putOnPath(bin);
});
afterAll(() => takeAway());

beforeEach(() => {
  rmSync(join(bin, 'table'), { force: true });
  world = createWorld('a', 'b');
  locations = freshLocations();
});

const top = (name: string): string => join(world.folder, name);

/** Tells whether a repository's post-commit hook has our lines. */
function isHooked(name: string): boolean {
  const hook = join(top(name), '.git', 'hooks', 'post-commit');
  return existsSync(hook) && readFileSync(hook, 'utf8').includes('>>> autosync >>>');
}

/** The last names of the folders that are registered. */
const registered = (): readonly string[] =>
  listRepos(locations, parseSchedule).repos.map(({ path }) => path.slice(world.folder.length + 1));

const ownRefs = (name: string): string => git(top(name), 'for-each-ref', '--format=%(refname)', 'refs/autosync');

/** Our part of a crontab, as it stands there while something is installed. */
const entry = (launcher: string): string =>
  `# BEGIN AUTOSYNC (managed; edits inside are lost)\n*/5 * * * * '${launcher}' snapshot --due\n# END AUTOSYNC\n`;

describe('uninstalling one of several working trees of a repository', () => {
  const SEEN = 'refs/autosync/seen/origin/main';

  beforeEach(() => {
    git(top('a'), 'worktree', 'add', '-q', '-b', 'side', top('w'));
    git(top('a'), 'update-ref', SEEN, 'HEAD');
  });

  it('leaves the hooks and refs to those that stay, and the last one takes them along', async () => {
    await installHere([top('a'), top('w')]);
    expect(await runCommand(uninstall, { repo: [top('w')] })).toMatchObject({ code: 0 });
    expect([registered(), isHooked('a'), ownRefs('a')]).toEqual([['a'], true, SEEN]);
    expect(await runCommand(uninstall, { repo: [top('a')] })).toMatchObject({ code: 0 });
    expect([registered(), isHooked('a'), ownRefs('a')]).toEqual([[], false, '']);
  });

  it('takes everything back where all are uninstalled at once', async () => {
    await installHere([top('a'), top('w')], { scheduler: 'none' });
    expect(wantsNoScheduler(locations)).toBe(true);
    expect(await runCommand(uninstall, { all: true })).toMatchObject({ code: 0 });
    expect([registered(), isHooked('a'), ownRefs('a')]).toEqual([[], false, '']);
    expect(wantsNoScheduler(locations)).toBe(false);
  });

  it('takes the hooks back where the others want none, and leaves the refs', async () => {
    await installHere([top('a')], { hooks: false });
    await installHere([top('w')]);
    expect(await runCommand(uninstall, { repo: [top('w')] })).toMatchObject({ code: 0 });
    expect([registered(), isHooked('a'), ownRefs('a')]).toEqual([['a'], false, SEEN]);
  });
});

it.skipIf(!needs('hg'))(
  'a share that is uninstalled leaves the bookmarks that it has in common with its source',
  async () => {
    const { folder, machines } = createHgWorld('h');
    const [source, share] = [join(folder, 'h'), join(folder, 'share')];
    const bookmarks = (): string => hg(source, 'bookmarks', '-T', '{bookmark}\\n').trim();
    hg(folder, '--config', 'extensions.share=', 'share', '-q', '-B', source, share);
    // Without the extension a share has bookmarks of its own.
    for (const one of [source, share]) appendFileSync(join(one, '.hg', 'hgrc'), '[extensions]\nshare =\n');
    hg(source, 'bookmark', '--inactive', 'autosync/laptop/default');
    await installHere([...machines.map((machine) => machine.top), share]);
    expect(await runCommand(uninstall, { repo: [share] })).toMatchObject({ code: 0 });
    expect([bookmarks(), readFileSync(join(source, '.hg', 'hgrc'), 'utf8')]).toEqual([
      'autosync/laptop/default',
      expect.stringContaining('%include autosync.rc'),
    ]);
    expect(await runCommand(uninstall, { repo: [source] })).toMatchObject({ code: 0 });
    expect(bookmarks()).not.toContain('autosync/');
  },
);

describe('a folder whose own repository is gone', () => {
  beforeEach(async () => {
    git(world.folder, 'clone', '-q', world.hub, join(top('a'), 'kid'));
    await installHere([join(top('a'), 'kid')]);
  });

  it('is uninstalled without a touch on the repository around it', async () => {
    await installHere([top('a')]);
    git(top('a'), 'update-ref', 'refs/autosync/seen/origin/main', 'HEAD');
    rmSync(join(top('a'), 'kid', '.git'), { recursive: true });
    expect(await runCommand(uninstall, { repo: [join(top('a'), 'kid')] })).toMatchObject({ code: 0 });
    expect([registered(), isHooked('a')]).toEqual([['a'], true]);
    expect(ownRefs('a')).not.toBe('');
  });

  it('is named by doctor, which mends nothing in the repository around it', async () => {
    rmSync(join(top('a'), 'kid', '.git'), { recursive: true });
    const { code, out } = await runCommand(doctor, { repo: [join(top('a'), 'kid')], fix: true, json: true });
    expect(code).toBe(1);
    expect(JSON.parse(out).checks).toContainEqual(
      expect.objectContaining({ check: 'hooks', detail: expect.stringContaining('is not a repository any more') }),
    );
    expect(isHooked('a')).toBe(false);
  });
});

describe('uninstall --all --purge', () => {
  it('keeps the record of what could not be taken back', async () => {
    await installHere([top('a'), top('b')]);
    const hook = join(top('b'), '.git', 'hooks', 'post-commit');
    writeFileSync(hook, `${readFileSync(hook, 'utf8')}# >>> autosync >>>\n`);
    expect(await runCommand(uninstall, { all: true, purge: true })).toMatchObject({ code: 1 });
    expect([registered(), existsSync(locations.configFile)]).toEqual([['b'], false]);
  });

  it('leaves nothing but what was merged by hand, and names it', async () => {
    await installHere([top('a')]);
    mkdirSync(join(locations.merges, '1'), { recursive: true });
    writeFileSync(join(locations.merges, '1', 'merged.md'), 'by hand\n');
    const { code, err } = await runCommand(uninstall, { all: true, purge: true });
    expect([code, err]).toEqual([1, expect.stringContaining(locations.merges)]);
    expect([readdirSync(locations.state), existsSync(locations.data)]).toEqual([['merges'], false]);
    rmSync(locations.merges, { recursive: true });
    expect(await runCommand(uninstall, { all: true, purge: true })).toMatchObject({ code: 0, err: '' });
    expect([locations.config, locations.data, locations.state].filter(existsSync)).toEqual([]);
  });

  it('gets nothing back from a run that ended only then', async () => {
    await installHere([top('a')]);
    const [repo] = listRepos(locations, parseSchedule).repos;
    if (repo === undefined) throw new Error('nothing is installed');
    expect(await runCommand(uninstall, { all: true, purge: true })).toMatchObject({ code: 0 });
    const report = failedReport({ path: repo.path, vcs: 'git', branch: 'main' }, new Error('late'));
    const over = { id: repo.id, target: targetOf(repo), report, startedAt: 0, trigger: 'scheduler' } as const;
    expect(await rememberOrSay(wire().engine, over)).toEqual(report);
    expect([locations.config, locations.data, locations.state].filter(existsSync)).toEqual([]);
  });

  it('leaves settings that are elsewhere, behind a link, and says so', async () => {
    const kept = mkdtempSync(join(tmpdir(), 'settings-'));
    writeFileSync(join(kept, 'config.toml'), 'notify = false\n');
    mkdirSync(dirname(locations.config));
    symlinkSync(kept, locations.config);
    await installHere([top('a')]);
    const { code, err } = await runCommand(uninstall, { all: true, purge: true });
    expect([code, err]).toEqual([1, expect.stringContaining('is a link')]);
    expect([readlinkSync(locations.config), readdirSync(kept)]).toEqual([kept, ['config.toml']]);
  });
});

describe('beside a registration that cannot be read', () => {
  const fileOf = (name: string): string => {
    const [found = ''] = readdirSync(locations.repos).filter((file) => file.startsWith(`${name}-`));
    return join(locations.repos, found);
  };

  beforeEach(async () => {
    await installHere([top('a'), top('b')]);
    writeFileSync(fileOf('b'), `${readFileSync(fileOf('b'), 'utf8')}sheduel = 1\n`);
    writeFileSync(join(bin, 'table'), entry(locations.launcher));
  });

  it('uninstalling another one leaves the entry and the launcher', async () => {
    expect(await runCommand(uninstall, { repo: [top('a')] })).toMatchObject({ code: 0 });
    expect([isHooked('a'), isHooked('b'), existsSync(locations.launcher)]).toEqual([false, true, true]);
    expect(readFileSync(join(bin, 'table'), 'utf8')).toBe(entry(locations.launcher));
  });

  it('uninstalling everything fails, names it, and purges nothing', async () => {
    const { code, err } = await runCommand(uninstall, { all: true, purge: true });
    expect([code, err.match(/sheduel/g)?.length]).toEqual([1, 1]);
    expect([existsSync(fileOf('b')), existsSync(locations.launcher)]).toEqual([true, true]);
    expect(readFileSync(join(bin, 'table'), 'utf8')).toBe(entry(locations.launcher));
  });

  it.each([
    ['doctor', doctor, {}],
    ['status', status, { json: true }],
    ['snapshot --all', snapshot, { all: true }],
    ['snapshot --due', snapshot, { due: true }],
  ] as const)('%s fails and names it', async (_name, command, args) => {
    await runCommand(uninstall, { repo: [top('a')] });
    const { code, out, err } = await runCommand(command, args);
    expect([code, `${out}${err}`]).toEqual([1, expect.stringContaining('sheduel')]);
  });

  it('that is a mirror’s, everything stays as well', async () => {
    rmSync(fileOf('b'));
    mkdirSync(join(locations.config, 'mirrors'));
    writeFileSync(join(locations.config, 'mirrors', 'project.toml'), 'source = "/torn');
    expect(await runCommand(uninstall, { all: true, purge: true })).toMatchObject({ code: 1 });
    expect(existsSync(join(locations.config, 'mirrors', 'project.toml'))).toBe(true);
    expect(existsSync(locations.launcher)).toBe(true);
  });
});

describe('a name that is no repository’s, inside one', () => {
  beforeEach(() => installHere([top('a')]));

  it.each([
    ['uninstall', uninstall, {}],
    ['pause', pause, {}],
    ['config', config, { key: 'schedule', value: '@hourly' }],
  ] as const)('is refused by %s', async (name, command, args) => {
    const typed = join(top('a'), 'typo');
    const repo = name === 'config' ? typed : [typed];
    const { code, err } = await runCommand(command, { repo, ...args });
    expect([code, err]).toEqual([2, expect.stringContaining('lies inside one')]);
    expect([registered(), isHooked('a')]).toEqual([['a'], true]);
  });
});

describe('a file of the person’s own where the launcher belongs', () => {
  const own = '#!/bin/sh\necho mine\n';
  const write = (): void => {
    mkdirSync(dirname(locations.launcher), { recursive: true });
    writeFileSync(locations.launcher, own);
  };

  it('is refused by install, and is as it was', async () => {
    write();
    await expect(installHere([top('a')])).rejects.toThrow(/was not written by autosync/);
    expect([registered(), readFileSync(locations.launcher, 'utf8')]).toEqual([[], own]);
  });

  it('is named by doctor, and neither doctor nor uninstall takes it away', async () => {
    await installHere([top('a')]);
    write();
    const { code, out } = await runCommand(doctor, { fix: true, json: true });
    expect(code).toBe(1);
    expect(JSON.parse(out).checks).toContainEqual(
      expect.objectContaining({ check: 'launcher', detail: expect.stringContaining('was not written by autosync') }),
    );
    expect(await runCommand(uninstall, { all: true })).toMatchObject({ code: 0 });
    expect(readFileSync(locations.launcher, 'utf8')).toBe(own);
  });
});

it('a repository that is named twice is uninstalled once', async () => {
  await installHere([top('a')]);
  const { out } = await runCommand(uninstall, { repo: [top('a'), `${top('a')}/`], json: true });
  expect(JSON.parse(out)).toEqual({ schema: 1, uninstalled: [top('a')], troubles: [] });
});

it('a repository whose folder has gone is uninstalled by its name', async () => {
  await installHere([top('a')]);
  rmSync(top('a'), { recursive: true });
  expect(await runCommand(uninstall, { repo: [top('a')] })).toMatchObject({ code: 0 });
  expect(registered()).toEqual([]);
});

describe('what stands where nothing of ours can be taken out', () => {
  it.each([
    ['a hook that has become a link', ['.git/hooks/post-commit']],
    ['a hooks folder that has become a link', ['.git/hooks']],
  ])('%s keeps the repository installed until that is mended', async (_name, [path = '']) => {
    await installHere([top('a')]);
    const kept = join(world.folder, 'kept');
    renameSync(join(top('a'), path), kept);
    symlinkSync(kept, join(top('a'), path));
    const { code, err } = await runCommand(uninstall, { repo: [top('a')] });
    expect([code, err, registered()]).toEqual([1, expect.stringContaining('behind a link'), ['a']]);
    rmSync(join(top('a'), path));
    expect(await runCommand(uninstall, { repo: [top('a')] })).toMatchObject({ code: 0 });
  });

  it.skipIf(!needs('hg'))('an hgrc that has become a link does so, too', async () => {
    const { folder, machines } = createHgWorld('h');
    const hgrc = join(folder, 'h', '.hg', 'hgrc');
    await installHere(machines.map((machine) => machine.top));
    renameSync(hgrc, join(folder, 'kept'));
    symlinkSync(join(folder, 'kept'), hgrc);
    const { code, err } = await runCommand(uninstall, { all: true });
    expect([code, err]).toEqual([1, expect.stringContaining("still includes autosync's hooks")]);
    writeFileSync(hgrc, readFileSync(hgrc, 'utf8').replace('%include autosync.rc\n', ''));
    expect(await runCommand(uninstall, { all: true })).toMatchObject({ code: 0 });
  });

  it('a link to a hook of the person’s own is none of it', async () => {
    const own = join(world.folder, 'own');
    writeFileSync(own, '#!/bin/sh\ntrue\n', { mode: 0o755 });
    mkdirSync(join(top('a'), '.git', 'hooks'), { recursive: true });
    symlinkSync(own, join(top('a'), '.git', 'hooks', 'post-commit'));
    await installHere([top('a')]);
    expect(await runCommand(uninstall, { repo: [top('a')] })).toMatchObject({ code: 0, err: '' });
    expect(readlinkSync(join(top('a'), '.git', 'hooks', 'post-commit'))).toBe(own);
  });

  it.each(['moved', 'emptied'])('a folder that was %s is said to be so', async (how) => {
    await installHere([top('a')]);
    renameSync(top('a'), top('elsewhere'));
    if (how === 'emptied') mkdirSync(top('a'));
    const { code, err } = await runCommand(uninstall, { repo: [top('a')] });
    expect([code, err, registered()]).toEqual([0, expect.stringContaining('nothing could be taken back there'), []]);
  });
});

describe('an installation of several that fails', () => {
  it('leaves no hooks where there had been none, and those that were there', async () => {
    git(top('a'), 'worktree', 'add', '-q', '-b', 'side', top('w'));
    git(world.folder, 'clone', '-q', world.hub, top('c'));
    await installHere([top('a')]);
    const before = contentsOf(join(top('c'), '.git', 'hooks'));
    mkdirSync(join(top('b'), '.git', 'hooks', 'post-rewrite.autosync-new', 'in-the-way'), { recursive: true });
    await expect(installHere([top('w'), top('c'), top('b')])).rejects.toThrow();
    expect([registered(), isHooked('a'), isHooked('b'), isHooked('c')]).toEqual([['a'], true, false, false]);
    expect(contentsOf(join(top('c'), '.git', 'hooks'))).toEqual(before);
  });
});

describe('the crontab entry of an installation in another home folder', () => {
  const others = entry('/another/home/run');

  beforeEach(async () => {
    await installHere([top('a'), top('b')]);
    writeFileSync(join(bin, 'table'), others);
  });

  it('stays', async () => {
    expect(await runCommand(uninstall, { all: true })).toMatchObject({ code: 0 });
    expect(readFileSync(join(bin, 'table'), 'utf8')).toBe(others);
    writeFileSync(join(bin, 'table'), `# mine\n${entry(locations.launcher)}`);
    expect(await runCommand(uninstall, { all: true })).toMatchObject({ code: 0 });
    expect(readFileSync(join(bin, 'table'), 'utf8')).toBe('# mine\n');
  });

  it('is not brought up to date when something changes here', async () => {
    const every = { repo: top('a'), key: 'schedule', value: '@hourly' };
    expect(await runCommand(config, every)).toMatchObject({ code: 0 });
    expect(await runCommand(uninstall, { repo: [top('a')] })).toMatchObject({ code: 0 });
    expect(readFileSync(join(bin, 'table'), 'utf8')).toBe(others);
  });
});

describe('beside the file of a mirror that cannot be read', () => {
  const folder = (): string => join(locations.config, 'mirrors');

  beforeEach(() => {
    mkdirSync(folder(), { recursive: true });
    writeFileSync(join(folder(), 'torn.toml'), 'source = "/torn');
  });

  it.each([
    ['mirror list', mirrorList, {}],
    ['mirror list --json', mirrorList, { json: true }],
    ['mirror run', mirrorRun, {}],
    ['mirror run of that one', mirrorRun, { name: ['torn'] }],
  ] as const)('%s fails and names it', async (_name, command, args) => {
    const { code, out, err } = await runCommand(command, args);
    expect([code, `${out}${err}`.match(/torn\.toml/g)?.length]).toEqual([1, 1]);
    expect(out).not.toContain('there is no mirror');
  });

  it.skipIf(!needs('hg'))('mirror run of all says that some failed, and of another one that it went well', async () => {
    const source = join(world.folder, 'source');
    hg(world.folder, 'init', source);
    await runCommand(mirrorAdd, { source, destination: world.hub, trigger: ['none'], scheduler: 'none' });
    expect(await runCommand(mirrorRun, {})).toMatchObject({ code: 3, err: expect.stringContaining('torn.toml') });
    expect(await runCommand(mirrorRun, { name: ['source'] })).toMatchObject({ code: 0, err: '' });
  });
});

describe.skipIf(!needs('hg'))('a mirror', () => {
  let source: string;
  let args: Readonly<Record<string, unknown>>;

  beforeEach(() => {
    [source, args] = [join(world.folder, 'source'), { source: join(world.folder, 'source'), destination: world.hub }];
    hg(world.folder, 'init', source);
  });

  it('that could not be added leaves nothing behind', async () => {
    writeFileSync(join(bin, 'manner'), 'unreadable');
    const { code } = await runCommand(mirrorAdd, { ...args, scheduler: 'cron' });
    rmSync(join(bin, 'manner'));
    expect(code).toBe(1);
    expect(
      [join(locations.config, 'mirrors'), locations.launcher, join(source, '.hg', 'hgrc')].filter(existsSync),
    ).toEqual([]);
  });

  it('whose source is away is removed, and it is said that its hooks are not', async () => {
    await runCommand(mirrorAdd, { ...args, trigger: ['hook'], scheduler: 'none' });
    renameSync(source, `${source}-elsewhere`);
    const { code, err } = await runCommand(mirrorRemove, { name: ['source'] });
    expect([code, err]).toEqual([0, expect.stringContaining('its hooks could not be taken out')]);
  });
});
