import { playCampaign } from './campaign.js';
import { compileEngine, type Engine, type Fault } from './engine.js';
import { playStory } from './history.js';
import type { Op, Story } from './op.js';
import type { Counts } from './play.js';

/** A fault that is planted in the engine to see whether the model notices. */
export type Mutant = {
  readonly name: string;
  readonly faults: readonly Fault[];
  /** Stories that differ in the moment alone: for a fault that shows in a narrow window, which chance would rarely hit. */
  readonly window?: (nth: number) => Story;
};

/** Another machine's version of a file comes in; `moment` is when something happens to the run that brings it. */
const comingIn = (moment: Op): Story => ({
  machines: 2,
  ops: [
    { kind: 'write', on: 1, path: 'a.txt', content: 'text', force: false },
    { kind: 'write', on: 1, path: 'b.txt', content: 'text', force: false },
    { kind: 'run', on: 1, trigger: 'manual' },
    moment,
  ],
});

const saving =
  (how: 'write' | 'append' | 'replace') =>
  (nth: number): Story =>
    comingIn({ kind: 'save', on: 0, nth, path: 'a.txt', how });

const killed = (nth: number): Story => comingIn({ kind: 'cut', on: 0, nth, how: 'kill' });

/** The faults, each a mistake that somebody could make in good faith. */
export const MUTANTS: readonly Mutant[] = [
  {
    name: 'a conflict is won by our side, without a copy',
    faults: [
      { file: 'vcs/git/settle-conflicts.js', from: '[...entries, entry(copy, mine)]', to: '[entry(path, mine)]' },
    ],
  },
  {
    name: 'a removal wins over a change',
    faults: [
      {
        file: 'vcs/git/settle-conflicts.js',
        from: 'return { entries: [entry(path, only)], conflict',
        to: 'return { entries: [], conflict',
      },
    ],
  },
  {
    name: 'a push by force',
    faults: [{ file: 'vcs/git/push.js', from: 'const refspec = `', to: 'const refspec = `+' }],
  },
  {
    name: 'a merge without its second parent',
    faults: [{ file: 'vcs/git/integrate.js', from: 'parents: [head, hub.head]', to: 'parents: [head]' }],
  },
  {
    name: 'the index is not renewed after a placement',
    faults: [{ file: 'vcs/git/integrate.js', from: 'await writeEntries(repository, index, entries);', to: '' }],
  },
  {
    name: 'an ignored file is overwritten by an incoming one',
    faults: [
      {
        file: 'vcs/placement/plan.js',
        from: 'return displacedStep(request, plain);',
        to: 'return { ...plain, overwrite: true };',
      },
      {
        file: 'vcs/placement/place.js',
        from: 'if (linkIntoPlace(joinPath(folders.fresh, step.path), at))',
        to: 'if (step.overwrite === true) { move(joinPath(folders.fresh, step.path), at); return undefined; }\nif (linkIntoPlace(joinPath(folders.fresh, step.path), at))',
      },
    ],
  },
  {
    name: 'a merge that a person is in the middle of is not noticed',
    faults: [{ file: 'vcs/git/pending-operation.js', from: "['MERGE_HEAD', 'merge',", to: "['NO_HEAD', 'merge'," }],
  },
  {
    name: 'the branch is moved wherever it stands',
    faults: [{ file: 'vcs/git/move-branch.js', from: 'from ?? noObject(repository)', to: "''" }],
  },
  {
    name: "the person's index is replaced whatever has become of it",
    faults: [
      {
        file: 'vcs/git/move-branch.js',
        from: 'if (indexSum(repository.indexFile) !== request.index.copiedFrom) {',
        to: 'if (false) {',
      },
    ],
    window: (nth) => ({
      machines: 2,
      ops: [
        { kind: 'write', on: 0, path: 'b.txt', content: 'text', force: false },
        { kind: 'meanwhile', on: 0, nth, act: { kind: 'compose', on: 0, path: 'a.txt' } },
      ],
    }),
  },
  {
    name: 'the locks of the dead are never taken away',
    faults: [{ file: 'vcs/git/heal.js', from: 'done.push(...(await healLocks(repository, killed)));', to: '' }],
    window: killed,
  },
  {
    name: 'the journal of a placement is ignored',
    faults: [{ file: 'vcs/placement/recover.js', from: 'if (exists(folders.root)) {', to: 'if (false) {' }],
    window: killed,
  },
  {
    name: 'a new file is renamed over what stands there',
    faults: [{ file: 'vcs/placement/link-into-place.js', from: 'link(from, to);', to: 'move(from, to);' }],
    window: saving('write'),
  },
  {
    name: 'what was moved aside is never compared with what was expected',
    faults: [
      {
        file: 'vcs/placement/place.js',
        from: 'return fingerprint(to) === step.oldPrint ? undefined :',
        to: 'return true ? undefined :',
      },
      {
        file: 'vcs/placement/place.js',
        from: 'const late = findLateWrite(steps, folders);',
        to: 'const late = undefined;',
      },
      { file: 'vcs/placement/late-writers.js', from: 'if (fingerprint(aside) === step.oldPrint)', to: 'if (true)' },
    ],
    window: saving('write'),
  },
  {
    name: 'nobody looks for those who write late to a file that was moved aside',
    faults: [
      {
        file: 'vcs/placement/place.js',
        from: 'const late = findLateWrite(steps, folders);',
        to: 'const late = undefined;',
      },
      { file: 'vcs/placement/late-writers.js', from: 'if (fingerprint(aside) === step.oldPrint)', to: 'if (true)' },
    ],
    window: saving('append'),
  },
  {
    name: 'the last look is left out',
    faults: [{ file: 'engine/verify.js', from: "if (idle && facts.push.kind === 'nothing-to-push'", to: 'if (true' }],
  },
];

