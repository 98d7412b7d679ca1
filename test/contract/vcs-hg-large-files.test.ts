import { chmodSync, existsSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createHgWorld, type HgMachine, type HgWorld, hg, hgMachineAt } from '../support/hg-world.js';
import { needs } from '../support/needs.js';
import { expectConverged } from '../support/oracles.js';

/** What a host says that takes no file above a limit (10,000 bytes here). */
const HOOK = `#!/bin/sh
for id in $(hg log -r "$HG_NODE:" -T '{node} '); do
  large=$(hg files -r "$id" 'set:size(">10000")' | head -n 1)
  [ -n "$large" ] || continue
  echo "File $large is too large: this exceeds the file size limit of 10000 bytes" >&2
  exit 1
done
`;

let world: HgWorld;
let laptop: HgMachine;
let desk: HgMachine;

const hubTakes = (text: string): void => {
  const script = join(world.folder, 'hub-hook');
  writeFileSync(script, text);
  chmodSync(script, 0o755);
  writeFileSync(join(world.hub, '.hg/hgrc'), `[hooks]\npretxnchangegroup.size = ${script}\n`);
};

const TAKES_ALL = '#!/bin/sh\nexit 0\n';

const hubFiles = (branch = 'default'): string => hg(world.hub, 'files', '-r', branch);

const big = 'x'.repeat(20_000);

beforeEach(() => {
  world = createHgWorld('laptop', 'desk');
  [laptop, desk] = world.machines as [HgMachine, HgMachine];
  hubTakes(HOOK);
});
afterEach(() => world.remove());

/** What was rebuilt leaves one head that is sent, nothing that is not, and a history that is whole. */
function expectSent(): void {
  expect(laptop.hg('log', '-r', '.', '-T', '{node} {phase}')).toBe(`${world.hubHead()} public`);
  expect(laptop.hg('log', '-r', 'draft()', '-T', '{node}')).toBe('');
  expect(existsSync(join(laptop.top, '.hg/autosync/unplaced.json'))).toBe(false);
  laptop.hg('verify', '-q');
}

