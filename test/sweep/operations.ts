import { appendFileSync, chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EXIT, type ExitCode } from '../../src/model/exit-codes.js';
import { GIT, HG, type SweepVcs } from './sweep-vcs.js';
import { elsewhere, type SweepWorld } from './sweep-world.js';

/** Something that autosync does, with the world in which it does it. */
export type Operation = {
  readonly name: string;
  readonly vcs: SweepVcs;
  /** A command of autosync that comes before all; what it writes names the world's folder, so each copy has its own. */
  readonly first?: (world: SweepWorld) => readonly string[];
  /** The exit code of that command; 0 unless it is given. */
  readonly firstEnds?: ExitCode;
  /** Makes the world as it is just before. */
  readonly prepare: (world: SweepWorld) => void;
  /** What is run and cut. Then it is run once more, undisturbed, and must heal. */
  readonly command: (world: SweepWorld) => readonly string[];
  /** What is run at last and must change nothing; a snapshot unless it is given. */
  readonly last?: (world: SweepWorld) => readonly string[];
  /** The working tree that is judged; that of the machine unless it is given. */
  readonly top?: (world: SweepWorld) => string;
  /** What it says, with another exit code, when all has been done already. */
  readonly isOver?: RegExp;
  /** It may replace what the hub did not have before it; otherwise a branch only ever goes on. */
  readonly replacesUnsent?: true;
  /** How an undisturbed run ends. */
  readonly verdict: 'synced' | 'blocked';
  /** Contents that are in no file, and must not be lost either. */
  readonly owed?: readonly string[];
  /** Paths that a person saves to while it is done: some that it changes, some that it removes, some that it makes. */
  readonly targets: readonly string[];
};

const snapshot = ({ here }: SweepWorld): readonly string[] => ['snapshot', here.top, '--json'];
const run = { command: snapshot, verdict: 'synced' } as const;

/** What was changed here since the last run, of every kind. */
function workHere({ here }: SweepWorld): void {
  here.write('added.md', 'HERE added\n');
  here.write('new/folder/added.md', 'HERE added in a folder\n');
  here.write('edited.txt', 'HERE first\n\n\nmiddle\n\n\nlast\n');
  here.remove('gone.txt');
  here.rename('moved.txt', 'fold/renamed.txt');
  chmodSync(join(here.top, 'run.sh'), 0o755);
  here.link('nowhere', 'new-link');
}

/** What another machine did, of every kind. */
function workThere(world: SweepWorld): void {
  elsewhere(world, (there) => {
    there.write('edited.txt', 'first\n\n\nmiddle\n\n\nTHERE last\n');
    there.write('arrived.md', 'THERE arrived\n');
    there.write('other/folder/arrived.md', 'THERE arrived in a folder\n');
    there.remove('deep/er/gone.txt');
    there.remove('keep/x');
    there.write('keep/y', 'THERE beside\n');
    there.remove('link');
    there.link('edited.txt', 'link');
    there.rename('fold/b', 'b');
    chmodSync(join(there.top, 'fold/a'), 0o755);
  });
}

/** Under git alone there is anything staged, and snapshots that are squashed. */
const STAGED = 'staged';
const SQUASH = 'squash';

const cloned = ({ folder }: SweepWorld): string => join(folder, 'cloned');

/** What installing must leave as it is: a crontab and a hook of the person's own. */
function ownHabits({ folder, here, vcs }: SweepWorld): void {
  writeFileSync(join(folder, 'bin', 'table'), '# mine\n0 4 * * * true\n');
  vcs.ownHook(here);
}

/** One operation, under whatever version control system. */
type Plan = Omit<Operation, 'vcs'>;

