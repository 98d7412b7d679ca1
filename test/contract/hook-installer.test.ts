import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { configHooks } from '../../src/hooks/config-hooks.js';
import { gitHooks } from '../../src/hooks/git-hooks.js';
import { hgHooks } from '../../src/hooks/hg-hooks.js';
import type { HookInstaller, HookRequest } from '../../src/hooks/hook-installer.js';
import { hooksLeftAlone } from '../../src/hooks/hooks-left-alone.js';
import { hookInstallerFor } from '../../src/hooks/index.js';
import type { HookSite } from '../../src/model/repo.js';
import { folderOfNewGit, putOnPath } from '../support/gits.js';
import { hgHookWorld } from '../support/hg-hook-world.js';
import { contentsOf, hookWorld, runHook } from '../support/hook-world.js';
import { HOOKS_OF_OTHERS } from '../support/hooks-of-others.js';
import { needs } from '../support/needs.js';

const EVENTS = ['post-commit', 'post-merge', 'post-rewrite'] as const;
const COMMIT = ['commit', '--quiet', '--allow-empty', '-m', 'by hand'];

/** What the suite does in a repository of one system; whatever prints returns what it printed. */
type World = {
  /** Everything that an installation may write to, with its content. */
  readonly written: () => readonly string[];
  readonly request: HookRequest;
  readonly commit: () => string;
  /** Commits as a program does that captures what is printed. */
  readonly commitAlone: () => string;
  /** Commits as autosync itself does. */
  readonly commitAsAutosync: () => string;
  /** Commits, amends the commit, and brings in another one. */
  readonly commitAmendAndBringIn: () => string;
  readonly told: () => readonly string[];
  readonly launcherIs: (script: string) => void;
};

/** One implementation, where it can be tried, and whether it gets its hooks in there. */
type Implementation = {
  readonly name: string;
  readonly installer: HookInstaller;
  readonly world: () => World;
  readonly writes: boolean;
  /** How the launcher is called for a commit, an amended commit and one that is brought in, sorted. */
  readonly calls: readonly string[];
  /** The git that takes such hooks, if this machine's own does not. */
  readonly git?: string;
};

function gitWorld(owner: HookSite['owner'], runsConfigHooks = false): World {
  const world = hookWorld(owner, runsConfigHooks);
  return {
    ...world,
    commit: () => world.git(...COMMIT),
    commitAlone: () => world.gitAlone(...COMMIT),
    commitAsAutosync: () =>
      world.git('-c', `alias.own=!AUTOSYNC_RUNNING=1 git ${COMMIT.slice(0, -1).join(' ')} own`, 'own'),
    commitAmendAndBringIn: () => {
      const committed = world.git(...COMMIT);
      const amended = world.git('commit', '--quiet', '--allow-empty', '--amend', '-m', 'again');
      world.git('checkout', '--quiet', '-b', 'side', 'HEAD~');
      return committed + amended + world.git('merge', '--quiet', '--ff-only', 'main');
    },
  };
}

function hgWorld(): World {
  const world = hgHookWorld();
  const commit = (): readonly string[] => {
    appendFileSync(join(world.repository, 'a'), 'x');
    return ['commit', '--quiet', '-m', 'by hand'];
  };
  return {
    ...world,
    written: () => contentsOf(world.metadata),
    commit: () => world.hg(...commit()),
    commitAlone: () => world.hgAlone(...commit()),
    commitAsAutosync: () => world.hgWith({ AUTOSYNC_RUNNING: '1' }, ...commit()),
    commitAmendAndBringIn: () => {
      const other = join(world.request.home, 'other');
      world.hg('clone', '--quiet', '.', other);
      const committed = world.hg(...commit());
      const amended = world.hg('commit', '--quiet', '--amend', '-m', 'again');
      world.hg('-R', other, 'commit', '--quiet', '--config', 'ui.allowemptycommit=1', '-m', 'theirs');
      return committed + amended + world.hg('pull', '--quiet', other);
    },
  };
}