describe.skipIf(!needs('hg'))('a file that is too large for the hub of hg', () => {
  it('is left out, stays on the disk, and everything else goes on', async () => {
    laptop.write('big.bin', big);
    laptop.write('small.md', 'small\n');
    const report = await laptop.run();
    expect(report).toMatchObject({
      verdict: 'synced',
      push: { kind: 'pushed', commits: 1 },
      quarantined: [{ path: 'big.bin', reason: 'too-large' }],
    });
    expect(laptop.read('big.bin')).toBe(big);
    expect(hubFiles()).toBe('README.md\nsmall.md');
    expectSent();
    expect(laptop.hg('status', '-A')).toBe('? big.bin\nC README.md\nC small.md');
    expect(laptop.hg('log', '-r', '.', '-T', '{desc|firstline}')).toBe('Added small.md');
    laptop.write('later.md', 'later\n');
    expect(await laptop.run()).toMatchObject({
      verdict: 'synced',
      push: { kind: 'pushed' },
      quarantined: [{ path: 'big.bin', reason: 'too-large' }],
    });
    await desk.run({ machine: 'desk' });
    expect([desk.read('later.md'), existsSync(join(desk.top, 'big.bin'))]).toEqual(['later\n', false]);
  });

  it('does not wedge the snapshots that were made while the hub was out of reach; they stay, secret', async () => {
    writeFileSync(join(laptop.top, '.hg/hgrc'), '[paths]\ndefault = http://127.0.0.1:1/\n');
    laptop.write('big.bin', big);
    laptop.write('old.md', 'old\n');
    await laptop.run();
    laptop.write('one.md', 'one\n');
    laptop.write('README.md', 'changed\n');
    await laptop.run();
    const before = laptop.hg('log', '-r', '.', '-T', '{node}');
    writeFileSync(join(laptop.top, '.hg/hgrc'), `[paths]\ndefault = ${world.hub}\n`);
    expect(await laptop.run()).toMatchObject({ verdict: 'synced', push: { kind: 'pushed', commits: 1 } });
    expect(hubFiles()).toBe('README.md\nold.md\none.md');
    expect(laptop.hg('log', '-r', before, '-T', '{phase}')).toBe('secret');
    expect(laptop.hg('cat', '-r', before, 'big.bin')).toBe(big);
    expect(laptop.read('big.bin')).toBe(big);
    expectSent();
  });

  it('that was small at the hub keeps its version there, and the large one stays here', async () => {
    laptop.write('grows.bin', 'small\n');
    await laptop.run();
    laptop.write('grows.bin', big);
    laptop.write('other.md', 'other\n');
    expect(await laptop.run()).toMatchObject({ verdict: 'synced' });
    expect(hg(world.hub, 'cat', '-r', 'default', 'grows.bin')).toBe('small');
    expect(laptop.read('grows.bin')).toBe(big);
    expectSent();
    expect(await laptop.run()).toMatchObject({ verdict: 'synced', quarantined: [{ path: 'grows.bin' }] });
  });

  it('is all there is: the branch goes back to where the hub has it', async () => {
    const start = laptop.hg('log', '-r', '.', '-T', '{node}');
    laptop.write('big.bin', big);
    expect(await laptop.run()).toMatchObject({ verdict: 'synced' });
    expect(laptop.hg('log', '-r', '.', '-T', '{node}')).toBe(start);
    expectSent();
    laptop.write('later.md', 'later\n');
    expect(await laptop.run()).toMatchObject({ verdict: 'synced', push: { kind: 'pushed', commits: 1 } });
    expectSent();
  });

  it('is in the first commit of all that an empty hub gets', async () => {
    const hub = join(world.folder, 'empty-hub');
    const notes = join(world.folder, 'empty-notes');
    hg(world.folder, 'init', hub);
    writeFileSync(join(hub, '.hg/hgrc'), readFileSync(join(world.hub, '.hg/hgrc')));
    hg(world.folder, 'clone', '-q', hub, notes);
    const fresh = hgMachineAt(notes, 'laptop');
    fresh.write('big.bin', big);
    fresh.write('small.md', 'small\n');
    expect(await fresh.run()).toMatchObject({ verdict: 'synced', push: { kind: 'pushed', commits: 1 } });
    expect(hg(hub, 'files', '-r', 'tip')).toBe('small.md');
    expect(fresh.hg('status', '-A')).toBe('? big.bin\nC small.md');
    expect(fresh.hg('log', '-r', 'draft()', '-T', '{node}')).toBe('');
  });

  it('is sent a month later, when the hub has come to take more', async () => {
    laptop.write('big.bin', big);
    laptop.write('small.md', 'small\n');
    await laptop.run();
    hubTakes(TAKES_ALL);
    expect(await laptop.run()).toMatchObject({ verdict: 'synced', quarantined: [{ path: 'big.bin' }] });
    const monthAgo = Date.now() / 1000 - 31 * 86_400;
    utimesSync(join(laptop.top, '.hg/autosync/host-limit'), monthAgo, monthAgo);
    expect(await laptop.run()).toMatchObject({ verdict: 'synced', quarantined: [], push: { kind: 'pushed' } });
    expect(hubFiles()).toContain('big.bin');
  });

  it('is left out of a merge, whose parents stay what others have', async () => {
    desk.write('theirs.md', 'theirs\n');
    await desk.run({ machine: 'desk' });
    const theirs = world.hubHead();
    laptop.write('big.bin', big);
    laptop.write('small.md', 'small\n');
    expect(await laptop.run()).toMatchObject({ verdict: 'synced' });
    expect(laptop.hg('log', '-r', 'parents(.)', '-T', '{node}')).toBe(theirs);
    expect(hubFiles()).toBe('README.md\nsmall.md\ntheirs.md');
    expectSent();
    await desk.run({ machine: 'desk' });
    await expectConverged({ ...world, machines: [desk] }, { tokens: ['small', 'theirs'] });
  });

  it('is left out where an ignored file, a rename and a bookmark go along', async () => {
    laptop.write('before.md', 'a text that is long enough to be known again\n');
    laptop.write('.hgignore', 'syntax: glob\n*.log\n');
    await laptop.run();
    laptop.hg('bookmark', 'mine');
    laptop.write('kept.log', 'added by name\n');
    laptop.hg('add', 'kept.log');
    laptop.hg('mv', 'before.md', 'after.md');
    laptop.write('big.bin', big);
    expect(await laptop.run()).toMatchObject({ verdict: 'synced' });
    expect(hubFiles()).toBe('.hgignore\nREADME.md\nafter.md\nkept.log');
    expect(laptop.hg('log', '-r', '.', '-T', '{file_copies}')).toContain('after.md (before.md)');
    expect(laptop.hg('log', '-r', 'mine', '-T', '{node}')).toBe(world.hubHead());
    expect(laptop.hg('status', '-mard')).toBe('');
    expectSent();
  });

  it('is left out for good where a run was killed before the old snapshots were secret', async () => {
    const parent = laptop.hg('log', '-r', '.', '-T', '{node}');
    laptop.write('big.bin', big);
    laptop.write('small.md', 'small\n');
    await laptop.run();
    const old = laptop.hg('log', '-r', 'secret()', '-T', '{node}');
    const [by = '', message = ''] = laptop.hg('log', '-r', '.', '-T', '{node}\\0{desc}').split('\0');
    laptop.hg('phase', '--force', '--draft', '-r', old);
    const left = JSON.stringify({ parent, message, instead: { old, by } });
    writeFileSync(join(laptop.top, '.hg/autosync/unplaced.json'), left);
    expect(await laptop.run()).toMatchObject({ verdict: 'synced' });
    expect(laptop.hg('log', '-r', old, '-T', '{phase}')).toBe('secret');
    expectSent();
  });

  it('is still in the snapshots where a run was killed before others had their place', async () => {
    const parent = laptop.hg('log', '-r', '.', '-T', '{node}');
    laptop.write('big.bin', big);
    laptop.write('small.md', 'small\n');
    await laptop.run({}, { push: false });
    const old = laptop.hg('log', '-r', '.', '-T', '{node}');
    const share = join(world.folder, 'share');
    hg(world.folder, '--config', 'extensions.share=', 'share', '-q', laptop.top, share);
    hg(share, 'update', '-q', '-r', parent);
    writeFileSync(join(share, 'small.md'), 'small\n');
    hg(share, 'commit', '-q', '-A', '-m', 'Added small.md');
    const by = hg(share, 'log', '-r', '.', '-T', '{node}');
    const left = JSON.stringify({ parent, message: 'Added small.md', instead: { old, by } });
    writeFileSync(join(laptop.top, '.hg/autosync/unplaced.json'), left);
    await laptop.run({}, { push: false });
    expect(laptop.hg('log', '-r', '.', '-T', '{node} {phase}')).toBe(`${old} draft`);
    expect(laptop.hg('log', '-r', `${parent}::`, '-T', '{node}\\n')).toBe(`${parent}\n${old}`);
  });

  it('is left out of a branch that is new to a hub where nothing becomes public, and which begins where it began', async () => {
    writeFileSync(join(world.hub, '.hg/hgrc'), `${readFileSync(join(world.hub, '.hg/hgrc'))}[phases]\npublish = no\n`);
    laptop.write('one.md', 'one\n');
    await laptop.run();
    const start = laptop.hg('log', '-r', '.', '-T', '{node}');
    laptop.hg('branch', '-q', 'topic');
    laptop.write('small.md', 'small\n');
    laptop.write('big.bin', big);
    expect(await laptop.run()).toMatchObject({ verdict: 'synced', branch: 'topic', push: { kind: 'pushed' } });
    expect(laptop.hg('log', '-r', 'parents(.)', '-T', '{node} {phase}')).toBe(`${start} draft`);
    expect(hubFiles('topic')).toBe('README.md\none.md\nsmall.md');
  });

  it('in a commit made by hand is never rewritten: the person is told', async () => {
    laptop.write('big.bin', big);
    laptop.hg('commit', '-A', '-m', 'by hand');
    const before = laptop.hg('log', '-r', '.', '-T', '{node}');
    const report = await laptop.run();
    expect(report).toMatchObject({ verdict: 'attention', push: { kind: 'rejected', reason: 'too-large' } });
    expect(report.why).toContain('big.bin');
    expect(report.push).not.toHaveProperty('words');
    expect(laptop.hg('log', '-r', '.', '-T', '{node} {phase}')).toBe(`${before} draft`);
  });

  it('is never left out at the price of words that a person has written', async () => {
    laptop.write('big.bin', big);
    await laptop.run({}, { push: false });
    const words = laptop.hg('log', '-r', '.', '-T', '{desc}');
    laptop.hg('commit', '--amend', '-m', `My own words\n\n${words}`);
    const before = laptop.hg('log', '-r', '.', '-T', '{node}');
    expect(await laptop.run()).toMatchObject({ verdict: 'attention', push: { kind: 'rejected', reason: 'too-large' } });
    expect(laptop.hg('log', '-r', '.', '-T', '{node}')).toBe(before);
  });

  it('is never guessed from words that name none: small files go on', async () => {
    hubTakes('#!/bin/sh\necho "a push exceeds the size limit of your plan" >&2\nexit 1\n');
    laptop.write('a', 'small\n');
    const report = await laptop.run();
    expect(report).toMatchObject({ verdict: 'attention', push: { kind: 'rejected', reason: 'too-large' } });
    hubTakes(TAKES_ALL);
    expect(await laptop.run()).toMatchObject({ verdict: 'synced', quarantined: [], push: { kind: 'pushed' } });
  });
});
