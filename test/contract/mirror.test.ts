import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { asAbsolute } from '../../src/model/paths.js';
import { startHgServe } from '../support/hg-servers.js';
import { createMirrorWorld, gitTrees, hgTrees, type MirrorWorld, makeHistory } from '../support/mirror-world.js';
import { needs } from '../support/needs.js';
import { git } from '../support/world.js';

/** Which commit each changeset has become. */
function commitsOf({ locations }: MirrorWorld): ReadonlyMap<string, string> {
  const lines = readFileSync(join(locations.data, 'mirrors', 'project', 'map'), 'utf8')
    .trimEnd()
    .split('\n');
  return new Map(lines.map((line) => [line.slice(0, 40), line.slice(41)]));
}

/** Returns the changesets whose files are not, byte for byte, those of a commit that the destination can reach. */
function differences(world: MirrorWorld): readonly string[] {
  const commits = commitsOf(world);
  const reachable = new Set(world.git('rev-list', '--all').split('\n'));
  const expected = [...hgTrees(world.source)];
  const ids = expected.map(([node]) => commits.get(node) ?? '');
  const found = gitTrees(world.destination, ids);
  return expected.flatMap(([node, tree], at) => (reachable.has(ids[at] ?? '') && found[at] === tree ? [] : [node]));
}

const refs = (world: MirrorWorld): Record<string, string> =>
  Object.fromEntries(
    world
      .git('for-each-ref', '--format=%(refname) %(objectname)')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.split(' ') as [string, string]),
  );

/** Commits a file in the source, and returns its changeset. */
function commit(world: MirrorWorld, name: string, ...args: readonly string[]): string {
  const path = join(world.source, name);
  writeFileSync(path, `${name} ${Math.random()}\n`);
  world.hg('commit', '-q', '-A', '-m', `about ${name}`, ...args);
  return world.hg('log', '-r', '.', '-T', '{node}');
}

const HISTORY = 200;

describe.skipIf(!needs('hg'))('a history with everything in it', () => {
  it('arrives whole, and grows to the same commits as one that is mirrored at once', async () => {
    const world = createMirrorWorld();
    makeHistory(world.source, 11, HISTORY - 25);
    expect(await world.run()).toMatchObject({ verdict: 'mirrored', why: '', exported: HISTORY - 25, lag: 0 });
    makeHistory(world.source, 11, HISTORY);
    expect(await world.run({ verify: true })).toMatchObject({
      verdict: 'mirrored',
      exported: 25,
      changesets: HISTORY,
      lag: 0,
      leftOut: [],
      verified: { revisions: HISTORY, differences: [] },
    });
    expect(differences(world)).toEqual([]);
    expect(await world.run()).toMatchObject({ verdict: 'mirrored', exported: 0, refs: [] });

    const other = createMirrorWorld();
    makeHistory(other.source, 11, HISTORY);
    await other.run();
    expect(commitsOf(other)).toEqual(commitsOf(world));
    expect(refs(other)).toEqual(refs(world));
  }, 300_000);
});

/** Names that whoever may push to the source can choose: options, revisions, patterns, shell words. */
const HOSTILE = [
  '--force',
  '--upload-pack=touch harm',
  '-d',
  '+main',
  '^main',
  '*',
  '@{-1}',
  'HEAD',
  'refs/heads/main',
  '../../../harm',
  'main..main',
  'main.lock',
  '$(touch harm)',
  '; touch harm',
  '`touch harm`|touch harm',
  '\' touch harm "',
  '\u202emain\u0007',
] as const;

