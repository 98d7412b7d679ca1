import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createMirrorWorld, type MirrorWorld, makeHistory } from '../support/mirror-world.js';
import { needs } from '../support/needs.js';

const HG_GIT = ['--config', 'extensions.hggit='];

/** Returns what commits a file in a world's source. */
const committing =
  (world: MirrorWorld) =>
  (name: string, ...args: readonly string[]): void => {
    writeFileSync(join(world.source, name), `${name}\n`);
    world.hg('commit', '-q', '-A', '-m', `about ${name}`, ...args);
  };

describe.skipIf(!needs('hg-git'))('a repository that hg-git has mirrored so far', () => {
  it('goes on with the commits that it has', async () => {
    const world = createMirrorWorld();
    const commit = committing(world);
    commit('a');
    world.hg('bookmark', '-q', 'main');
    world.hg(...HG_GIT, 'gexport');
    world.git('fetch', '-q', join(world.source, '.hg', 'git'), 'main:main');
    const first = world.git('rev-parse', 'main');
    commit('b');
    const report = await world.run({ verify: true }, { backend: 'hggit' });
    expect(report).toMatchObject({
      verdict: 'mirrored',
      exported: 1,
      lag: 0,
      refs: [{ ref: 'refs/heads/main', kind: 'advanced' }],
      verified: { revisions: 2, differences: [] },
    });
    expect(world.git('log', '--format=%H %s', 'main').split('\n')).toEqual([
      expect.stringMatching(/ about b$/),
      `${first} about a`,
    ]);
    expect(await world.run({}, { backend: 'hggit' })).toMatchObject({ verdict: 'mirrored', exported: 0, refs: [] });
  });

  it('has every head, closed ones too, and tags without a bookmark for each', async () => {
    const world = createMirrorWorld();
    makeHistory(world.source, 3, 40, 'plain');
    const report = await world.run({ verify: true }, { backend: 'hggit' });
    expect(report).toMatchObject({ verdict: 'mirrored', exported: 40, lag: 0 });
    expect(report.verified).toEqual({ revisions: 40, differences: [] });
    const map = readFileSync(join(world.source, '.hg', 'git-mapfile'), 'utf8')
      .trimEnd()
      .split('\n');
    const reachable = new Set(world.git('rev-list', '--all').split('\n'));
    expect(map.filter((line) => !reachable.has(line.slice(0, 40)))).toEqual([]);
    expect(world.git('rev-list', '--all', '--count')).toBe('40');
  });

  it("is told the host's words as they are, and that the git side moved by itself", async () => {
    const world = createMirrorWorld();
    makeHistory(world.source, 3, 10, 'plain');
    const hook = join(world.destination, 'hooks', 'pre-receive');
    mkdirSync(join(world.destination, 'hooks'), { recursive: true });
    const words = 'GitLab: You are not allowed to push code to protected branches on this project.';
    writeFileSync(hook, `#!/bin/sh\necho '${words}' >&2\nexit 1\n`, { mode: 0o755 });
    const refused = await world.run({}, { backend: 'hggit' });
    expect(refused).toMatchObject({ verdict: 'attention', lag: 10, why: expect.stringContaining(words) });
    rmSync(hook);
    expect(await world.run({}, { backend: 'hggit' })).toMatchObject({ verdict: 'mirrored', lag: 0 });
    const theirs = world.git('commit-tree', '-m', 'there', 'main^{tree}');
    world.git('update-ref', 'refs/heads/main', theirs);
    makeHistory(world.source, 3, 20, 'plain');
    const moved = await world.run({}, { backend: 'hggit' });
    expect(moved.verdict).toBe('conflict');
    expect(world.git('rev-parse', 'main')).toBe(theirs);
  });

  it('loses no branch on which somebody commits while it is run', async () => {
    const world = createMirrorWorld();
    const commit = committing(world);
    commit('a');
    world.hg('branch', '-q', 'stable');
    commit('b');
    world.hg('update', '-q', 'default');
    world.hg('merge', '-q', 'stable');
    commit('c');
    await world.run({}, { backend: 'hggit' });
    const stable = world.git('rev-parse', 'stable');
    // Between hg-git's export and the look at the heads the destination is asked.
    const bin = join(world.folder, 'bin');
    mkdirSync(bin);
    const late = `cd '${world.source}' && hg update -q stable && echo t >>b && hg commit -q -m late`;
    const real = execFileSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim();
    const script = `case "$*" in *ls-remote*) [ -e '${bin}/done' ] || { : >'${bin}/done'; (${late}); };; esac`;
    writeFileSync(join(bin, 'git'), `#!/bin/sh\n${script}\nexec '${real}' "$@"\n`, { mode: 0o755 });
    const path = process.env['PATH'];
    process.env['PATH'] = `${bin}:${path}`;
    try {
      expect((await world.run({}, { backend: 'hggit' })).refs).toEqual([]);
    } finally {
      process.env['PATH'] = path;
    }
    expect(world.git('rev-parse', 'stable')).toBe(stable);
    await world.run({}, { backend: 'hggit' });
    expect(world.git('log', '-1', '--format=%s', 'stable')).toBe('late');
  });

  it('keeps to itself what is secret in it, and goes as far as it is not', async () => {
    const world = createMirrorWorld();
    const commit = committing(world);
    commit('a');
    world.hg('branch', '-q', 'odd "name" \\ (x)');
    commit('b');
    commit('hidden', '--secret');
    world.hg('branch', '-q', 'hush');
    commit('password');
    world.hg('tag', '-q', '--local', '-r', '.', 'mine');
    expect(await world.run({ verify: true }, { backend: 'hggit' })).toMatchObject({
      verdict: 'mirrored',
      changesets: 2,
      lag: 0,
      verified: { revisions: 2, differences: [] },
    });
    expect(world.git('log', '--all', '--format=%s').split('\n').sort()).toEqual(['about a', 'about b']);
    world.hg('phase', '-d', '-r', 'all()');
    expect(await world.run({}, { backend: 'hggit' })).toMatchObject({ verdict: 'mirrored', changesets: 4 });
    expect(world.git('log', '--all', '--format=%s')).toContain('about password');
  });
});
