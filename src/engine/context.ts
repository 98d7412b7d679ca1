import type { AbsolutePath } from '../model/paths.js';
import type { RegisteredRepo, Settings } from '../model/repo.js';
import type { VcsKind } from '../model/report.js';
import type { ConflictNews, Delivery, Notification } from '../notify/notifier.js';
import type { Locations } from '../store/locations.js';
import type { Clock } from '../system/clock.js';
import type { Opened, OpenOptions, WorkingTree } from '../vcs/vcs.js';

/** What the engine is given by whoever has met every adapter. */
export type EngineContext = {
  readonly locations: Locations;
  readonly clock: Clock;
  /** A number from 0 to 1. */
  readonly random: () => number;
  readonly open: (vcs: VcsKind, path: AbsolutePath, options: OpenOptions) => Promise<Opened>;
  readonly tell: (settings: Settings, notification: Notification) => Promise<Delivery>;
  /** Gives a new conflict to the program that the person named for it. */
  readonly handConflict: (command: readonly string[], news: ConflictNews) => Promise<Delivery>;
  /** Puts a repository's hooks back where another tool has removed them; says what it did, if anything. */
  readonly keepHooks: (repo: RegisteredRepo, tree: WorkingTree) => string | undefined;
  /** Draws the progress of long work, where somebody watches. */
  readonly progress?: (text: string) => void;
};