describe.skipIf(!needs('hg'))('the git side', () => {
  it('has a branch for each head of a branch, and tags for the closed ones', async () => {
    const world = createMirrorWorld();
    const first = commit(world, 'a');
    const main = commit(world, 'b');
    world.hg('update', '-q', first);
    const anonymous = commit(world, 'c');
    world.hg('branch', '-q', 'exp 1.0');
    const branch = commit(world, 'd');
    world.hg('branch', '-q', 'over');
    commit(world, 'e');
    world.hg('commit', '-q', '--close-branch', '-m', 'close');
    const closed = world.hg('log', '-r', '.', '-T', '{node}');
    world.hg('tag', '-q', '-r', first, 'v 1');
    await world.run();
    const commits = commitsOf(world);
    expect(refs(world)).toMatchObject({
      'refs/heads/exp-1.0': commits.get(branch),
      'refs/tags/v-1': commits.get(first),
    });
    expect(Object.keys(refs(world))).toContain('refs/heads/main');
    expect(Object.values(refs(world))).toContain(commits.get(main));
    expect(Object.keys(refs(world)).filter((ref) => ref.startsWith('refs/tags/closed/over-'))).toEqual([]);
    expect(world.git('merge-base', '--is-ancestor', commits.get(closed) ?? '', 'over')).toBe('');
    expect([anonymous, main].every((node) => commits.has(node))).toBe(true);
  });

  it('is told of a tag that moves, a branch that is closed, a head that is merged, a tag that goes', async () => {
    const world = createMirrorWorld();
    const first = commit(world, 'a');
    world.hg('tag', '-q', 'moving');
    world.hg('tag', '-q', '-r', first, 'going');
    world.hg('update', '-q', first);
    commit(world, 'b');
    await world.run();
    const heads = Object.keys(refs(world)).filter((ref) => ref.startsWith('refs/heads/main-'));
    expect(heads).toHaveLength(1);
    world.hg('merge', '-q');
    const merge = commit(world, 'c');
    world.hg('tag', '-q', '-f', 'moving');
    world.hg('tag', '-q', '--remove', 'going');
    const report = await world.run();
    expect(report.verdict).toBe('mirrored');
    expect(report.refs.map(({ kind }) => kind).sort()).toEqual(['advanced', 'removed', 'removed', 'tag-moved']);
    expect(refs(world)).toMatchObject({ 'refs/tags/moving': commitsOf(world).get(merge) });
    expect(Object.keys(refs(world)).sort()).toEqual(['refs/heads/main', 'refs/tags/moving']);
  });

  it('goes on from where a branch stands when that has several heads, and says so when it has ended there', async () => {
    const world = createMirrorWorld();
    const first = commit(world, 'a');
    const followed = commit(world, 'b');
    await world.run();
    world.hg('update', '-q', first);
    const newer = commit(world, 'c');
    expect(await world.run()).toMatchObject({ verdict: 'mirrored', lag: 0 });
    const commits = commitsOf(world);
    expect(refs(world)).toEqual({
      'refs/heads/main': commits.get(followed),
      [`refs/heads/main-${newer.slice(0, 12)}`]: commits.get(newer),
    });
    world.hg('update', '-q', followed);
    world.hg('commit', '-q', '--close-branch', '-m', 'not this one');
    expect(await world.run()).toMatchObject({ verdict: 'conflict', lag: 0, why: expect.stringContaining('made anew') });
    expect(Object.values(refs(world))).toContain(commits.get(newer));
    world.git('update-ref', '-d', 'refs/heads/main');
    expect(await world.run()).toMatchObject({ verdict: 'mirrored', lag: 0 });
    expect(refs(world)).toMatchObject({ 'refs/heads/main': commits.get(newer) });
  });

  it('keeps who, when and what of a changeset', async () => {
    const world = createMirrorWorld();
    const authors = join(world.folder, 'authors');
    writeFileSync(authors, '# people\nbob = Bob Example <bob@example.invalid>\n');
    commit(world, 'a', '-u', 'bob', '-d', '1100000000 -7200', '-m', 'ünï\n\nbody');
    await world.run({}, { authors: asAbsolute(authors) });
    const shown = world.git('log', '-1', '--format=%an|%ae|%cn|%ad|%B', '--date=raw', 'main');
    expect(shown.trimEnd()).toBe('Bob Example|bob@example.invalid|Bob Example|1100000000 +0200|ünï\n\nbody');
  });

  it('does not get what is secret in the source', async () => {
    const world = createMirrorWorld();
    commit(world, 'a');
    const secret = commit(world, 'b', '--secret');
    expect(await world.run()).toMatchObject({ verdict: 'mirrored', changesets: 1, lag: 0 });
    expect([...commitsOf(world).keys()]).not.toContain(secret);
    world.hg('phase', '-d', secret);
    expect(await world.run()).toMatchObject({ verdict: 'mirrored', exported: 1 });
  });

  it('takes no harm from branches, bookmarks and tags, whatever they are called', async () => {
    const world = createMirrorWorld();
    const first = commit(world, 'a');
    const branches = HOSTILE.map((name) => {
      world.hg('update', '-q', first);
      world.hg('branch', '-q', '--', name);
      return commit(world, 'b');
    });
    for (const name of HOSTILE) {
      world.hg('tag', '-q', '-r', first, '--', `${name} tag`);
      world.hg('bookmark', '-q', '-r', first, '--', `${name} bookmark`);
    }
    expect(await world.run({ verify: true })).toMatchObject({ verdict: 'mirrored', verified: { differences: [] } });
    const [found, commits] = [refs(world), commitsOf(world)];
    const reachable = new Set(world.git('rev-list', '--branches').split('\n'));
    expect(branches.filter((node) => !reachable.has(commits.get(node) ?? ''))).toEqual([]);
    const names = Object.keys(found);
    expect(names.filter((ref) => ref.startsWith('refs/tags/'))).toHaveLength(HOSTILE.length);
    expect(names.filter((ref) => ref.startsWith('refs/heads/'))).toHaveLength(HOSTILE.length + 1);
    expect(names.filter((ref) => !/^refs\/(heads|tags)\/[^-/.]/.test(ref))).toEqual([]);
    expect(world.git('fsck', '--strict')).toBe('');
    expect(readdirSync(world.folder).sort()).toEqual(['git.git', 'source']);
    expect(readdirSync(world.source).sort()).toEqual(['.hg', '.hgtags', 'a', 'b']);
    expect(await world.run()).toMatchObject({ verdict: 'mirrored', exported: 0, refs: [] });
  });

  it('is spared names that git cannot hold, and they are named', async () => {
    const world = createMirrorWorld();
    // The second is the first to a file system that passes over such characters.
    for (const folder of ['.git', '.g\u200cit']) {
      mkdirSync(join(world.source, 'sub', folder), { recursive: true });
      writeFileSync(join(world.source, 'sub', folder, 'config'), '[core]\n\tfsmonitor = evil\n');
    }
    world.git('config', 'receive.fsckObjects', 'true');
    const changeset = commit(world, 'a');
    const report = await world.run({ verify: true });
    expect(report.verdict).toBe('mirrored');
    expect(report.leftOut).toEqual(
      expect.arrayContaining(['sub/.git/config', 'sub/.g\u200cit/config'].map((path) => ({ changeset, path }))),
    );
    expect(world.git('ls-tree', '-r', '--name-only', 'main')).toBe('a');
  });

  it('gets the files that name subrepositories, and nobody looks into those', async () => {
    const world = createMirrorWorld();
    world.hg('init', 'inner');
    writeFileSync(join(world.source, 'inner', 'x'), 'x\n');
    world.hg('-R', 'inner', 'commit', '-q', '-A', '-m', 'inner');
    writeFileSync(join(world.source, '.hgsub'), 'inner = inner\n');
    world.hg('add', '-q', '.hgsub');
    commit(world, 'a');
    commit(world, 'b');
    expect(await world.run({ verify: true })).toMatchObject({ verdict: 'mirrored', verified: { differences: [] } });
    expect(world.git('ls-tree', '-r', '--name-only', 'main').split('\n')).toEqual(['.hgsub', '.hgsubstate', 'a', 'b']);
  });
});

