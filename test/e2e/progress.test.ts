import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findProgram } from '../../scripts/steps/programs.js';
import { createHome, type Home, PROGRAM } from '../support/cli.js';
import type { Desk } from '../support/desk.js';
import { needs } from '../support/needs.js';
import { openTerminal } from '../support/terminal.js';
import { HARNESSES } from '../support/vcs-harness.js';
import type { World } from '../support/world.js';

/** More than one portion of what is staged at a time. */
const MANY = 2_100;

/** Every character that moves the cursor or clears something, as progress does. */
const DRAWN = new RegExp(`[\\r${String.fromCharCode(27)}]|\\d+/\\d+|\\d+%`);

/** Returns a home whose git takes files no quicker than an installation looks at how far that is. */
function newHome(): Home {
  const folder = mkdtempSync(join(tmpdir(), 'home-'));
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  const slowly = `case "$*" in *'update-index --add --remove'*) sleep 0.5 ;; esac`;
  writeFileSync(join(bin, 'git'), `#!/bin/sh\n${slowly}\nexec '${findProgram('git')}' "$@"\n`, { mode: 0o755 });
  return createHome(folder, 'laptop', `${bin}${delimiter}${process.env['PATH']}`);
}

function fill(machine: Desk, from: number): void {
  for (let at = 0; at < MANY; at += 1) machine.write(`folder ${at % 50}/file ${from + at}.md`, `${from + at}\n`);
}

/** Runs the program in a terminal, whose whole output goes through `cat -v`, and returns it. */
async function drawnBy(home: Home, cwd: string, ...words: readonly string[]): Promise<string> {
  const log = join(home.folder, `terminal-${words.join('-').replaceAll(/\W/g, '')}.txt`);
  const line = `'${process.execPath}' '${PROGRAM}' ${words.join(' ')}; echo "ended with $?"; sleep 60`;
  const terminal = openTerminal(['sh', '-c', `script -qefc ${quoted(line)} '${log}'`], home.env, cwd);
  try {
    await terminal.shows('ended with 0', 400_000);
    return readFileSync(log, 'utf8');
  } finally {
    terminal.end();
  }
}

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

describe.each(HARNESSES.filter(({ name }) => needs(name)))('progress, with $name', (vcs) => {
  it.skipIf(!(needs('tmux') && needs('script')))('is drawn on a terminal, and nowhere else', async () => {
    const world: World<Desk> = vcs.createWorld('laptop');
    const [machine] = world.machines;
    if (machine === undefined) throw new Error('no machine');
    const home = newHome();
    fill(machine, 0);
    const drawn = await drawnBy(home, machine.top, 'snapshot');
    expect(drawn).toMatch(vcs.name === 'git' ? /taking 2000\/2100 files/ : /files +\d+\/2100/);
    expect(drawn).toContain('synced');

    fill(machine, MANY);
    const installed = await drawnBy(home, machine.top, 'install', '.', '--scheduler', 'none', '--no-hooks');
    expect(installed).toMatch(vcs.name === 'git' ? /taking \d+\/2100 files/ : /files +\d+\/2100/);
    expect(existsSync(join(home.folder, '.local/state/autosync/progress'))).toBe(false);

    fill(machine, 2 * MANY);
    const json = await drawnBy(home, machine.top, 'snapshot', '--json');
    expect(json.replaceAll('\r\n', '\n').split('\n').slice(1).join('\n').split('ended with')[0]).not.toMatch(DRAWN);

    expect(home.autosync('clone', world.hub, 'clone here', '--scheduler', 'none', '--no-hooks').err).not.toMatch(DRAWN);
    world.remove();
  });
});
