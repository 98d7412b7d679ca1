import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { RepoReport } from '../../src/model/report.js';
import { bundledScript } from './compiled.js';
import type { Desk } from './desk.js';
import type { World } from './world.js';

const SCRIPT = `
import { commitMessages } from './src/engine/commit-message.js';
import { tick } from './src/engine/tick.js';
import { systemClock as clock } from './src/system/clock.js';
import { git } from './src/vcs/git/index.js';
import { hg } from './src/vcs/hg/index.js';

const settings = JSON.parse(process.argv[3]);
const { now, sleep } = clock;
const opened = await { git, hg }[process.argv[4]].open(process.argv[2], { settings, messages: commitMessages(settings), now, sleep });
const options = { trigger: 'manual', pull: true, push: true, dryRun: false, allowDeletions: false, stillChanging: {} };
const report = await tick({ ...options, tree: opened.tree, settings, clock, random: Math.random });
process.stdout.write(JSON.stringify(report));
`;

let program: string | undefined;

/**
 * Runs a machine in a process of its own, as a user that has no rights but those to the world, which becomes his: root
 * may read everything, so what an ordinary person meets has to be met as one.
 */
export function runAsNobody(world: World<Desk>, machine: Desk): RepoReport {
  program ??= bundledScript(SCRIPT);
  const home = mkdtempSync(join(tmpdir(), 'nobody-'));
  mkdirSync(join(home, '.config'));
  const uid = Number(execFileSync('id', ['-u', 'nobody'], { encoding: 'utf8' }));
  for (const folder of [world.folder, home]) execFileSync('chown', ['-R', 'nobody', folder]);
  for (let above = dirname(world.folder); above !== dirname(above) && above !== '/tmp'; above = dirname(above)) {
    chmodSync(above, 0o711);
  }
  execFileSync('chmod', ['-R', 'go+rX', dirname(program)]);
  const env = { HOME: home, PATH: process.env['PATH'] ?? '', GIT_CONFIG_NOSYSTEM: '1', HGRCPATH: '' };
  const args = [program, machine.top, JSON.stringify(machine.settings), machine.vcs];
  return JSON.parse(execFileSync(process.execPath, args, { cwd: home, env, uid, encoding: 'utf8' })) as RepoReport;
}