describe.skipIf(!needs('hg'))('a source whose history was changed', () => {
  it.each(['path', 'http'] as const)('conflicts with what stands in git, read by %s; all else goes on', async (way) => {
    const world = createMirrorWorld();
    const clone = join(world.locations.data, 'mirrors', 'project', 'hg');
    const first = commit(world, 'a');
    const wrong = commit(world, 'b');
    const server = way === 'http' ? await startHgServe(world.source) : undefined;
    const change = server === undefined ? {} : { source: `http://127.0.0.1:${server.port}/` };
    try {
      expect(await world.run({}, change)).toMatchObject({ verdict: 'mirrored', changesets: 2, lag: 0 });
      world.hg('tag', '-q', 'dead');
      await world.run({}, change);
      const main = refs(world)['refs/heads/main'];
      world.hg('--config', 'extensions.strip=', 'strip', '-q', '--no-backup', '-r', wrong);
      for (const name of ['c', 'd']) {
        commit(world, name);
        world.hg('tag', '-q', '-r', first, `after ${name}`);
        const report = await world.run({ verify: true }, change);
        const changesets = name === 'c' ? 3 : 5;
        expect(report).toMatchObject({ verdict: 'conflict', changesets, lag: changesets - 1 });
        expect(report).toMatchObject({ verified: { revisions: changesets, differences: [] } });
        expect(report.refs).toContainEqual(expect.objectContaining({ ref: 'refs/heads/main', kind: 'moved-there' }));
        const tags = name === 'c' ? ['refs/tags/after-c'] : ['refs/tags/after-c', 'refs/tags/after-d'];
        const expected = [['refs/heads/main', main], ...tags.map((tag) => [tag, commitsOf(world).get(first)])];
        expect(refs(world)).toEqual(Object.fromEntries(expected));
      }
      // Without what the clone remembers it is the same, and what the map remembers stays.
      rmSync(clone, { recursive: true });
      expect(await world.run({}, change)).toMatchObject({ verdict: 'conflict', changesets: 5, lag: 4 });
      expect([...commitsOf(world).keys()]).toContain(wrong);
      world.git('update-ref', '-d', 'refs/heads/main');
      expect(await world.run({}, change)).toMatchObject({ verdict: 'mirrored', changesets: 5, lag: 0 });
    } finally {
      server?.stop();
    }
  });

  it.each(['path', 'http'] as const)(
    'is noticed, too, where its %s names a branch, and only that counts',
    async (way) => {
      const world = createMirrorWorld();
      const server = way === 'http' ? await startHgServe(world.source) : undefined;
      const source = server === undefined ? world.source : `http://127.0.0.1:${server.port}/`;
      const branch = { source: `${source}#stable` };
      try {
        const first = commit(world, 'a');
        world.hg('branch', '-q', 'stable');
        commit(world, 'b');
        const wrong = commit(world, 'c');
        world.hg('update', '-q', 'default');
        commit(world, 'd');
        expect(await world.run({}, branch)).toMatchObject({ verdict: 'mirrored', changesets: 3, lag: 0 });
        const before = refs(world);
        world.hg('--config', 'extensions.strip=', 'strip', '-q', '--no-backup', '-r', wrong);
        world.hg('update', '-q', 'stable');
        commit(world, 'e');
        const report = await world.run({ verify: true }, branch);
        expect(report).toMatchObject({ verdict: 'conflict', changesets: 3, lag: 1, verified: { differences: [] } });
        expect(refs(world)).toEqual(before);
        world.git('update-ref', '-d', 'refs/heads/stable');
        expect(await world.run({}, branch)).toMatchObject({ verdict: 'mirrored', changesets: 3, lag: 0 });
        // A changeset is no branch: what else was pulled stays.
        expect(await world.run({}, { source: `${source}#${first}` })).toMatchObject({ changesets: 3 });
      } finally {
        server?.stop();
      }
    },
  );

  it('conflicts after an amend, also while the source is away, and is as before when what was lost comes back', async () => {
    const world = createMirrorWorld();
    commit(world, 'a');
    const wrong = commit(world, 'b');
    await world.run();
    const before = refs(world);
    world.hg('commit', '-q', '--amend', '-m', 'right');
    commit(world, 'c');
    expect(await world.run()).toMatchObject({ verdict: 'conflict', changesets: 3, exported: 2, lag: 2 });
    expect(await world.run({}, { source: join(world.folder, 'nowhere') })).toMatchObject({ changesets: 3, lag: 2 });
    expect(refs(world)).toEqual(before);
    const backups = readdirSync(join(world.source, '.hg', 'strip-backup')).filter((name) => name.endsWith('-amend.hg'));
    world.hg('unbundle', '-q', join('.hg', 'strip-backup', backups[0] ?? ''));
    expect(await world.run()).toMatchObject({ verdict: 'mirrored', exported: 0, lag: 0 });
    expect(refs(world)).toMatchObject({ 'refs/heads/main': commitsOf(world).get(wrong) });
  });

  it('conflicts although somebody commits while the mirror reads', async () => {
    const world = createMirrorWorld();
    commit(world, 'a');
    const wrong = commit(world, 'b');
    await world.run();
    const before = refs(world);
    world.hg('--config', 'extensions.strip=', 'strip', '-q', '--no-backup', '-r', wrong);
    commit(world, 'c');
    const meanwhile = '[ -e .hg/once ] || { touch .hg/once d; hg commit -q -A -u me -m meanwhile; }';
    writeFileSync(join(world.source, '.hg', 'hgrc'), `[hooks]\noutgoing = ${meanwhile}\n`);
    const server = await startHgServe(world.source);
    try {
      const report = await world.run({}, { source: `http://127.0.0.1:${server.port}/` });
      expect(report).toMatchObject({ verdict: 'conflict', changesets: 3, exported: 2 });
    } finally {
      server.stop();
    }
    expect(refs(world)).toEqual(before);
  });

  it('is not believed to be the same when it is empty', async () => {
    const world = createMirrorWorld();
    commit(world, 'a');
    await world.run();
    const before = refs(world);
    rmSync(world.source, { recursive: true });
    execFileSync('hg', ['init', world.source]);
    const why = expect.stringContaining('another repository');
    expect(await world.run()).toMatchObject({ verdict: 'attention', why, changesets: 1 });
    expect(refs(world)).toEqual(before);
  });

  it('does not stop a mirror whose private clone was removed, when the branch has several heads', async () => {
    const world = createMirrorWorld();
    const first = commit(world, 'a');
    const wrong = commit(world, 'b');
    await world.run();
    const before = refs(world);
    world.hg('commit', '-q', '--amend', '-m', 'right');
    world.hg('update', '-q', first);
    commit(world, 'c');
    rmSync(join(world.locations.data, 'mirrors', 'project', 'hg'), { recursive: true });
    expect(await world.run()).toMatchObject({
      verdict: 'conflict',
      changesets: 3,
      why: expect.stringContaining('made anew'),
    });
    expect(refs(world)).toMatchObject(before);
    expect(before).toEqual({ 'refs/heads/main': commitsOf(world).get(wrong) });
  });
});