const GIT_CALLS = ['post-commit', 'post-commit', 'post-merge', 'post-rewrite'].map((event) => `hook ${event}`);

const newGit = folderOfNewGit();

const IMPLEMENTATIONS: readonly Implementation[] = [
  { name: 'git hooks', installer: gitHooks, world: () => gitWorld('own'), writes: true, calls: GIT_CALLS },
  {
    name: 'hg hooks',
    installer: hgHooks,
    world: hgWorld,
    writes: true,
    calls: ['hook amend', 'hook changegroup', 'hook commit'],
  },
  {
    name: 'hooks in a tracked folder',
    installer: hooksLeftAlone,
    world: () => gitWorld('tracked'),
    writes: false,
    calls: [],
  },
  {
    name: 'hooks in a shared folder',
    installer: hooksLeftAlone,
    world: () => gitWorld('shared'),
    writes: false,
    calls: [],
  },
  ...(newGit === undefined
    ? []
    : [
        {
          name: 'hooks in the configuration',
          installer: configHooks,
          world: () => gitWorld('shared', true),
          writes: true,
          calls: GIT_CALLS,
          git: newGit,
        },
      ]),
];

const isThere = (name: string): boolean => !name.startsWith('hg') || needs('hg');

describe.each(IMPLEMENTATIONS.filter(({ name }) => isThere(name)))('$name', (implementation) => {
  const { installer, world: newWorld, writes, calls, git } = implementation;
  let world: World;
  let request: HookRequest;
  const install = (): string => installer.install(request).kind;

  let takeAway = (): void => {};
  beforeAll(() => {
    if (git !== undefined) takeAway = putOnPath(git);
  });
  afterAll(() => takeAway());

  beforeEach(() => {
    world = newWorld();
    request = world.request;
  });

  it('are those that are chosen for their place', () => {
    expect(hookInstallerFor(request.site)).toBe(installer);
  });

  it('are installed once: a second time changes nothing', () => {
    expect(install()).toBe(writes ? 'installed' : 'left-alone');
    const first = world.written();
    expect(install()).toBe(writes ? 'unchanged' : 'left-alone');
    expect(world.written()).toEqual(first);
  });

  it('show beforehand what would be written, and write nothing', () => {
    const before = world.written();
    const files = installer.render(request);
    expect(world.written()).toEqual(before);
    install();
    expect(files.map(({ path }) => readFileSync(path, 'utf8'))).toEqual(files.map(({ content }) => content));
    expect(installer.render(request).every(({ change }) => change === 'none')).toBe(true);
  });

  it('say how they stand', () => {
    const stand = (): string => installer.state(request).kind;
    expect(stand()).toBe(writes ? 'missing' : 'not-ours-to-write');
    install();
    expect(stand()).toBe(writes ? 'present' : 'not-ours-to-write');
    installer.uninstall(request);
    expect(stand()).toBe(writes ? 'missing' : 'not-ours-to-write');
  });

  it('are taken back completely, and without a word when they are not there', () => {
    const before = world.written();
    installer.uninstall(request);
    install();
    installer.uninstall(request);
    installer.uninstall(request);
    expect(world.written()).toEqual(before);
  });

  it('tell of commits, rewritten commits and what is brought in, and print nothing', () => {
    install();
    expect(world.commitAmendAndBringIn()).toBe('');
    expect(world.told()).toEqual(calls);
  });

  it('do not fail a commit, and print nothing, when the launcher fails or is gone', () => {
    install();
    world.launcherIs('echo what; echo a mess >&2; exit 1\n');
    expect(world.commit()).toBe('');
    rmSync(request.launcher);
    expect(world.commit()).toBe('');
  });

  it('give back the streams of whoever has a commit made, while the launcher still runs', async () => {
    install();
    world.launcherIs('echo $$ >pid; exec sleep 600\n');
    expect(world.commitAlone()).toBe('');
    if (!writes) return;
    await expect.poll(() => world.told(), { timeout: 60_000 }).toEqual([expect.stringMatching(/^\d+$/)]);
    process.kill(Number(world.told()[0]), 'SIGKILL');
  });

  it('are quiet while autosync itself makes a commit', () => {
    install();
    world.commitAsAutosync();
    expect(world.told()).toEqual([]);
  });
});

