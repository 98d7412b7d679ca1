import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { lstatIfPresent } from '../../src/system/files.js';
import { encodePath } from '../../src/system/path-bytes.js';
import type { Action } from '../support/cut.js';
import { contentOf, performFileOp, somethingAt } from './file-ops.js';
import { performGitOp, stagedAt } from './git-ops.js';
import { ask, type Replica } from './model-world.js';
import type { Cut, DeedOp, FileOp, GitOp, RunOp } from './op.js';
import { broken, note, type Play } from './play.js';
import { expectUndisturbed, lookBefore, wholeState } from './promises.js';
import { tokensAt, tokensIn } from './tokens.js';

type Of<K extends RunOp['kind']> = Extract<RunOp, { kind: K }>;

/** Makes a run and lets befall it what the step says; tells whether that happened. */
export async function performRunOp(play: Play, replica: Replica, op: RunOp): Promise<boolean> {
  switch (op.kind) {
    case 'run':
      await runAlone(play, replica, op.trigger);
      return true;
    case 'twice':
      await runTogether(play, [replica, replica]);
      return true;
    case 'meanwhile':
      return await runWhileActing(play, replica, op);
    case 'cut':
      return await runAndCut(play, replica, op);
    case 'save':
      return await runWhileSaving(play, replica, op);
  }
}

/** Makes a run beside which nothing goes on, and holds it to everything that it says. */
export async function runAlone(
  play: Play,
  replica: Replica,
  trigger: 'manual' | 'scheduler' = 'manual',
): Promise<void> {
  const before = await lookBefore(replica);
  const report = await play.engine.run({ ...replica, trigger });
  note(play, replica, report);
  if (report.verdict === 'failed') broken('P7', `an undisturbed run of ${replica.name} failed: ${report.why}`);
  await expectUndisturbed(play, replica, { before, report });
}

/**
 * Asks autosync to take back, bring back or resolve something, and holds the run after it to what any run is held to. It
 * may be refused, where nothing was changed then. What it takes out of the files must be in the history for good.
 */
export async function performDeed(play: Play, replica: Replica, op: DeedOp): Promise<boolean> {
  const before = await lookBefore(replica);
  const stood = await wholeState(replica);
  const held = tokensAt(replica.top, '');
  const deed = op.kind === 'restore' ? { ...op, id: await earlier(replica, op.back) } : op;
  const result = await play.engine.doDeed(replica, deed);
  if ('refused' in result) {
    play.log.push(`${replica.name}: refused: ${result.refused}`);
    if (before.busy !== undefined && (await wholeState(replica)) !== stood) {
      broken('P6', `'${op.kind}' changed something in ${replica.name}'s ${before.busy}`);
    }
    return false;
  }
  const { report } = result;
  const holds = new Set(tokensAt(replica.top, ''));
  play.tokens.setAside(held.filter((token) => !holds.has(token)));
  note(play, replica, report);
  if (report.verdict === 'failed') broken('P7', `the run after '${op.kind}' on ${replica.name} failed: ${report.why}`);
  await expectUndisturbed(play, replica, { before, report });
  return true;
}

/** Returns the commit that stands so many before the branch's tip, or the first there is. */
async function earlier({ top }: Replica, back: number): Promise<string> {
  const ids = (await ask(top, 'rev-list', '--first-parent', `--max-count=${back + 1}`, 'HEAD')).split('\n');
  return ids.at(-1) ?? '';
}

/** Makes runs at the same moment. */
export async function runTogether(play: Play, replicas: readonly Replica[]): Promise<void> {
  await Promise.all(
    replicas.map(async (replica) => {
      const report = await play.engine.run({ ...replica, trigger: 'manual' });
      note(play, replica, report);
      if (report.verdict === 'failed') broken('P7', `a run of ${replica.name} beside others failed: ${report.why}`);
    }),
  );
}

/** Does something of a person's just before the n-th program that a run starts. */
async function runWhileActing(play: Play, replica: Replica, { nth, act }: Of<'meanwhile'>): Promise<boolean> {
  let programs = 0;
  let applied = false;
  let staged = '';
  let name = '';
  const report = await play.engine.run({ ...replica, trigger: 'manual' }, async () => {
    programs += 1;
    if (programs !== nth) return;
    name = 'path' in act ? somethingAt(replica.top, act.path) : '';
    applied = await performAct(play, replica, act);
    if (applied && act.kind === 'compose') staged = await stagedAt(replica.top, name);
  });
  if (staged !== '' && (await stagedAt(replica.top, name)) !== staged) {
    broken('P6', `a run took back what ${replica.name} had staged meanwhile of '${name}'`);
  }
  note(play, replica, report);
  if (report.verdict === 'failed') broken('P7', `a run of ${replica.name} failed over '${act.kind}': ${report.why}`);
  return applied;
}