describe.skipIf(!needs('hg'))('a git side that moved by itself', () => {
  /** Commits on the git side, as a person who does not know of the mirror. */
  function commitThere(world: MirrorWorld, branch: string): string {
    const clone = join(world.folder, `clone-${Math.random()}`);
    git(world.folder, 'clone', '-q', '-b', branch, world.destination, clone);
    writeFileSync(join(clone, 'there'), 'x\n');
    git(clone, 'add', '-A');
    git(clone, 'commit', '-q', '-m', 'there');
    git(clone, 'push', '-q');
    return git(clone, 'rev-parse', 'HEAD');
  }

  it('is told of and not overwritten; everything else goes on', async () => {
    const world = createMirrorWorld();
    commit(world, 'a');
    await world.run();
    const theirs = commitThere(world, 'main');
    const second = commit(world, 'b');
    world.hg('tag', '-q', '-r', second, 'v1');
    const report = await world.run();
    expect(report).toMatchObject({ verdict: 'conflict', lag: 1 });
    expect(report.refs).toContainEqual(expect.objectContaining({ ref: 'refs/heads/main', kind: 'moved-there' }));
    expect(refs(world)).toMatchObject({ 'refs/heads/main': theirs, 'refs/tags/v1': commitsOf(world).get(second) });
    world.git('update-ref', 'refs/heads/main', commitsOf(world).get(second) ?? '');
    expect(await world.run()).toMatchObject({ verdict: 'mirrored', lag: 0 });
  });

  it('keeps a tag that somebody moved there, or made first', async () => {
    const world = createMirrorWorld();
    const first = commit(world, 'a');
    const second = commit(world, 'b');
    world.hg('tag', '-q', '-r', first, 'v1');
    await world.run();
    const theirs = commitsOf(world).get(second) ?? '';
    world.git('update-ref', 'refs/tags/v1', theirs);
    world.hg('tag', '-q', '-f', 'v1');
    expect(await world.run()).toMatchObject({ verdict: 'conflict' });
    expect(refs(world)['refs/tags/v1']).toBe(theirs);
  });

  it('is not given a history that has nothing to do with its own', async () => {
    const world = createMirrorWorld();
    const foreign = join(world.folder, 'foreign');
    git(world.folder, 'init', '-q', foreign);
    git(foreign, 'commit', '-q', '--allow-empty', '-m', 'their own');
    git(foreign, 'push', '-q', world.destination, 'HEAD:main');
    const before = refs(world);
    commit(world, 'a');
    expect(await world.run()).toMatchObject({ verdict: 'conflict', lag: 1 });
    expect(refs(world)).toEqual(before);
  });

  it('has a ref put back that was removed there', async () => {
    const world = createMirrorWorld();
    commit(world, 'a');
    await world.run();
    world.git('update-ref', '-d', 'refs/heads/main');
    expect(await world.run()).toMatchObject({
      verdict: 'mirrored',
      refs: [{ ref: 'refs/heads/main', kind: 'created' }],
    });
  });
});

