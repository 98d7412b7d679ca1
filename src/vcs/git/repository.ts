import type { AbsolutePath } from '../../model/paths.js';
import type { Settings } from '../../model/repo.js';
import type { CommitMessages } from '../vcs.js';
import type { Git } from './command.js';

/** What only git itself can say of the hooks in a working tree. */
export type HookFacts = {
  /** Whether git (2.54 or newer) runs hooks that the configuration names, besides those in the hooks folder. */
  readonly runsConfigHooks: boolean;
  /** Whether git ignores all that we would write into a hooks folder inside the working tree, as in husky's `.husky/_`. */
  readonly ignoresFolder: boolean;
};

/** What every verb of git is given: one opened working tree and the run's settings. */
export type Repository = {
  readonly git: Git;
  readonly top: AbsolutePath;
  /** The working tree's own git folder; differs from `commonDir` in a linked worktree. */
  readonly gitDir: AbsolutePath;
  readonly commonDir: AbsolutePath;
  readonly indexFile: AbsolutePath;
  readonly hooksFolder: AbsolutePath;
  readonly hooks: HookFacts;
  /** `<git dir>/autosync`: lock, private index, journal. */
  readonly privateFolder: AbsolutePath;
  readonly objectFormat: 'sha1' | 'sha256';
  readonly settings: Settings;
  readonly messages: CommitMessages;
  readonly now: () => number;
  readonly sleep: (milliseconds: number) => Promise<void>;
  readonly progress: ((text: string) => void) | undefined;
};

/** The id that stands for "no such object" in git's plumbing. */
export const noObject = (repository: Pick<Repository, 'objectFormat'>): string =>
  '0'.repeat(repository.objectFormat === 'sha1' ? 40 : 64);

const answers = new WeakMap<object, Map<string, Promise<unknown>>>();

/** Asks git something once in a run and remembers the answer: what a person configures does not change meanwhile. */
export function once<T>(repository: object, question: string, ask: () => Promise<T>): Promise<T> {
  const known = answers.get(repository) ?? new Map<string, Promise<unknown>>();
  answers.set(repository, known);
  const answer = (known.get(question) as Promise<T> | undefined) ?? ask();
  known.set(question, answer);
  return answer;
}