/** Does something of a person's at his machine. */
export async function performAct(play: Play, replica: Replica, act: FileOp | GitOp): Promise<boolean> {
  switch (act.kind) {
    case 'commit':
    case 'stage':
    case 'compose':
    case 'start':
    case 'finish':
      return await performByHand(play, replica, act);
    default:
      return performFileOp({ top: replica.top, tokens: play.tokens }, act);
  }
}

async function performByHand(play: Play, replica: Replica, act: GitOp): Promise<boolean> {
  const applied = await performGitOp(play.world, replica, act, play.tokens);
  if (applied && act.kind === 'commit') play.commits.push(await ask(replica.top, 'rev-parse', 'HEAD'));
  return applied;
}

const ACTIONS: Readonly<Record<Cut, Action>> = {
  kill: { kind: 'kill' },
  'kill-after': { kind: 'kill-after' },
  ENOSPC: { kind: 'error', error: 'ENOSPC', sticky: true },
  EIO: { kind: 'error', error: 'EIO', sticky: false },
};

/** Kills a run with all of its programs, or lets the disk fail it, at its n-th call that changes the file system. */
async function runAndCut(play: Play, replica: Replica, { how, nth }: Of<'cut'>): Promise<boolean> {
  const { world } = play;
  const cut = { below: world.folder, action: ACTIONS[how], at: nth };
  const { happened, report, err } = await play.engine.runCut({ ...replica, trigger: 'manual' }, cut);
  const dies = how === 'kill' || how === 'kill-after';
  if (report === undefined && !(dies && happened > 0)) broken('P7', `a run of ${replica.name} said nothing: ${err}`);
  note(play, replica, report);
  // The hub is another machine: nobody kills what runs there, so it is not autosync that takes its locks away.
  removeLocks(world.hub);
  return happened > 0;
}

function removeLocks(folder: string): void {
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile() && entry.name.endsWith('.lock')) rmSync(join(entry.parentPath, entry.name));
  }
}

let saves = 0;

/** Lets a person save a file at the n-th call of a run that changes the file system. */
async function runWhileSaving(play: Play, replica: Replica, op: Of<'save'>): Promise<boolean> {
  const { world, tokens } = play;
  const name = somethingAt(replica.top, op.path);
  const path = join(replica.top, name);
  if (lstatIfPresent(path)?.isFile() !== true) return false;
  saves += 1;
  const folder = join(world.folder, `save-${saves}`);
  const token = tokens.next();
  const opened = tokensAt(replica.top, name);
  mkdirSync(folder);
  writeFileSync(join(folder, 'content'), op.how === 'append' ? `late ${token}\n` : contentOf('text', token));
  writeFileSync(join(folder, 'save.sh'), script(folder, path, op.how));
  const held = op.how === 'append' ? { held: path } : {};
  const action = {
    kind: 'save',
    command: `sh '${join(folder, 'save.sh')}' 2>'${join(folder, 'err')}'`,
    ...held,
  } as const;
  const result = await play.engine.runCut(
    { ...replica, trigger: 'manual' },
    { below: world.folder, action, at: op.nth },
  );
  note(play, replica, result.report);
  if (result.report === undefined) broken('P7', `a run of ${replica.name} said nothing: ${result.err}`);
  if (result.report.verdict === 'failed') broken('P7', `a run failed over a save: ${result.report.why}`);
  if (!existsSync(join(folder, 'saved'))) return false;
  tokens.saved(token);
  if (op.how !== 'append') tokens.overwritten([...opened, ...tokensIn(readIfThere(join(folder, 'before')))]);
  return true;
}

const readIfThere = (file: string): Buffer => (existsSync(file) ? readFileSync(file) : Buffer.alloc(0));

/** A save as a shell script: into the file itself, to a descriptor that was opened before, or by renaming. */
function script(folder: string, path: string, how: Of<'save'>['how']): Buffer {
  const quoted = Buffer.concat([Buffer.from("p='"), encodePath(path.replaceAll("'", "'\\''")), Buffer.from("'\n")]);
  const write = {
    write: 'cat content > "$p"',
    append: 'cat content >&4',
    replace: 'cat content > "$p.new~" && mv -f "$p.new~" "$p"',
  }[how];
  const steps = [
    `cd '${folder}' || exit`,
    '[ -d "$p" ] && exit',
    '[ -f "$p" ] && cat "$p" > before',
    `${write} && : > saved`,
  ];
  return Buffer.concat([quoted, Buffer.from(steps.join('\n'))]);
}
