import { readVersions } from '../engine/conflict-versions.js';
import { inRepository, openTarget } from '../engine/deed.js';
import type { OpenConflict } from '../engine/inbox.js';
import type { Resolved } from '../engine/resolve.js';
import { resolveWithTool } from '../engine/resolve-with-tool.js';
import type { Target } from '../engine/target.js';
import { AutosyncError } from '../model/errors.js';
import { ask } from '../system/ask.js';
import { colour, foreign, say } from '../system/terminal.js';
import type { WorkingTree } from '../vcs/vcs.js';
import { describeConflict } from './conflict-view.js';
import { findTool, startTool } from './find-tool.js';
import { warnOf } from './render.js';
import { allConflicts, describeResolved, resolveChosen, type WholeChoice } from './resolve-chosen.js';
import { shortDiff } from './short-diff.js';
import type { Wiring } from './wiring.js';

/** Which conflicts are asked about. */
export type Asking = {
  readonly target: Target;
  readonly isMeant: (conflict: OpenConflict) => boolean;
  /** How the repository is called, where that is not the one in which the person is. */
  readonly place?: string;
};

/** What was decided, how many conflicts are left, and whether the person left, too. */
export type Answered = { readonly resolved: readonly Resolved[]; readonly left: number; readonly hasQuit: boolean };

/** Asks about one conflict after the other, and decides each at once; what is decided stays when the person leaves. */
export async function resolveAsking(wiring: Wiring, { target, isMeant, place }: Asking): Promise<Answered> {
  const resolved: Resolved[] = [];
  const skipped = new Set<string>();
  for (;;) {
    const tree = await openTarget(wiring.engine, target);
    const open = (await allConflicts(wiring, { tree, target })).filter(isMeant);
    const waiting = open.filter((conflict) => !skipped.has(keyOf(conflict)));
    const [conflict] = waiting;
    if (conflict === undefined) return { resolved, left: open.length, hasQuit: false };
    say(colour('bold', `${waiting.length} to decide${place === undefined ? '' : ` in ${place}`}`));
    await show(wiring, tree, conflict);
    const answer = await answerTo(conflict);
    if (answer === 'quit') return { resolved, left: open.length, hasQuit: true };
    if (answer === 'skip') skipped.add(keyOf(conflict));
    else resolved.push(...(await decide(wiring, { tree, target, conflict, answer })));
    say();
  }
}

/** What is merged later has no copy yet: its path alone says that it was left. */
const keyOf = ({ state, path, copy }: OpenConflict): string => `${state} ${path}\0${copy ?? ''}`;

async function show({ engine }: Wiring, tree: WorkingTree, conflict: OpenConflict): Promise<void> {
  for (const line of describeConflict(conflict, engine.clock.now())) say(line);
  try {
    const { mine, theirs } = await readVersions(tree, conflict);
    const [one, other] = conflict.mine === undefined ? ['the one with the name', 'the copy'] : ['mine', 'theirs'];
    say(colour('dim', `  - ${one}, + ${other}`));
    for (const line of shortDiff(mine, theirs)) say(`  ${line}`);
  } catch (error) {
    if (!(error instanceof AutosyncError)) throw error;
    say(`  ${foreign(error.message)}`);
  }
}

type Answer = 'skip' | 'quit' | 'tool' | WholeChoice;

/** Asks until there is an answer; none at all means that the person leaves. */
async function answerTo(conflict: OpenConflict): Promise<Answer> {
  const choices = choicesFor(conflict);
  const words = choices.map(({ word }) => word).join(', ');
  for (;;) {
    const line = await ask(`${words}? `);
    if (line === undefined) return 'quit';
    const typed = line.trim().toLowerCase();
    const found = choices.find(({ key, name }) => typed === key || typed === name);
    if (found !== undefined) return found.answer;
    say(`one of the letters in brackets, please: ${choices.map(({ key }) => key).join(', ')}`);
  }
}

type Offer = { readonly key: string; readonly name: string; readonly word: string; readonly answer: Answer };

function choicesFor({ mine, kept, other }: OpenConflict): readonly Offer[] {
  const offer = (key: string, word: string, answer: Answer): Offer => {
    return { key, word, name: word.replaceAll(/[[\]]/g, ''), answer };
  };
  const keep = (key: string, word: string, whose: string): Offer => offer(key, word, { kind: 'keep', whose });
  const named =
    kept.machine === undefined || other.machine === undefined || kept.machine === other.machine
      ? []
      : [
          keep('1', `[1] ${foreign(kept.machine)}'s`, kept.machine),
          keep('2', `[2] ${foreign(other.machine)}'s`, other.machine),
        ];
  return [
    ...(mine === undefined ? named : [keep('m', '[m]ine', 'mine'), keep('t', '[t]heirs', 'theirs')]),
    offer('b', '[b]oth', { kind: 'both' }),
    offer('o', 't[o]ol', 'tool'),
    offer('s', '[s]kip', 'skip'),
    offer('q', '[q]uit', 'quit'),
  ];
}

type Decision = {
  readonly tree: WorkingTree;
  readonly target: Target;
  readonly conflict: OpenConflict;
  readonly answer: 'tool' | WholeChoice;
};

/** Does what was chosen; that it cannot be done is said, and the same conflict is asked about again. */
async function decide(wiring: Wiring, { tree, target, conflict, answer }: Decision): Promise<readonly Resolved[]> {
  try {
    if (answer === 'tool') {
      const tool = await findTool({ tree, target, conflict, name: '' });
      const start = startTool('stdout');
      const resolved = await resolveWithTool(wiring.engine, { target, conflict, tool, start });
      say(describeResolved(resolved, { kind: 'tool' }));
      return [resolved];
    }
    const { resolved } = await inRepository(wiring.engine, target, (here) =>
      resolveChosen(wiring, { tree: here, target, chosen: [conflict], choice: answer }),
    );
    for (const one of resolved) say(describeResolved(one, answer));
    return resolved;
  } catch (error) {
    if (!(error instanceof AutosyncError)) throw error;
    warnOf(error);
    return [];
  }
}