/** What is swept, in order of risk. */
const PLANS: readonly Plan[] = [
  {
    name: 'conflict',
    ...run,
    prepare: (world) => {
      elsewhere(world, (there) => {
        there.write('edited.txt', 'THERE first\n\n\nmiddle\n\n\nlast\n');
        there.write('both.md', 'THERE both\n');
        there.write('gone.txt', 'THERE kept\n');
        there.remove('keep/x');
        there.write('fold/a', 'THERE in a folder\n');
      });
      const { here } = world;
      here.write('edited.txt', 'HERE first\n\n\nmiddle\n\n\nlast\n');
      here.write('both.md', 'HERE both\n');
      here.remove('gone.txt');
      here.write('keep/x', 'HERE kept\n');
      here.write('fold/a', 'HERE in a folder\n');
    },
    targets: ['edited.txt', 'gone.txt', 'both.md', 'keep/x'],
  },
  {
    name: 'in the way',
    ...run,
    prepare: (world) => {
      world.here.write('large.bin', `HERE too large\n${'x'.repeat(5000)}`);
      elsewhere(world, (there) => {
        there.write('only-here.log', 'THERE ignored here\n');
        there.write('cache', 'THERE a file where a folder is ignored here\n');
        there.write('large.bin', 'THERE small\n');
        there.write('edited.txt', 'first\n\n\nmiddle\n\n\nTHERE last\n');
        world.vcs.addIgnored(there, 'only-here.log', 'cache');
      });
    },
    targets: ['only-here.log', 'large.bin', 'edited.txt', 'cache/x'],
  },
  {
    name: 'swap',
    ...run,
    prepare: (world) =>
      elsewhere(world, (there) => {
        there.remove('swap');
        there.write('swap/inner', 'THERE a folder now\n');
        there.remove('fold');
        there.write('fold', 'THERE a file now\n');
        there.remove('edited.txt');
        there.link('README.md', 'edited.txt');
        there.remove('link');
        there.write('link', 'THERE a file now, too\n');
      }),
    targets: ['swap', 'fold/a', 'edited.txt', 'link'],
  },
  {
    name: 'merge',
    ...run,
    prepare: (world) => {
      workThere(world);
      workHere(world);
    },
    targets: ['edited.txt', 'keep/x', 'arrived.md', 'added.md'],
  },
  {
    name: 'fast-forward',
    ...run,
    prepare: workThere,
    targets: ['edited.txt', 'deep/er/gone.txt', 'arrived.md', 'fold/b'],
  },
  { name: 'snapshot', ...run, prepare: workHere, targets: ['edited.txt', 'gone.txt', 'added.md', 'fold/renamed.txt'] },
  {
    name: 'push',
    ...run,
    prepare: ({ here, vcs }) => {
      here.write('added.md', 'HERE committed by hand\n');
      vcs.commitAll(here, 'by hand');
    },
    targets: ['edited.txt'],
  },
  {
    name: STAGED,
    command: snapshot,
    verdict: 'blocked',
    owed: ['HERE in the index only\n'],
    prepare: ({ here }) => {
      here.write('edited.txt', 'HERE in the index only\n');
      here.command('add', 'edited.txt');
      here.write('edited.txt', 'HERE in the file only\n');
      here.write('added.md', 'HERE added\n');
    },
    targets: ['edited.txt', 'added.md'],
  },
  {
    name: SQUASH,
    ...run,
    // What is not sent wants attention.
    firstEnds: EXIT.failed,
    replacesUnsent: true,
    owed: ['HERE added\n', 'HERE first\n\n\nmiddle\n\n\nlast\n'],
    first: (world) => {
      appendFileSync(join(world.home, '.config/autosync/config.toml'), 'squash = "1h"\n');
      workHere(world);
      return ['snapshot', world.here.top, '--no-push'];
    },
    prepare: ({ here }) => {
      here.write('edited.txt', 'HERE first\n\n\nmiddle\n\n\nHERE last\n');
      here.remove('added.md');
    },
    targets: ['edited.txt', 'fold/renamed.txt'],
  },
  {
    name: 'installed',
    ...run,
    first: ({ here }) => ['install', here.top, '--scheduler', 'none'],
    prepare: (world) => {
      workThere(world);
      world.here.write('added.md', 'HERE added\n');
    },
    targets: ['edited.txt', 'added.md'],
  },
  {
    name: 'clone',
    prepare: () => undefined,
    command: (world) => ['clone', world.hub, cloned(world), '--scheduler', 'none', '--json'],
    last: (world) => ['snapshot', cloned(world), '--json'],
    top: cloned,
    verdict: 'synced',
    targets: [],
  },
  {
    name: 'install',
    prepare: ownHabits,
    command: ({ here }) => ['install', here.top, '--scheduler', 'cron', '--json'],
    verdict: 'synced',
    targets: [],
  },
  {
    name: 'uninstall',
    first: ({ here }) => ['install', here.top, '--scheduler', 'cron'],
    prepare: () => undefined,
    command: ({ here }) => ['uninstall', here.top, '--json'],
    last: () => ['status', '--json'],
    isOver: /is not an installed repository/,
    verdict: 'synced',
    targets: [],
  },
];

/** Every operation under git. */
export const GIT_OPERATIONS: readonly Operation[] = PLANS.map((plan) => ({ ...plan, vcs: GIT }));

/** Every operation under Mercurial. */
export const HG_OPERATIONS: readonly Operation[] = PLANS.filter(({ name }) => name !== STAGED && name !== SQUASH).map(
  (plan) => ({
    ...plan,
    name: `hg ${plan.name}`,
    vcs: HG,
  }),
);

/** Every operation there is. */
export const OPERATIONS: readonly Operation[] = [...GIT_OPERATIONS, ...HG_OPERATIONS];
