import { openTarget } from '../engine/deed.js';
import { type OpenConflict, openConflicts } from '../engine/inbox.js';
import { targetOf } from '../engine/target.js';
import { errorMessage } from '../model/errors.js';
import { EXIT, type ExitCode } from '../model/exit-codes.js';
import type { RegisteredRepo } from '../model/repo.js';
import { readState } from '../store/state.js';
import { fewAtATime } from '../system/at-a-time.js';
import { foreign, say, sayJson, warn } from '../system/terminal.js';
import { conflictJson, describeConflict } from './conflict-view.js';
import { shownPath } from './render.js';
import type { Wiring } from './wiring.js';

/** What waits for a person in one repository. */
type Inbox = {
  readonly repo: RegisteredRepo;
  readonly conflicts: readonly OpenConflict[];
  /** Why it cannot be told. */
  readonly why: string | undefined;
};

/** Tells what waits in some repositories, and whether anything does. */
export async function tellInboxes(wiring: Wiring, repos: readonly RegisteredRepo[], json: boolean): Promise<ExitCode> {
  const inboxes = await fewAtATime(repos, (repo) => look(wiring, repo));
  const known = inboxes.flatMap(({ repo, conflicts }) => conflicts.map((conflict) => ({ repo, conflict })));
  const failed = inboxes.filter(({ why }) => why !== undefined);
  if (json) {
    const unknown = failed.map(({ repo, why }) => ({ repo: repo.path, why }));
    sayJson({ schema: 1, conflicts: known.map(({ repo, conflict }) => conflictJson(repo, conflict)), unknown });
  } else show(inboxes, wiring.engine.clock.now());
  if (known.length > 0) return EXIT.conflict;
  if (failed.length === 0) return EXIT.done;
  return repos.length > failed.length ? EXIT.someFailed : EXIT.failed;
}

/** Looks into one repository; that one cannot be looked at hides nothing of the others. */
async function look({ engine, locations }: Wiring, repo: RegisteredRepo): Promise<Inbox> {
  try {
    const tree = await openTarget(engine, targetOf(repo));
    const { branch, head, blocked } = await tree.inspect();
    if (head === undefined) return { repo, conflicts: [], why: undefined };
    if (blocked !== undefined) return { repo, conflicts: [], why: `${blocked.kind}: ${blocked.hint}` };
    const { machine } = repo.settings;
    const state = readState(locations, repo.id);
    return { repo, conflicts: await openConflicts({ tree, branch, head, machine, state }), why: undefined };
  } catch (error) {
    return { repo, conflicts: [], why: errorMessage(error) };
  }
}

function show(inboxes: readonly Inbox[], now: number): void {
  for (const { repo, conflicts, why } of inboxes) {
    if (why !== undefined) warn(`autosync: ${shownPath(repo.path)}: ${foreign(why)}`);
    if (conflicts.length === 0) continue;
    say(shownPath(repo.path));
    for (const conflict of conflicts) for (const line of describeConflict(conflict, now)) say(`  ${line}`);
  }
  if (inboxes.every(({ conflicts, why }) => conflicts.length === 0 && why === undefined)) say('no conflicts');
  if (inboxes.some(({ conflicts }) => conflicts.length > 0)) {
    say('decide with: autosync resolve <file> --keep mine|theirs|both, --tool or --done');
  }
}
