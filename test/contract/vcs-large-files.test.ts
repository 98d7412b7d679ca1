import { chmodSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createWorld, git, type Machine, type World } from '../support/world.js';

/** What a host says that takes no file above a limit (10,000 bytes here), in GitHub's words. */
const HOOK = `#!/bin/sh
while read -r old new ref; do
  git rev-list --objects "$new" --not --all | git cat-file --batch-check='%(objecttype) %(objectsize) %(rest)' |
  while read -r type size path; do
    if [ "$type" = blob ] && [ "$size" -gt 10000 ]; then
      echo "error: File $path is $size bytes; this exceeds the file size limit of 10000 bytes" >&2
      exit 1
    fi
  done || exit 1
done
`;

let world: World;
let laptop: Machine;

beforeEach(() => {
  world = createWorld('laptop');
  const [first] = world.machines;
  if (first === undefined) throw new Error('no machine');
  laptop = first;
  writeFileSync(join(world.hub, 'hooks', 'pre-receive'), HOOK);
  chmodSync(join(world.hub, 'hooks', 'pre-receive'), 0o755);
});

afterEach(() => world.remove());

describe('a file that is too large for the hub', () => {
  it('is left out, stays on the disk, and everything else goes on', async () => {
    laptop.write('big.bin', 'x'.repeat(20_000));
    laptop.write('small.md', 'small\n');
    const report = await laptop.run();
    expect(report).toMatchObject({ verdict: 'synced', quarantined: [{ path: 'big.bin', reason: 'too-large' }] });
    expect(laptop.read('big.bin')).toHaveLength(20_000);
    expect(laptop.git('ls-tree', '-r', '--name-only', 'origin/main')).toBe('README.md\nsmall.md');
    laptop.write('later.md', 'later\n');
    expect(await laptop.run()).toMatchObject({ verdict: 'synced', push: { kind: 'pushed' } });
    expect(laptop.git('rev-parse', 'HEAD')).toBe(world.hubHead());
  });

  it('does not wedge the snapshots that were made while the hub was out of reach; they stay under a pin', async () => {
    laptop.git('remote', 'set-url', 'origin', 'git://127.0.0.1:1/x');
    laptop.write('big.bin', 'x'.repeat(20_000));
    await laptop.run();
    laptop.write('one.md', 'one\n');
    await laptop.run();
    const before = laptop.git('rev-parse', 'HEAD');
    laptop.git('remote', 'set-url', 'origin', world.hub);
    expect(await laptop.run()).toMatchObject({ verdict: 'synced', quarantined: [{ path: 'big.bin' }] });
    expect(laptop.git('ls-tree', '-r', '--name-only', 'origin/main')).toBe('README.md\none.md');
    expect(laptop.git('for-each-ref', '--format=%(objectname)', 'refs/autosync/pin')).toContain(before);
    expect(laptop.read('big.bin')).toHaveLength(20_000);
  });

  it('that was small at the hub keeps its version there, and the large one stays here', async () => {
    laptop.write('grows.bin', 'small\n');
    await laptop.run();
    laptop.write('grows.bin', 'x'.repeat(20_000));
    laptop.write('other.md', 'other\n');
    expect(await laptop.run()).toMatchObject({ verdict: 'synced', quarantined: [{ path: 'grows.bin' }] });
    expect(laptop.git('show', 'origin/main:grows.bin')).toBe('small');
    expect(laptop.read('grows.bin')).toHaveLength(20_000);
  });

  it('is sent a month later, when the hub has come to take more', async () => {
    laptop.write('big.bin', 'x'.repeat(20_000));
    await laptop.run();
    writeFileSync(join(world.hub, 'hooks', 'pre-receive'), '#!/bin/sh\nexit 0\n');
    expect(await laptop.run()).toMatchObject({ verdict: 'synced', quarantined: [{ path: 'big.bin' }] });
    const monthAgo = Date.now() / 1000 - 31 * 86_400;
    utimesSync(join(laptop.top, '.git/autosync/host-limit'), monthAgo, monthAgo);
    expect(await laptop.run()).toMatchObject({ verdict: 'synced', quarantined: [], push: { kind: 'pushed' } });
    expect(laptop.git('ls-tree', '-r', '--name-only', 'origin/main')).toContain('big.bin');
  });

  it.each(['a', 'notes.txt'])('is never guessed from words that name none: small files go on (%s)', async (name) => {
    const words = 'a push exceeds the size limit of your plan';
    writeFileSync(join(world.hub, 'hooks', 'pre-receive'), `#!/bin/sh\necho "${words}" >&2\nexit 1\n`);
    laptop.write(name, 'small\n');
    const report = await laptop.run();
    expect(report).toMatchObject({ verdict: 'attention', push: { kind: 'rejected', reason: 'too-large' } });
    expect(report.quarantined).toEqual([]);
    writeFileSync(join(world.hub, 'hooks', 'pre-receive'), '#!/bin/sh\nexit 0\n');
    laptop.write('later.md', 'later\n');
    expect(await laptop.run()).toMatchObject({ verdict: 'synced', quarantined: [], push: { kind: 'pushed' } });
  });

  it('in a commit made by hand is never rewritten: the person is told', async () => {
    laptop.write('big.bin', 'x'.repeat(20_000));
    laptop.git('add', '.');
    laptop.git('commit', '-q', '-m', 'by hand');
    const before = laptop.git('rev-parse', 'HEAD');
    const report = await laptop.run();
    expect(report).toMatchObject({ verdict: 'attention', push: { kind: 'rejected', reason: 'too-large' } });
    expect(report.why).toContain('big.bin');
    expect(laptop.git('rev-parse', 'HEAD')).toBe(before);
  });

  it('is left out of a branch that is new to the hub, which still begins where it began', async () => {
    const start = laptop.git('rev-parse', 'HEAD');
    laptop.git('switch', '-q', '-c', 'topic');
    laptop.write('small.md', 'small\n');
    laptop.write('big.bin', 'x'.repeat(20_000));
    expect(await laptop.run()).toMatchObject({
      verdict: 'synced',
      quarantined: [{ path: 'big.bin' }],
      push: { kind: 'pushed', commits: 1 },
    });
    expect(laptop.git('rev-parse', 'topic^')).toBe(start);
    expect(laptop.git('ls-tree', '-r', '--name-only', 'origin/topic')).toBe('README.md\nsmall.md');
  });

  it('is left out, and the branch goes on from where it stood, when nothing is brought in', async () => {
    for (const n of [1, 2]) {
      laptop.write('a.md', `${n}\n`);
      await laptop.run();
    }
    const start = laptop.git('rev-parse', 'HEAD');
    laptop.write('small.md', 'small\n');
    laptop.write('big.bin', 'x'.repeat(20_000));
    expect(await laptop.run({}, { pull: false })).toMatchObject({ push: { kind: 'pushed', commits: 1 } });
    expect(laptop.git('rev-parse', 'HEAD^')).toBe(start);
    expect(await laptop.run()).toMatchObject({ verdict: 'synced' });
  });

  it('is left out of a merge, whose parents stay what others have', async () => {
    const theirs = laptop.git('commit-tree', '-p', 'HEAD', '-m', 'there', 'HEAD^{tree}');
    laptop.git('push', '-q', 'origin', `${theirs}:refs/heads/other`);
    laptop.write('big.bin', 'x'.repeat(20_000));
    laptop.write('small.md', 'small\n');
    await laptop.run({}, { push: false });
    git(world.hub, 'update-ref', 'refs/heads/main', theirs);
    expect(await laptop.run()).toMatchObject({ verdict: 'synced', quarantined: [{ path: 'big.bin' }] });
    expect(laptop.git('rev-parse', 'HEAD^@')).toBe(theirs);
    expect(laptop.git('ls-tree', '-r', '--name-only', 'HEAD')).toBe('README.md\nsmall.md');
  });

  it.each([
    ['that is no text', Buffer.from('gro\xdf.bin', 'latin1')],
    ['that looks like two', Buffer.from('notes\nbackup.bin')],
  ])('is left out with a name %s, and no other file with it', async (_what, name) => {
    writeFileSync(
      join(world.hub, 'hooks', 'pre-receive'),
      HOOK.replace('File $path is $size bytes', 'a file is too large'),
    );
    laptop.write('notes', 'small\n');
    writeFileSync(Buffer.concat([Buffer.from(`${laptop.top}/`), name]), Buffer.alloc(1_200_000, 'x'));
    expect(await laptop.run()).toMatchObject({ verdict: 'synced', quarantined: [{ reason: 'too-large' }] });
    expect(laptop.git('ls-tree', '-r', '--name-only', 'origin/main')).toBe('README.md\nnotes');
  });

  it('is never left out at the price of words that a person has written', async () => {
    laptop.write('big.bin', 'x'.repeat(20_000));
    await laptop.run({}, { push: false });
    const words = laptop.git('log', '-1', '--format=%B');
    laptop.git('commit', '-q', '--amend', '-m', `My own words\n\n${words}`);
    const before = laptop.git('rev-parse', 'HEAD');
    expect(await laptop.run()).toMatchObject({ verdict: 'attention', push: { kind: 'rejected', reason: 'too-large' } });
    expect(laptop.git('rev-parse', 'HEAD')).toBe(before);
  });
});
