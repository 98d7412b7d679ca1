import type { Argv } from 'yargs';
import { changeFiles, doAndPublish, inRepository } from '../engine/deed.js';
import { chooseRuns, planUndo, type UndoPlan, type Which } from '../engine/undo.js';
import { exitCode } from '../engine/verdict.js';
import { AutosyncError } from '../model/errors.js';
import { EXIT, type ExitCode } from '../model/exit-codes.js';
import { type Run, readRuns } from '../store/runs.js';
import { printable } from '../system/printable.js';
import { foreign, say, sayJson } from '../system/terminal.js';
import type { WorkingTree } from '../vcs/vcs.js';
import { type Arguments, type Command, isOn, textOf, withJson } from './command.js';
import { describeReport, firstLine, shownId, shownTime, table } from './render.js';
import { runTargets } from './targets.js';
import { type Wiring, wire } from './wiring.js';

/** `autosync undo [repo]`. */
export const command: Command = {
  options: (yargs: Argv) =>
    withJson(yargs)
      .positional('repo', { type: 'string', describe: 'A repository (default: the one around this folder)' })
      .option('last', { type: 'number', describe: 'How many runs (default: one)' })
      .option('run', { type: 'string', describe: 'The one that ended with this version' })
      .option('list', { type: 'boolean', default: false, describe: 'Show what could be taken back, and do nothing' })
      .option('dry-run', { type: 'boolean', default: false, describe: 'Say what would be taken back, and do nothing' })
      .example('$0 undo', 'take back what the last run brought or committed; a second one takes that back again')
      .example('$0 undo ~/notes --last 3 --dry-run', 'show what taking back three runs would do'),
  run: async (args: Arguments): Promise<ExitCode> => {
    const wiring = wire();
    const which = whichRuns(args);
    const [target] = await runTargets(wiring.locations, [textOf(args, 'repo') ?? '.']);
    if (target === undefined) throw new Error('no target');
    const json = isOn(args, 'json');
    if (isOn(args, 'list')) {
      await inRepository(wiring.engine, target, (tree) => list(tree, json));
      return EXIT.done;
    }
    if (isOn(args, 'dry-run')) {
      const plan = await inRepository(wiring.engine, target, (tree) => preview(tree, which));
      if (json) sayJson({ schema: 1, ...asJson(plan), commit: null });
      else show('would take back', plan);
      return EXIT.done;
    }
    return await undo(wiring, { target, which, json });
  },
};

type UndoRequest = {
  readonly target: Awaited<ReturnType<typeof runTargets>>[number];
  readonly which: Which;
  readonly json: boolean;
};

async function undo({ engine }: Wiring, { target, which, json }: UndoRequest): Promise<ExitCode> {
  const { result, report } = await doAndPublish(engine, target, async (tree) => {
    // Before the present state is committed, which is itself something that could be taken back.
    const runs = chooseRuns(readRuns(tree.privateFolder), (await tree.inspect()).branch, which);
    if (!json) show('taking back', await preview(tree, which));
    const deed = {
      kind: 'undo',
      plan: (here: WorkingTree, present: { readonly head: string }) => planUndo(here.versions, present, runs),
    } as const;
    return await changeFiles(engine, { tree, target }, deed);
  });
  const { plan, head } = result;
  if (json) sayJson({ schema: 1, ...asJson(plan), commit: head ?? null, report });
  else {
    say(head === undefined ? 'nothing is left of it to take back' : `taken back, as ${shownId(head)}`);
    for (const line of describeReport(report)) say(line);
  }
  return exitCode([report]);
}

function whichRuns(args: Arguments): Which {
  const id = textOf(args, 'run');
  const last = textOf(args, 'last');
  if (id !== undefined && last !== undefined) {
    throw new AutosyncError('usage', "options '--last' and '--run' exclude each other");
  }
  if (id !== undefined) {
    if (/^[0-9a-f]{4,64}$/i.test(id)) return { kind: 'run', id: id.toLowerCase() };
    throw new AutosyncError('usage', `'${printable(id)}' is no version's id`, ['autosync undo --list']);
  }
  const count = last === undefined ? 1 : Number(last);
  if (Number.isInteger(count) && count > 0) return { kind: 'last', count };
  throw new AutosyncError('usage', "option '--last' takes a whole number");
}

/** Decides as {@link undo} does, and changes nothing; what is not committed yet would be kept. */
async function preview(tree: WorkingTree, which: Which): Promise<UndoPlan> {
  const { branch, head, blocked } = await tree.inspect();
  if (blocked !== undefined) throw new AutosyncError('failed', `nothing was done: ${blocked.kind}`, [blocked.hint]);
  if (head === undefined) throw new AutosyncError('failed', 'nothing was done: there is no commit yet');
  const plan = await planUndo(tree.versions, { head }, chooseRuns(readRuns(tree.privateFolder), branch, which));
  const unsaved = new Set<string>(await tree.uncommitted());
  const isSaved = ({ path }: { readonly path: string }): boolean => !unsaved.has(path);
  return {
    ...plan,
    changes: plan.changes.filter(isSaved),
    kept: [...plan.kept, ...plan.changes.filter((change) => !isSaved(change)).map(({ path }) => path)],
  };
}

const runJson = ({ kind, at, branch, from, to }: Run): unknown => ({
  id: to,
  kind,
  at: new Date(at).toISOString(),
  branch,
  from,
});

const asJson = ({ runs, changes, kept }: UndoPlan): Readonly<Record<string, unknown>> => ({
  runs: runs.map(runJson),
  changes,
  kept,
});

function show(verb: string, { runs, changes, kept }: UndoPlan): void {
  for (const { kind, at, to } of runs) say(`${verb} the ${kind} of ${shownTime(at)} (${shownId(to)})`);
  for (const { path, kind } of changes) say(`  ${kind.padEnd(12)} ${printable(path)}`);
  for (const path of kept) say(`  ${'stays'.padEnd(12)} ${printable(path)} (changed since)`);
}

async function list(tree: WorkingTree, json: boolean): Promise<void> {
  const { branch } = await tree.inspect();
  const runs = readRuns(tree.privateFolder).filter((run) => run.branch === branch);
  if (json) {
    sayJson({ schema: 1, runs: runs.map(runJson) });
    return;
  }
  const rows: string[][] = [];
  for (const { kind, at, to } of runs.slice(-20)) {
    const found = await tree.versions.find({ kind: 'revision', id: to }, to);
    rows.push([shownId(to), shownTime(at), kind, foreign(firstLine(found?.message ?? ''))]);
  }
  for (const line of table(rows)) say(line);
  if (rows.length === 0) say('nothing was done on this branch so far');
}
