import { bundledScript } from './compiled.js';

const SCRIPT = `
import { commitMessages } from './src/engine/commit-message.js';
import { tick } from './src/engine/tick.js';
import { systemClock as clock } from './src/system/clock.js';
import { hg } from './src/vcs/hg/index.js';
const settings = JSON.parse(process.argv[3]);
const { now, sleep } = clock;
const opened = await hg.open(process.argv[2], { settings, messages: commitMessages(settings), now, sleep });
const options = { trigger: 'manual', pull: true, push: true, dryRun: false, allowDeletions: false, stillChanging: {} };
const report = await tick({ ...options, tree: opened.tree, settings, clock, random: Math.random });
process.stdout.write(report.verdict);
`;

let program: string | undefined;

/** Returns a program that makes one run in a working tree of hg's: its path and the settings are its arguments. */
export function runHgProgram(): string {
  program ??= bundledScript(SCRIPT);
  return program;
}
