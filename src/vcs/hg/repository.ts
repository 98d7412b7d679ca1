import type { AbsolutePath } from '../../model/paths.js';
import type { Settings } from '../../model/repo.js';
import type { CommitMessages } from '../vcs.js';
import type { Hg } from './command.js';

/** What every verb of hg is given: one opened working tree and the run's settings. */
export type Repository = {
  readonly hg: Hg;
  readonly top: AbsolutePath;
  /** The working tree's own `.hg`. */
  readonly hgFolder: AbsolutePath;
  /** The `.hg` with the history; differs from `hgFolder` in a share. */
  readonly sharedFolder: AbsolutePath;
  /** `.hg/autosync`: lock, share for merges, journal. */
  readonly privateFolder: AbsolutePath;
  readonly settings: Settings;
  readonly messages: CommitMessages;
  readonly now: () => number;
  readonly sleep: (milliseconds: number) => Promise<void>;
  readonly progress: ((text: string) => void) | undefined;
};

/** The id that stands for "no changeset". */
export const NO_CHANGESET: string = '0'.repeat(40);
