import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { gitHooks } from '../../../src/hooks/git-hooks.js';
import { AutosyncError } from '../../../src/model/errors.js';
import { asAbsolute } from '../../../src/model/paths.js';
import { contentsOf, type HookWorld, hookWorld, runHook } from '../../support/hook-world.js';

const EVENTS = ['post-commit', 'post-merge', 'post-rewrite'] as const;
const NODE_HOOK = '#!/usr/bin/env node\nconsole.log(process.argv.slice(2));\n';

let world: HookWorld;
let before: readonly string[];

const hook = (event = 'post-commit'): string => join(world.hooks, event);
const text = (event = 'post-commit'): string => readFileSync(hook(event), 'utf8');
const put = (content: string, mode = 0o755): void => {
  writeFileSync(hook(), content);
  chmodSync(hook(), mode);
  before = contentsOf(world.hooks);
};
const install = (): ReturnType<typeof gitHooks.install> => gitHooks.install(world.request);
const uninstall = (): void => gitHooks.uninstall(world.request);

beforeEach(() => {
  world = hookWorld();
  before = contentsOf(world.hooks);
});

describe('a hooks folder', () => {
  it('that was not there is made, and goes when it is empty', () => {
    rmSync(world.hooks, { recursive: true });
    expect(install().kind).toBe('installed');
    expect(install().kind).toBe('unchanged');
    uninstall();
    expect(existsSync(world.hooks)).toBe(false);
  });

  it('that was not there stays with what others have put there', () => {
    rmSync(world.hooks, { recursive: true });
    install();
    writeFileSync(join(world.hooks, 'pre-push'), '');
    uninstall();
    expect(contentsOf(world.hooks)).toHaveLength(1);
  });

  it('that was there stays, although it is empty', () => {
    install();
    uninstall();
    expect(existsSync(world.hooks)).toBe(true);
  });

  it('that is a link is left alone: others may use what it leads to', () => {
    renameSync(world.hooks, join(world.repository, 'tracked-hooks'));
    symlinkSync('../tracked-hooks', world.hooks);
    expect(install()).toMatchObject({ kind: 'left-alone', why: expect.stringMatching(/is a link .*scheduler/) });
    expect(gitHooks.render(world.request)).toEqual([]);
    expect(gitHooks.state(world.request).kind).toBe('not-ours-to-write');
    uninstall();
    expect(contentsOf(world.hooks)).toEqual([]);
  });

  it.each(['/dev/null', 'file'])('that is no folder is left alone: %s', (name) => {
    writeFileSync(join(world.request.home, 'file'), '');
    const folder = asAbsolute(join(name === 'file' ? world.request.home : '/', name));
    const request = { ...world.request, site: { ...world.request.site, folder } };
    expect(gitHooks.install(request)).toMatchObject({
      kind: 'left-alone',
      why: expect.stringContaining('is no folder'),
    });
    gitHooks.uninstall(request);
  });

  it('that cannot be made is an error that names it', () => {
    writeFileSync(join(world.request.home, 'file'), '');
    const site = { ...world.request.site, folder: asAbsolute(join(world.request.home, 'file', 'hooks')) };
    expect(() => gitHooks.install({ ...world.request, site })).toThrow(/cannot write '.*file\/hooks'/);
  });
});

describe('a hook of our own', () => {
  it('may be run by everybody whom the umask lets', () => {
    const previous = process.umask(0o027);
    install();
    process.umask(previous);
    expect((statSync(hook()).mode & 0o777).toString(8)).toBe('750');
  });

  it('stays with what the person has added since', () => {
    install();
    appendFileSync(hook(), 'echo mine\n');
    uninstall();
    expect(text()).toBe('#!/bin/sh\necho mine\n');
    expect(existsSync(hook('post-merge'))).toBe(false);
  });

  it('is written anew when the launcher moves, and is still known for ours', () => {
    install();
    const request = { ...world.request, launcher: asAbsolute('/new/run') };
    expect(gitHooks.state(request).kind).toBe('missing');
    expect(gitHooks.install(request).kind).toBe('installed');
    expect(text()).toContain("exec '/new/run' hook");
    uninstall();
    expect(contentsOf(world.hooks)).toEqual(before);
  });

  it('is put back in place when somebody has removed it', () => {
    install();
    const installed = contentsOf(world.hooks);
    rmSync(hook('post-merge'));
    expect(gitHooks.state(world.request)).toMatchObject({ kind: 'missing', detail: 'not in place: post-merge' });
    install();
    expect(contentsOf(world.hooks)).toEqual(installed);
  });

  it('is switched off by a person who makes it not executable', () => {
    install();
    chmodSync(hook(), 0o644);
    expect(install()).toMatchObject({ kind: 'unchanged', notes: [expect.stringContaining('not executable')] });
    uninstall();
    expect(contentsOf(world.hooks)).toEqual(before);
  });

  it.each(['install', 'uninstall'])('leaves nothing of an %s that was killed while it wrote', (step) => {
    if (step === 'uninstall') install();
    for (const event of EVENTS) writeFileSync(`${hook(event)}.autosync-new`, '#!/bin/');
    if (step === 'install') install();
    uninstall();
    expect(contentsOf(world.hooks)).toEqual([]);
  });
});

