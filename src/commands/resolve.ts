import type { Argv } from 'yargs';
import { doAndPublish, expectSync, openTarget } from '../engine/deed.js';
import { isAbout, type OpenConflict } from '../engine/inbox.js';
import type { Target } from '../engine/target.js';
import { exitCode } from '../engine/verdict.js';
import { RUN_BY_HAND, visit } from '../engine/visit.js';
import { AutosyncError } from '../model/errors.js';
import { EXIT, type ExitCode } from '../model/exit-codes.js';
import { asRelative } from '../model/paths.js';
import type { RegisteredRepo } from '../model/repo.js';
import type { RepoReport } from '../model/report.js';
import { isSomebodyThere } from '../system/ask.js';
import { say, sayJson } from '../system/terminal.js';
import { nearestKind } from '../vcs/discover.js';
import { type Arguments, type Command, isOn, textOf, withJson } from './command.js';
import { conflictJson, describeConflict } from './conflict-view.js';
import { tellInboxes } from './inboxes.js';
import { type PathInRepo, pathInRepo } from './path-in-repo.js';
import { describeReport, warnOf } from './render.js';
import { resolveAsking } from './resolve-asking.js';
import {
  allConflicts,
  type Decided,
  describeResolved,
  meantConflicts,
  resolveChosen,
  resolvedJson,
  unresolvedJson,
  type WholeChoice,
} from './resolve-chosen.js';
import { resolveEverywhere } from './resolve-everywhere.js';
import { resolveInTool } from './resolve-in-tool.js';
import { absolute, installedRepos, runTargets } from './targets.js';
import { type Wiring, wire } from './wiring.js';

const WAYS = [
  '--keep mine|theirs|both, or the name of a machine',
  '--tool, to merge the two by hand',
  '--done, when the file is right as it stands',
];

/** `autosync resolve [path]`. */
export const command: Command = {
  options: (yargs: Argv) =>
    withJson(yargs)
      .positional('path', { type: 'string', describe: 'The file, or its conflict copy' })
      .option('keep', { type: 'string', describe: "'mine', 'theirs', 'both', or whose version: a machine's name" })
      .option('tool', { type: 'string', describe: 'Merge in your merge tool, or in the one that is named' })
      .option('done', { type: 'boolean', default: false, describe: 'The file is right as it stands: the copy goes' })
      .option('all', { type: 'boolean', default: false, describe: 'Every conflict, or every one below the path' })
      .example(
        '$0 resolve',
        'asks about one conflict after the other, on a terminal; outside a repository, in all of them',
      )
      .example('$0 resolve notes/a.md --keep mine', "this machine's version gets the name; the other is in the history")
      .example('$0 resolve notes/a.md --tool', 'opens both versions, and what they began with, in your merge tool')
      .example('$0 resolve --all --keep both', 'every copy gets a plain name'),
  run: async (args: Arguments): Promise<ExitCode> => {
    const wiring = wire();
    const way = readWay(args);
    const [typed, all, json] = [textOf(args, 'path'), isOn(args, 'all'), isOn(args, 'json')];
    if (way === undefined) return await withoutWay(wiring, { typed, all, json });
    const { target, path } = await whatAbout(wiring, typed, all);
    const meant = { path, all };
    if (way.kind === 'tool') return await resolveInTool(wiring, { target, meant, name: way.name, json });
    const { result, report } = await doAndPublish(wiring.engine, target, async (tree) => {
      const chosen = await meantConflicts(wiring, { tree, target, ...meant });
      return await resolveChosen(wiring, { tree, target, chosen, choice: way });
    });
    show(result, { report, way, json });
    return result.unresolved.length > 0 ? EXIT.someFailed : exitCode([report]);
  },
};

type Showing = { readonly report: RepoReport; readonly way: WholeChoice; readonly json: boolean };

function show({ resolved, unresolved }: Decided, { report, way, json }: Showing): void {
  if (json) {
    sayJson({
      schema: 1,
      resolved: resolved.map(resolvedJson),
      unresolved: unresolved.map(unresolvedJson),
      report,
    });
    return;
  }
  for (const one of resolved) say(describeResolved(one, way));
  for (const { error } of unresolved) warnOf(error);
  for (const line of describeReport(report)) say(line);
}

type Way = WholeChoice | { readonly kind: 'tool'; readonly name: string };