describe('the launcher that a git hook starts', () => {
  it('does not end when the terminal of the commit is closed', async () => {
    const world = hookWorld();
    gitHooks.install(world.request);
    world.launcherIs('touch begun; until [ -e ../closed ]; do sleep 0.05; done; echo "$*" >$$\n');
    const begun = join(world.request.home, 'calls', 'begun');
    const script = `git ${COMMIT.slice(0, -1).join(' ')} x; exec sleep 600`;
    const terminal = spawn('sh', ['-c', script], { cwd: world.repository, detached: true, stdio: 'ignore' });
    await expect.poll(() => existsSync(begun), { timeout: 60_000 }).toBe(true);
    process.kill(-(terminal.pid ?? 0), 'SIGHUP');
    await once(terminal, 'exit');
    rmSync(begun);
    writeFileSync(join(world.request.home, 'closed'), '');
    await expect.poll(() => world.told(), { timeout: 60_000 }).toEqual(['hook post-commit']);
  });
});

describe.each(HOOKS_OF_OTHERS)('a hook that was there $kind', ({ put }) => {
  it('is, byte for byte, what uninstalling leaves', () => {
    const world = hookWorld();
    for (const event of EVENTS) put(world, event);
    const before = contentsOf(world.request.home);
    gitHooks.install(world.request);
    const installed = contentsOf(world.hooks);
    expect(gitHooks.install(world.request).kind).not.toBe('installed');
    expect(contentsOf(world.hooks)).toEqual(installed);
    gitHooks.uninstall(world.request);
    expect(contentsOf(world.request.home)).toEqual(before);
  });
});

describe.each(HOOKS_OF_OTHERS.filter(({ runs }) => runs))('a hook that was there $kind', ({ put }) => {
  it('runs as before, and ours runs', () => {
    const world = hookWorld();
    put(world, 'post-rewrite');
    const before = runHook(world, 'post-rewrite');
    expect(gitHooks.install(world.request)).toMatchObject({ kind: 'installed', notes: [] });
    expect(runHook(world, 'post-rewrite')).toEqual(before);
    world.git('commit', '--quiet', '--allow-empty', '--amend', '-m', 'again');
    expect(world.told()).toContain('hook post-rewrite');
    gitHooks.uninstall(world.request);
    expect(runHook(world, 'post-rewrite')).toEqual(before);
  });
});

describe.each(HOOKS_OF_OTHERS.filter(({ runs }) => !runs))('a hook that was there $kind', ({ put }) => {
  it('is left as it is, and its event to the scheduler', () => {
    const world = hookWorld();
    put(world, 'post-rewrite');
    const before = contentsOf(world.hooks);
    expect(gitHooks.install(world.request)).toMatchObject({
      kind: 'installed',
      files: [join(world.hooks, 'post-commit'), join(world.hooks, 'post-merge')],
      notes: [expect.stringMatching(/post-rewrite.*scheduler/)],
    });
    expect(contentsOf(world.hooks)).toEqual(expect.arrayContaining([...before]));
    expect(gitHooks.state(world.request)).toMatchObject({
      kind: 'present',
      detail: expect.stringMatching(/post-rewrite.*scheduler/),
    });
  });

  it('leaves all to the scheduler, when there is one for each event', () => {
    const world = hookWorld();
    for (const event of EVENTS) put(world, event);
    expect(gitHooks.install(world.request)).toMatchObject({
      kind: 'left-alone',
      why: expect.stringContaining('post-merge'),
    });
    expect(gitHooks.state(world.request).kind).toBe('not-ours-to-write');
  });
});
