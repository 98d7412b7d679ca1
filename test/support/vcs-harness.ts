import { join } from 'node:path';
import { createWorld, type Machine, type World } from './world.js';

/** What the contract suite has to know of a version control system to set worlds up and look at them. */
export type VcsHarness = {
  readonly name: string;
  readonly createWorld: (...names: readonly string[]) => World;
  /** The id of the commit that the working tree stands on. */
  readonly tip: (machine: Machine) => string;
  /** The message of that commit. */
  readonly message: (machine: Machine) => string;
  /** How many commits the branch has. */
  readonly commits: (machine: Machine) => number;
  /** Whether anything is not in the last commit, as the system's own command sees it. */
  readonly isClean: (machine: Machine) => boolean;
  /** Commits everything by hand. */
  readonly commitByHand: (machine: Machine, message: string) => void;
  /** Makes a repository of its own inside the working tree. */
  readonly nest: (machine: Machine, path: string) => void;
};

/** git. */
export const gitHarness: VcsHarness = {
  name: 'git',
  createWorld,
  tip: (machine) => machine.git('rev-parse', 'HEAD'),
  message: (machine) => machine.git('log', '-1', '--format=%B').trimEnd(),
  commits: (machine) => Number(machine.git('rev-list', '--count', 'HEAD')),
  isClean: (machine) => machine.git('status', '--porcelain') === '',
  commitByHand: (machine, message) => {
    machine.git('add', '-A');
    machine.git('commit', '-q', '-m', message);
  },
  nest: (machine, path) => void machine.git('init', '-q', join(machine.top, path)),
};