describe('our lines in a hook', () => {
  it('come first: what others have written may end the script', () => {
    put('#!/bin/sh\nexit 0\n');
    install();
    expect(text()).toMatch(/^#!\/bin\/sh\n# >>> autosync >>>\n.*\n# <<< autosync <<<\nexit 0\n$/s);
  });

  it('go alone: what the person has changed around them stays', () => {
    put('#!/bin/sh\necho one\n');
    install();
    writeFileSync(hook(), `${text().replace('#!/bin/sh\n', '#!/bin/bash\n# new\n')}echo two\n`);
    uninstall();
    expect(text()).toBe('#!/bin/bash\n# new\necho one\necho two\n');
  });

  it('are left, and said, where somebody has torn the markers; the other hooks are taken back', () => {
    install();
    writeFileSync(hook(), text().replace('# <<< autosync <<<\n', 'echo mine\n'));
    const torn = text();
    expect(install()).toMatchObject({ notes: [expect.stringMatching(/markers, but not in a pair \(lines 2\)/)] });
    expect(uninstall).toThrow(AutosyncError);
    expect(uninstall).toThrow(/post-commit/);
    expect(text()).toBe(torn);
    expect(existsSync(hook('post-merge'))).toBe(false);
  });

  // Thousands of files that are flushed: a slow disk takes its time.
  it('go from any hook, byte for byte', { timeout: 240_000 }, () => {
    const piece = fc.constantFrom(
      '#!/bin/sh',
      '#!/usr/bin/env bash',
      '#!/usr/bin/python3',
      '\n',
      '\r\n',
      '\r',
      ' ',
      '\0',
      '\xff',
      'exec "$0"',
      '# >>> autosync',
      '# <<< autosync <<< ?',
      'echo',
      '"',
      "'",
      '\\',
      'EOF',
      '#',
    );
    const content = fc.oneof(
      fc.array(piece, { maxLength: 12 }).map((pieces) => Buffer.from(pieces.join(''), 'latin1')),
      fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
    );
    const mode = fc.constantFrom(0o755, 0o700, 0o644, 0o775, 0o555);
    const hooks = fc.array(fc.record({ event: fc.constantFrom(...EVENTS), content, mode }), { maxLength: 3 });
    fc.assert(
      fc.property(hooks, (all) => {
        rmSync(world.hooks, { recursive: true });
        mkdirSync(world.hooks);
        for (const { event, content: bytes, mode: bits } of all) {
          rmSync(hook(event), { force: true });
          writeFileSync(hook(event), bytes);
          chmodSync(hook(event), bits);
        }
        const found = contentsOf(world.hooks);
        install();
        const installed = contentsOf(world.hooks);
        expect(install().kind).not.toBe('installed');
        expect(contentsOf(world.hooks)).toEqual(installed);
        uninstall();
        expect(contentsOf(world.hooks)).toEqual(found);
      }),
      { numRuns: 150 },
    );
  });
});

describe('a hook that is kept aside', () => {
  it('is shown beforehand, with where it goes', () => {
    put(NODE_HOOK);
    expect(gitHooks.render(world.request)).toMatchObject([
      { path: `${hook()}.autosync-kept`, movedFrom: hook(), content: '', change: 'create' },
      { path: join(world.hooks, 'autosync-kept', 'post-commit'), content: '../post-commit.autosync-kept' },
      { path: hook(), change: 'edit' },
      { path: hook('post-merge'), change: 'create' },
      { path: hook('post-rewrite'), change: 'create' },
    ]);
    expect(contentsOf(world.hooks)).toEqual(before);
  });

  it('runs after the repository was moved', () => {
    put(NODE_HOOK);
    install();
    const moved = join(world.request.home, 'moved');
    renameSync(world.repository, moved);
    expect(runHook({ ...world, repository: moved }, 'post-commit').stdout).toBe("[ 'amend', 'two  words' ]\n");
  });

  it('does not make commits fail after the person has removed it', () => {
    put(NODE_HOOK);
    install();
    rmSync(`${hook()}.autosync-kept`);
    expect(runHook(world, 'post-commit')).toEqual({ status: 0, stdout: '', stderr: '' });
    uninstall();
    expect(contentsOf(world.hooks)).toEqual([]);
  });

  it.each(['install', 'uninstall'] as const)('is found again by %s after a run that was killed half-way', (step) => {
    put(NODE_HOOK);
    install();
    const installed = contentsOf(world.hooks);
    rmSync(hook());
    if (step === 'install') {
      install();
      expect(contentsOf(world.hooks)).toEqual(installed);
    }
    uninstall();
    expect(contentsOf(world.hooks)).toEqual(before);
  });

  it('comes back when the script in its place cannot be written', () => {
    put(NODE_HOOK);
    mkdirSync(`${hook()}.autosync-new`);
    expect(install).toThrow(AutosyncError);
    expect(text()).toBe(NODE_HOOK);
    expect(existsSync(`${hook()}.autosync-kept`)).toBe(false);
  });

  it('needs its place: if there is something, all is left as it is', () => {
    put(NODE_HOOK);
    writeFileSync(`${hook()}.autosync-kept`, 'theirs');
    before = contentsOf(world.hooks);
    expect(install()).toMatchObject({ kind: 'installed', notes: [expect.stringContaining('in its way')] });
    expect(text()).toBe(NODE_HOOK);
    uninstall();
    expect(contentsOf(world.hooks)).toEqual(before);
  });

  it('needs the place of its other name, too', () => {
    put(NODE_HOOK);
    mkdirSync(join(world.hooks, 'autosync-kept'));
    writeFileSync(join(world.hooks, 'autosync-kept', 'post-commit'), 'theirs');
    before = contentsOf(world.hooks);
    expect(install()).toMatchObject({ notes: [expect.stringContaining('in its way')] });
    uninstall();
    expect(contentsOf(world.hooks)).toEqual(before);
  });

  it('stays aside and runs on, if the person has changed the script in its place', () => {
    put(NODE_HOOK);
    install();
    writeFileSync(hook(), text().replace('# <<< autosync <<<\n', '# <<< autosync <<<\necho mine\n'));
    uninstall();
    expect(text()).not.toContain('autosync >>>');
    expect(runHook(world, 'post-commit').stdout).toBe("mine\n[ 'amend', 'two  words' ]\n");
  });

  it('stays where it is, if another tool has put its own hook in place', () => {
    put(NODE_HOOK);
    install();
    writeFileSync(hook(), '#!/bin/sh\necho theirs\n');
    expect(install().kind).toBe('installed');
    uninstall();
    expect(text()).toBe('#!/bin/sh\necho theirs\n');
    expect(readFileSync(`${hook()}.autosync-kept`, 'utf8')).toBe(NODE_HOOK);
  });
});

describe('a hook that another tool has moved aside, to put its own in place', () => {
  const THEIRS = '#!/bin/sh\necho theirs\n';
  /** As pre-commit does it, and lefthook with `.old`. */
  const moveAside = (ending: string): void => {
    renameSync(hook(), `${hook()}.${ending}`);
    writeFileSync(hook(), THEIRS, { mode: 0o755 });
  };

  it.each(['legacy', 'old'])('goes if it was ours alone: %s', (ending) => {
    install();
    moveAside(ending);
    expect(gitHooks.state(world.request)).toMatchObject({
      kind: 'missing',
      detail: expect.stringMatching(new RegExp(`not in place: post-commit; moved by another tool: '.*${ending}'`)),
    });
    expect(install().kind).toBe('installed');
    expect(existsSync(`${hook()}.${ending}`)).toBe(false);
    expect(gitHooks.state(world.request).kind).toBe('present');
    uninstall();
    expect(text()).toBe(THEIRS);
    rmSync(hook());
    expect(contentsOf(world.hooks)).toEqual(before);
  });

  it.each(['#!/bin/sh\necho mine\n', NODE_HOOK])('is as it was found, if it was the person’s: %j', (mine) => {
    put(mine, 0o750);
    install();
    moveAside('legacy');
    install();
    expect(readFileSync(`${hook()}.legacy`, 'utf8')).toBe(mine);
    uninstall();
    expect(text()).toBe(THEIRS);
    renameSync(`${hook()}.legacy`, hook());
    expect(contentsOf(world.hooks)).toEqual(before);
  });

  it('is taken back by uninstalling, too, when no run came in between', () => {
    install();
    moveAside('old');
    uninstall();
    rmSync(hook());
    expect(contentsOf(world.hooks)).toEqual(before);
  });
});

describe('a hook for another interpreter', () => {
  it('that a tool writes anew over our script takes the place of the one that is kept', () => {
    put(NODE_HOOK);
    install();
    const newer = `${NODE_HOOK}console.log('newer');\n`;
    rmSync(hook());
    put(newer);
    expect(install()).toMatchObject({ kind: 'installed', notes: [] });
    expect(runHook(world, 'post-commit').stdout).toContain('newer');
    uninstall();
    expect(text()).toBe(newer);
    expect(existsSync(join(world.hooks, 'autosync-kept'))).toBe(false);
  });
});
