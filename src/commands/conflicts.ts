import type { Argv } from 'yargs';
import { openTarget } from '../engine/deed.js';
import { type OpenConflict, openConflicts, type Side } from '../engine/inbox.js';
import { targetOf } from '../engine/target.js';
import { errorMessage } from '../model/errors.js';
import { EXIT, type ExitCode } from '../model/exit-codes.js';
import type { RegisteredRepo } from '../model/repo.js';
import { readState } from '../store/state.js';
import { printable } from '../system/printable.js';
import { foreign, say, sayJson, warn } from '../system/terminal.js';
import { type Arguments, type Command, isOn, withJson, wordsOf } from './command.js';
import { relativeTime, shownPath, shownTime } from './render.js';
import { installedRepos, namedRepos } from './targets.js';
import { type Wiring, wire } from './wiring.js';

/** `autosync conflicts [repo…]`. */
export const command: Command = {
  options: (yargs: Argv) =>
    withJson(yargs)
      .positional('repo', { type: 'string', array: true, describe: 'An installed repository (default: all of them)' })
      .example('$0 conflicts', 'what waits for you, and since when')
      .example('$0 resolve notes/a.md --keep mine', 'decide one of them'),
  run: async (args: Arguments): Promise<ExitCode> => {
    const wiring = wire();
    const typed = wordsOf(args, 'repo');
    const repos = typed.length === 0 ? installedRepos(wiring.locations) : namedRepos(wiring.locations, typed);
    const inboxes = await Promise.all(repos.map((repo) => look(wiring, repo)));
    const known = inboxes.flatMap(({ repo, conflicts }) => conflicts.map((conflict) => ({ repo, conflict })));
    const failed = inboxes.filter(({ why }) => why !== undefined);
    if (isOn(args, 'json')) {
      const unknown = failed.map(({ repo, why }) => ({ repo: repo.path, why }));
      sayJson({ schema: 1, conflicts: known.map(asJson), unknown });
    } else show(inboxes, wiring.engine.clock.now());
    if (known.length > 0) return EXIT.conflict;
    if (failed.length === 0) return EXIT.done;
    return repos.length > failed.length ? EXIT.someFailed : EXIT.failed;
  },
};

type Inbox = {
  readonly repo: RegisteredRepo;
  readonly conflicts: readonly OpenConflict[];
  /** Why it cannot be told. */
  readonly why: string | undefined;
};

/** Looks into one repository; that one cannot be looked at hides nothing of the others. */
async function look({ engine, locations }: Wiring, repo: RegisteredRepo): Promise<Inbox> {
  try {
    const tree = await openTarget(engine, targetOf(repo));
    const { branch, head } = await tree.inspect();
    if (head === undefined) return { repo, conflicts: [], why: undefined };
    const { machine } = repo.settings;
    const state = readState(locations, repo.id);
    return { repo, conflicts: await openConflicts({ tree, branch, head, machine, state }), why: undefined };
  } catch (error) {
    return { repo, conflicts: [], why: errorMessage(error) };
  }
}

type Known = { readonly repo: RegisteredRepo; readonly conflict: OpenConflict };

const sideJson = ({ path, machine }: Side): unknown => ({ path: path ?? null, machine: machine ?? null });

const asJson = ({ repo, conflict }: Known): unknown => ({
  repo: repo.path,
  vcs: repo.vcs,
  state: conflict.state,
  path: conflict.path,
  copy: conflict.copy ?? null,
  kind: conflict.kind ?? null,
  since: new Date(conflict.since).toISOString(),
  versions: { kept: sideJson(conflict.kept), other: sideJson(conflict.other) },
  mine: conflict.mine ?? null,
});

function show(inboxes: readonly Inbox[], now: number): void {
  for (const { repo, conflicts, why } of inboxes) {
    if (why !== undefined) warn(`autosync: ${shownPath(repo.path)}: ${foreign(why)}`);
    if (conflicts.length === 0) continue;
    say(shownPath(repo.path));
    for (const conflict of conflicts) for (const line of describe(conflict, now)) say(`  ${line}`);
  }
  if (inboxes.every(({ conflicts, why }) => conflicts.length === 0 && why === undefined)) say('no conflicts');
  if (inboxes.some(({ conflicts }) => conflicts.length > 0)) {
    say('decide with: autosync resolve <file> --keep mine|theirs|both, or --done');
  }
}

function describe(conflict: OpenConflict, now: number): readonly string[] {
  const { path, kind, since, state } = conflict;
  const paused = state === 'paused' ? ', nothing is merged until you say how' : '';
  const what = kind === undefined ? '' : ` (${kind})`;
  return [
    `${printable(path)}${what}, since ${shownTime(since)}, ${relativeTime(since, now)}${paused}`,
    ...sides(conflict).map(({ whose, side }) => `  ${whose}: ${shownSide(conflict, side)}`),
  ];
}

/** Names the two versions as a person thinks of them, his own first where one is. */
function sides({ mine, kept, other }: OpenConflict): readonly { readonly whose: string; readonly side: Side }[] {
  const by = (word: string, { machine }: Side): string =>
    machine === undefined ? word : `${word === '' ? '' : `${word}, `}${foreign(machine)}`;
  if (mine === undefined) return [kept, other].map((side) => ({ whose: by('', side) || 'unknown', side }));
  const [own, their] = mine === 'kept' ? [kept, other] : [other, kept];
  return [
    { whose: by('mine', own), side: own },
    { whose: by('theirs', their), side: their },
  ];
}

function shownSide({ state }: OpenConflict, { path }: Side): string {
  if (path !== undefined) return `'${printable(path)}'`;
  return state === 'paused' ? 'on the hub' : 'in no file';
}