/** What hosts print when they refuse a push, and which of it a person has to see. */
const HOSTS: readonly (readonly [host: string, lines: readonly string[], telling: readonly string[]])[] = [
  [
    "GitHub's limit for a file",
    [
      'error: Trace: 0123456789abcdef',
      'error: See https://gh.io/lfs for more information.',
      "error: File big.bin is 123.45 MB; this exceeds GitHub's file size limit of 100.00 MB",
      'error: GH001: Large files detected. You may want to try Git Large File Storage - https://git-lfs.github.com.',
    ],
    ['GH001: Large files detected', 'File big.bin is 123.45 MB'],
  ],
  [
    "GitHub's rule for a branch",
    [
      'error: GH013: Repository rule violations found for refs/heads/main.',
      '',
      '- Changes must be made through a pull request.',
      '',
    ],
    ['GH013: Repository rule violations', 'Changes must be made through a pull request'],
  ],
  [
    "GitLab's protected branch",
    ['GitLab: You are not allowed to push code to protected branches on this project.'],
    ['GitLab: You are not allowed to push code to protected branches on this project.'],
  ],
  [
    'GitLab between lines',
    ['', '='.repeat(70), '', 'ERROR: The repository has exceeded its size limit of 10 GB.', '', '='.repeat(70), ''],
    ['ERROR: The repository has exceeded its size limit of 10 GB.'],
  ],
  [
    "Gitea's protected branch",
    ['', 'Gitea: Not allowed to push to protected branch main'],
    ['Gitea: Not allowed to push to protected branch main'],
  ],
];

