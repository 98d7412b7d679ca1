import { appendFileSync, chmodSync, existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createHgWorld, type HgMachine, type HgWorld, hg } from '../support/hg-world.js';
import { needs } from '../support/needs.js';

let world: HgWorld;
let here: HgMachine;
let there: HgMachine;

beforeEach(() => {
  world = createHgWorld('here', 'there');
  [here, there] = world.machines as [HgMachine, HgMachine];
});
afterEach(() => world.remove());

/** Adds hooks to a repository's own configuration. */
const hooks = (top: string, lines: string): void => appendFileSync(join(top, '.hg/hgrc'), `\n[hooks]\n${lines}\n`);

/** What hooks that call `log` have written. */
const logFile = (): string => join(world.folder, 'log');
const log = (word: string): string => `echo ${word} >>${logFile()}`;
const logged = (): readonly string[] =>
  existsSync(logFile()) ? readFileSync(logFile(), 'utf8').split('\n').slice(0, -1) : [];

/** Every hook of hg's that is told of something, or comes before or after a command that we give. */
const TOLD = `commit changegroup incoming outgoing update txnclose txnclose-bookmark txnclose-phase txnabort pushkey
listkeys preoutgoing preupdate pretxnopen pretxnclose pretxnclose-bookmark pretxnclose-phase post-commit pre-addremove
post-addremove pre-pull post-pull pre-push post-push pre-status post-status pre-log post-log post-bookmark`.split(/\s/);

/** A program that says no, in the working tree, as anybody who can push may have put it there. */
function trackedProgram(path: string, text: string): void {
  there.write(path, text);
  chmodSync(join(there.top, path), 0o755);
}

describe.skipIf(!needs('hg'))("a person's hooks in hgrc", () => {
  it('that are told of a change are not run by our calls, whatever a run does', async () => {
    for (const { top } of world.machines) hooks(top, TOLD.map((name) => `${name}.mine = ${log(name)}`).join('\n'));
    there.write('theirs.txt', 'theirs\n');
    await there.run();
    here.write('mine.txt', 'mine\n');
    expect(await here.run()).toMatchObject({ verdict: 'synced', integrate: { kind: 'merged' } });
    expect(await there.run()).toMatchObject({ verdict: 'synced', integrate: { kind: 'fast-forwarded' } });
    expect(logged()).toEqual([]);
    there.write('by-hand.txt', 'by hand\n');
    there.commit('by hand');
    expect(logged()).toContain('commit');
  });

  it.each(['pre-commit', 'precommit', 'pretxncommit'])('are asked before a commit: %s', async (name) => {
    hooks(here.top, `${name}.mine = ${log('asked')}; echo not today >&2; exit 1`);
    here.write('a.txt', 'a\n');
    const why = expect.stringContaining('not today');
    expect(await here.run()).toMatchObject({ verdict: 'attention', commit: { kind: 'refused', why } });
    expect(logged()).toEqual(['asked']);
    expect(hg(world.hub, 'cat', '-r', here.savedAside(), 'a.txt')).toBe('a');
  });

  it.each(['prechangegroup', 'pretxnchangegroup'])('are asked before anything comes in: %s', async (name) => {
    hooks(here.top, `${name}.mine = echo not from there >&2; exit 1`);
    there.write('a.txt', 'a\n');
    await there.run();
    expect((await here.run()).verdict).not.toBe('synced');
    expect(here.has('a.txt')).toBe(false);
  });

  it("leave the hub's own in force, also one of the same name", async () => {
    hooks(here.top, 'changegroup.check = true\npretxnchangegroup.check = true');
    hooks(world.hub, `changegroup.check = ${log('hub')}\npretxnchangegroup.other = exit 1`);
    here.write('a.txt', 'a\n');
    expect(await here.run()).toMatchObject({ push: { kind: 'rejected', reason: 'hook' } });
    hooks(world.hub, 'pretxnchangegroup.other =');
    expect(await here.run()).toMatchObject({ verdict: 'synced' });
    expect(logged()).toEqual(['hub']);
  });
});