/** Reads how it is to be resolved; undefined where nothing says so. */
function readWay(args: Arguments): Way | undefined {
  const given = ['keep', 'tool'].filter((name) => textOf(args, name) !== undefined);
  const [first, second] = isOn(args, 'done') ? [...given, 'done'] : given;
  if (first !== undefined && second !== undefined) {
    throw new AutosyncError('usage', `options '--${first}' and '--${second}' exclude each other`);
  }
  const [keep, tool] = [textOf(args, 'keep'), textOf(args, 'tool')];
  if (first === 'done') return { kind: 'done' };
  if (tool !== undefined) return { kind: 'tool', name: tool };
  if (keep === undefined) return undefined;
  if (keep === 'both') return { kind: 'both' };
  if (keep !== '') return { kind: 'keep', whose: keep };
  throw new AutosyncError('usage', "'' is no version to keep", WAYS);
}

/** Finds the repository, and what in it is meant: with `--all` alone, everything around the working folder. */
async function whatAbout(wiring: Wiring, typed: string | undefined, all: boolean): Promise<PathInRepo> {
  if (typed !== undefined) return await pathInRepo(wiring, typed);
  if (!all) throw new AutosyncError('usage', 'no file is named', ['autosync conflicts lists them', "or take '--all'"]);
  return { target: await targetHere(wiring), path: asRelative('') };
}

async function targetHere({ locations }: Wiring): Promise<Target> {
  const [target] = await runTargets(locations, []);
  if (target === undefined) throw new Error('no target');
  return target;
}

type Unsaid = { readonly typed: string | undefined; readonly all: boolean; readonly json: boolean };

/** Asks, where somebody is there who can be asked; elsewhere what waits is listed, and a file alone is not enough. */
async function withoutWay(wiring: Wiring, { typed, all, json }: Unsaid): Promise<ExitCode> {
  const asks = isSomebodyThere() && !json;
  if (!asks && (typed !== undefined || all)) throw new AutosyncError('usage', 'nothing says how to resolve it', WAYS);
  const everywhere = typed === undefined ? whereNoneIsMeant(wiring) : [];
  if (everywhere.length === 0) return await (asks ? askHere(wiring, { typed, all }) : listHere(wiring, json));
  return await (asks ? resolveEverywhere(wiring, everywhere) : tellInboxes(wiring, everywhere, json));
}

async function askHere(wiring: Wiring, { typed, all }: Omit<Unsaid, 'json'>): Promise<ExitCode> {
  const { target, path } =
    typed === undefined ? { target: await targetHere(wiring), path: undefined } : await pathInRepo(wiring, typed);
  const tree = await openTarget(wiring.engine, target);
  expectSync(target);
  // That a file is in no conflict is said before anything is asked.
  if (path !== undefined) await meantConflicts(wiring, { tree, target, path, all });
  const isMeant = (conflict: OpenConflict): boolean => path === undefined || path === '' || isAbout(conflict, path);
  const { resolved, left } = await resolveAsking(wiring, { target, isMeant });
  if (resolved.length === 0) {
    say(left === 0 ? 'no conflicts' : `nothing was decided: ${left} left`);
    return left === 0 ? EXIT.done : EXIT.conflict;
  }
  const report = await visit(wiring.engine, target, RUN_BY_HAND);
  for (const line of describeReport(report)) say(line);
  return report.verdict === 'synced' && left > 0 ? EXIT.conflict : exitCode([report]);
}

/** In a folder that lies in no repository every installed one is meant. */
const whereNoneIsMeant = ({ locations }: Wiring): readonly RegisteredRepo[] =>
  nearestKind(absolute('.')) === undefined ? installedRepos(locations) : [];

async function listHere(wiring: Wiring, json: boolean): Promise<ExitCode> {
  const target = await targetHere(wiring);
  const conflicts = await allConflicts(wiring, { tree: await openTarget(wiring.engine, target), target });
  if (json) sayJson({ schema: 1, conflicts: conflicts.map((conflict) => conflictJson(target, conflict)) });
  else {
    const now = wiring.engine.clock.now();
    for (const conflict of conflicts) for (const line of describeConflict(conflict, now)) say(line);
    say(conflicts.length === 0 ? 'no conflicts' : `say how: autosync resolve <file>, and ${WAYS.join('; or ')}`);
  }
  return conflicts.length === 0 ? EXIT.done : EXIT.conflict;
}