describe.skipIf(!needs('hg'))('what stands in the way', () => {
  it("is told in the host's words: a protected branch does not hold up the others", async () => {
    const world = createMirrorWorld();
    const hook = join(world.destination, 'hooks', 'update');
    mkdirSync(join(world.destination, 'hooks'), { recursive: true });
    const words = 'GH006: Protected branch update failed for refs/heads/main.';
    writeFileSync(hook, `#!/bin/sh\n[ "$1" != refs/heads/main ] || { echo "${words}" >&2; exit 1; }\n`);
    chmodSync(hook, 0o755);
    commit(world, 'a');
    world.hg('branch', '-q', 'stable');
    const stable = commit(world, 'b');
    const report = await world.run();
    expect(report).toMatchObject({ verdict: 'attention', lag: 0 });
    expect(report.why).toContain(words);
    expect(refs(world)).toEqual({ 'refs/heads/stable': commitsOf(world).get(stable) });
  });

  it.each(HOSTS)('is what the host says to a push as a whole: %s', async (_host, lines, telling) => {
    const world = createMirrorWorld();
    mkdirSync(join(world.destination, 'hooks'), { recursive: true });
    const hook = join(world.destination, 'hooks', 'pre-receive');
    writeFileSync(hook, `#!/bin/sh\ncat >&2 <<'END'\n${lines.join('\n')}\nEND\nexit 1\n`, { mode: 0o755 });
    commit(world, 'a');
    const report = await world.run();
    expect(report).toMatchObject({ verdict: 'attention', lag: 1, refs: [{ ref: 'refs/heads/main', kind: 'refused' }] });
    for (const words of telling) expect(report.why).toContain(words);
    expect(refs(world)).toEqual({});
    rmSync(hook);
    expect(await world.run()).toMatchObject({ verdict: 'mirrored', lag: 0 });
  });

  it('is a size that the host refuses, in its words', async () => {
    const world = createMirrorWorld();
    world.git('config', 'receive.maxInputSize', '1000');
    writeFileSync(join(world.source, 'big'), Buffer.from(Array.from({ length: 5000 }, () => Math.random() * 256)));
    commit(world, 'a');
    expect(await world.run()).toMatchObject({
      verdict: 'attention',
      why: expect.stringMatching(/pack exceeds|too large/),
    });
    expect(refs(world)).toEqual({});
  });

  it('is a source or destination that is not there: what is new is kept, and sent when it is back', async () => {
    const world = createMirrorWorld();
    const node = commit(world, 'a');
    const nowhere = join(world.folder, 'nowhere');
    expect(await world.run({}, { destination: nowhere })).toMatchObject({ verdict: 'attention', exported: 1, lag: 1 });
    expect(await world.run({}, { source: nowhere })).toMatchObject({
      verdict: 'attention',
      why: expect.stringContaining('the source is unavailable (not-found)'),
      lag: 0,
    });
    expect(refs(world)).toEqual({ 'refs/heads/main': commitsOf(world).get(node) });
  });

  it('is another repository in the place of the source', async () => {
    const world = createMirrorWorld();
    commit(world, 'a');
    await world.run();
    const before = refs(world);
    rmSync(world.source, { recursive: true });
    execFileSync('hg', ['init', world.source]);
    commit(world, 'z');
    expect(await world.run()).toMatchObject({
      verdict: 'attention',
      why: expect.stringContaining('another repository'),
    });
    expect(refs(world)).toEqual(before);
  });

  it('is not that the commits are lost: they are made again, the same', async () => {
    const world = createMirrorWorld();
    makeHistory(world.source, 3, 30);
    await world.run();
    const [before, commits] = [refs(world), commitsOf(world)];
    const folder = join(world.locations.data, 'mirrors', 'project');
    rmSync(join(folder, 'git', 'objects'), { recursive: true });
    mkdirSync(join(folder, 'git', 'objects'));
    expect(await world.run()).toMatchObject({ verdict: 'mirrored', exported: 30 });
    expect(commitsOf(world)).toEqual(commits);
    rmSync(folder, { recursive: true });
    expect(await world.run()).toMatchObject({ verdict: 'mirrored', exported: 30 });
    expect(refs(world)).toEqual(before);
  });
});
