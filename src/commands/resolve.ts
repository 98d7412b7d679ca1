import type { Argv } from 'yargs';
import type { EngineContext } from '../engine/context.js';
import { changeFiles, doAndPublish } from '../engine/deed.js';
import { isAbout, type OpenConflict, openConflicts } from '../engine/inbox.js';
import { mergePaused, planPaused } from '../engine/merge-paused.js';
import { type Choice, planResolve, type Resolved } from '../engine/resolve.js';
import type { Target } from '../engine/target.js';
import { exitCode } from '../engine/verdict.js';
import { AutosyncError } from '../model/errors.js';
import type { ExitCode } from '../model/exit-codes.js';
import { asRelative, type RelativePath } from '../model/paths.js';
import { readState } from '../store/state.js';
import { printable } from '../system/printable.js';
import { foreign, say, sayJson } from '../system/terminal.js';
import { isAtOrBelow } from '../vcs/conflict-copy.js';
import type { WorkingTree } from '../vcs/vcs.js';
import { type Arguments, type Command, isOn, textOf, withJson } from './command.js';
import { type PathInRepo, pathInRepo } from './path-in-repo.js';
import { describeReport } from './render.js';
import { runTargets } from './targets.js';
import { type Wiring, wire } from './wiring.js';

const WAYS = ['--keep mine|theirs|both, or the name of a machine', '--done, when the file is right as it stands'];

/** `autosync resolve [path]`. */
export const command: Command = {
  options: (yargs: Argv) =>
    withJson(yargs)
      .positional('path', { type: 'string', describe: 'The file, or its conflict copy' })
      .option('keep', { type: 'string', describe: "'mine', 'theirs', 'both', or whose version: a machine's name" })
      .option('done', { type: 'boolean', default: false, describe: 'The file is right as it stands: the copy goes' })
      .option('all', { type: 'boolean', default: false, describe: 'Every conflict, or every one below the path' })
      .example('$0 resolve notes/a.md --keep mine', "this machine's version gets the name; the other is in the history")
      .example('$0 resolve --all --keep both', 'every copy gets a plain name'),
  run: async (args: Arguments): Promise<ExitCode> => {
    const wiring = wire();
    const choice = readChoice(args);
    const all = isOn(args, 'all');
    const { target, path } = await whatAbout(wiring, textOf(args, 'path'), all);
    const { result, report } = await doAndPublish(wiring.engine, target, (tree) =>
      resolveIn(wiring, { tree, target, path, all, choice }),
    );
    if (isOn(args, 'json')) sayJson({ schema: 1, resolved: result.map(asJson), report });
    else {
      for (const resolved of result) say(describe(resolved, choice));
      for (const line of describeReport(report)) say(line);
    }
    return exitCode([report]);
  },
};

type WholeChoice = Exclude<Choice, { kind: 'merged' }>;

function readChoice(args: Arguments): WholeChoice {
  const keep = textOf(args, 'keep');
  const done = isOn(args, 'done');
  if (keep !== undefined && done) throw new AutosyncError('usage', "options '--keep' and '--done' exclude each other");
  if (done) return { kind: 'done' };
  if (keep === undefined) throw new AutosyncError('usage', 'nothing says how to resolve it', WAYS);
  if (keep === 'both') return { kind: 'both' };
  if (keep !== '') return { kind: 'keep', whose: keep };
  throw new AutosyncError('usage', "'' is no version to keep", WAYS);
}

/** Finds the repository, and what in it is meant: with `--all` alone, everything around the working folder. */
async function whatAbout(wiring: Wiring, typed: string | undefined, all: boolean): Promise<PathInRepo> {
  if (typed !== undefined) return await pathInRepo(wiring, typed);
  if (!all) throw new AutosyncError('usage', 'no file is named', ['autosync conflicts lists them', "or take '--all'"]);
  const [target] = await runTargets(wiring.locations, []);
  if (target === undefined) throw new Error('no target');
  return { target, path: asRelative('') };
}

type ResolveRequest = {
  readonly tree: WorkingTree;
  readonly target: Target;
  readonly path: RelativePath;
  readonly all: boolean;
  readonly choice: WholeChoice;
};

async function resolveIn(wiring: Wiring, request: ResolveRequest): Promise<readonly Resolved[]> {
  const { tree, target, choice } = request;
  const chosen = await chosenConflicts(wiring, request);
  const paused = chosen.filter(({ state }) => state === 'paused');
  const copied = chosen.filter(({ state }) => state === 'copied');
  const resolved: Resolved[] = [];
  // First: what it brings in may be about the same files.
  if (paused.length > 0) resolved.push(...(await resolvePaused(wiring.engine, request, paused)));
  if (copied.length > 0) {
    const { plan } = await changeFiles(
      wiring.engine,
      { tree, target },
      { kind: 'resolve', plan: (here, present) => planResolve(here, present, { conflicts: copied, choice }) },
    );
    resolved.push(...plan.resolved);
  }
  return resolved;
}

async function chosenConflicts(
  { locations }: Wiring,
  { tree, target, path, all }: ResolveRequest,
): Promise<readonly OpenConflict[]> {
  const { branch, head, blocked } = await tree.inspect();
  if (blocked !== undefined) throw new AutosyncError('failed', `nothing was done: ${blocked.kind}`, [blocked.hint]);
  if (head === undefined) throw new AutosyncError('usage', 'there are no conflicts: there is no commit yet');
  const state = target.registered === undefined ? undefined : readState(locations, target.registered.id);
  const { machine } = target.settings;
  const known = await openConflicts({ tree, branch, head, machine, state });
  const isBelow = (one: OpenConflict): boolean => isAtOrBelow(one.copy ?? one.path, path);
  const chosen = known.filter((one) => (all ? isBelow(one) || isAbout(one, path) : isAbout(one, path)));
  if (chosen.length > 0 || (all && path === '')) return chosen;
  throw new AutosyncError('usage', `'${printable(path)}' is in no conflict`, [
    'autosync conflicts lists those that are',
  ]);
}

async function resolvePaused(
  engine: EngineContext,
  { tree, target, choice }: ResolveRequest,
  conflicts: readonly OpenConflict[],
): Promise<readonly Resolved[]> {
  if (choice.kind === 'done') {
    const [first] = conflicts;
    throw new AutosyncError('usage', `nothing has been merged yet into '${printable(first?.path ?? '')}'`, [
      'take --keep mine, theirs or both; or merge by hand, and it is done',
    ]);
  }
  const merge = await mergePaused(engine, { tree, target });
  const { plan } = await changeFiles(
    engine,
    { tree, target },
    { kind: 'resolve', plan: (here, present) => planPaused(here, present, { conflicts, choice, merge }) },
  );
  return plan.resolved;
}

const asJson = ({ path, machine, beside }: Resolved): unknown => ({
  path,
  machine: machine ?? null,
  beside: beside ?? null,
});

function describe({ path, machine, beside }: Resolved, choice: Choice): string {
  const name = `'${printable(path)}'`;
  if (beside !== undefined) return `resolved ${name}: the other version is '${printable(beside)}'`;
  if (choice.kind !== 'keep') return `resolved ${name}: it stays as it stands`;
  const whose = machine === undefined ? 'the version that was chosen' : `${foreign(machine)}'s version`;
  return `resolved ${name}: ${whose} has the name, the other one is in the history`;
}