/** How a planted fault was found: which promise it broke, after how many histories of which kind. */
export type Hunt = {
  readonly by: 'random histories' | 'every moment of one story' | 'nothing';
  readonly after: number;
  readonly why: string;
};

/** How long a fault is looked for by chance. */
export type HuntOptions = { readonly seed: number; readonly histories: number; readonly minutes: number };

/** Plants a fault and looks for it by random histories first, then at every moment of its story. */
export async function hunt(mutant: Mutant, options: HuntOptions): Promise<Hunt> {
  const engine = await compileEngine(mutant.faults);
  const { failure } = await playCampaign({ engine, machines: 2, steps: 20, shorten: false, ...options });
  if (failure !== undefined) return { by: 'random histories', after: failure.after, why: firstLine(failure.why) };
  return (await huntInWindow(engine, mutant)) ?? { by: 'nothing', after: 0, why: 'not found' };
}

/** More calls than any of the stories' runs makes. */
const MOST_CALLS = 400;

/** Wide windows are found soon this way, narrow ones in the end. */
const STRIDE = 7;

async function huntInWindow(engine: Engine, { window }: Mutant): Promise<Hunt | undefined> {
  if (window === undefined) return undefined;
  let calls = MOST_CALLS;
  let after = 0;
  for (let offset = 1; offset <= STRIDE; offset += 1) {
    for (let nth = offset; nth <= calls; nth += STRIDE) {
      after += 1;
      const counts: Counts = new Map();
      try {
        await playStory(engine, window(nth), counts);
      } catch (error) {
        return { by: 'every moment of one story', after, why: firstLine(String(error)) };
      }
      const happened = ['kill', 'save', 'meanwhile compose'].some((name) => counts.has(name));
      if (!happened && counts.get('verdict failed') === undefined) calls = nth - 1;
    }
  }
  return undefined;
}

const firstLine = (text: string): string => text.replace(/^(Error: )*/, '').split('\n')[0] ?? '';