describe.skipIf(!needs('hg'))('a hook that is a program in the working tree', () => {
  const PYTHON = `def check(**_):\n    open(%, 'a').write('tracked\\n')\n    return True\n`;

  beforeEach(async () => {
    const file = JSON.stringify(logFile());
    trackedProgram('tools/check.sh', `#!/bin/sh\n${log('tracked')}\nexit 1\n`);
    trackedProgram('tools/check.py', PYTHON.replace('%', file));
    await there.run();
    await here.run();
    here.write('a.txt', 'a\n');
  });

  it('could have come with a push and is not run, however it is written', async () => {
    const commands = [
      'python:tools/check.py:check',
      `python:${here.top}/tools/check.py:check`,
      './tools/check.sh',
      'tools/check.sh --fast',
      'sh tools/check.sh',
      'LC_ALL=C /usr/bin/env sh -e ./tools/check.sh',
      'true && (exec tools/check.sh)',
      'if true; then ./tools/check.sh; fi',
      'timeout 60 ./tools/check.sh',
      'nice ./tools/check.sh',
      '"$(hg root)/tools/check.sh"',
      '`pwd`/tools/check.sh',
      '$PWD/tools/check.sh',
      '$HG_PENDING/tools/check.sh',
      '"$ELSEWHERE/tools/check.sh"',
      'cd tools && ./check.sh',
      'cd tools; for one in ./ch*; do $one; done',
      'PATH=./tools:$PATH check.sh',
      'PATH=:$PATH; tools/../tools/check.sh',
      'D=tools; $D/check.sh',
      'eval ./tools/check.sh',
      'sh -c "eval ./tools/che""ck.sh"',
      'cat tools/check.sh | sh',
      'echo ./tools/check.sh | sh',
      'echo check.sh | xargs -I@ sh ./tools/@',
      'sh < tools/check.sh',
      'true#; ./tools/check.sh',
      'test "$(./tools/check.sh)"',
      '$(echo ./tools/check.sh)',
      'busybox sh tools/check.sh',
      'run-parts tools',
      'python3 -m tools.check',
      './tools/check?sh',
      './too\\ls/check.sh',
    ];
    hooks(here.top, commands.map((command, n) => `precommit.${n} = ${command}`).join('\n'));
    expect(await here.run()).toMatchObject({ verdict: 'synced' });
    expect(logged()).toEqual([]);
    here.write('b.txt', 'b\n');
    expect(() => here.commit('by hand')).toThrow();
  });

  it.each(['./tools/check.sh', 'python:tools/check.py:check'])('is run with tracked-hooks: %s', async (command) => {
    hooks(here.top, `precommit.mine = ${command}`);
    expect(await here.run({ trackedHooks: true })).toMatchObject({ commit: { kind: 'refused' } });
    expect(logged()).toEqual(['tracked']);
  });

  it('could have come with a push, too, where it is a link that leads out of it', async () => {
    const outside = join(world.folder, 'outside.sh');
    writeFileSync(outside, `#!/bin/sh\n${log('outside')}\n`, { mode: 0o755 });
    symlinkSync(outside, join(there.top, 'tools', 'link.sh'));
    await there.run();
    await here.run();
    hooks(here.top, 'precommit.link = ./tools/link.sh');
    here.write('b.txt', 'b\n');
    expect(await here.run()).toMatchObject({ verdict: 'synced' });
    expect(logged()).toEqual([]);
  });

  it('is something else than one that lies elsewhere, or merely reads there', async () => {
    const elsewhere = join(world.folder, 'check');
    writeFileSync(elsewhere, `#!/bin/sh\n${log('elsewhere')}\n`, { mode: 0o755 });
    const commands = [
      `grep -q hello README.md && ${log('read')}`,
      `test "$(hg branch)" = default && ${log('branch')}`,
      `${elsewhere} --fast`,
      `timeout 60 sh -e ${elsewhere} | cat`,
      `hg log -r . -T '{node}' | sh ${elsewhere}`,
      `if hg status | grep -q a.txt; then ${log('status')}; else exit 1; fi`,
      `LIMIT=60 nice env ${elsewhere} $HG_PARENT1`,
    ];
    hooks(here.top, commands.map((command, n) => `precommit.${n} = ${command}`).join('\n'));
    expect(await here.run()).toMatchObject({ verdict: 'synced' });
    expect(logged()).toEqual(['read', 'branch', 'elsewhere', 'elsewhere', 'elsewhere', 'status', 'elsewhere']);
  });
});
