import type { RejectReason } from '../model/outcome.js';
import type { Settings } from '../model/repo.js';
import type { Clock } from '../system/clock.js';
import type { SnapshotRequest, WorkingTree, WorkingTreeState } from '../vcs/vcs.js';
import type { Facts } from './facts.js';
import type { Journey } from './journey.js';

/** Who started a run: what a person asks for by hand does not wait for young files. */
export type Trigger = 'manual' | 'scheduler' | 'hook';

/** One run to make. */
export type TickRequest = {
  readonly tree: WorkingTree;
  readonly settings: Settings;
  readonly trigger: Trigger;
  readonly pull: boolean;
  readonly push: boolean;
  readonly dryRun: boolean;
  readonly allowDeletions: boolean;
  readonly stillChanging: Readonly<Record<string, number>>;
  readonly clock: Clock;
  /** A number from 0 to 1, for pauses that two machines do not share. */
  readonly random: () => number;
};

/** What one round says to the loop: the run is over, or somebody was faster and it starts again. */
export type Round = { readonly facts: Facts; readonly next: 'done' | 'again' };

/** A run whose way is followed. */
export type Following = TickRequest & { readonly journey: Journey };

/** One round to make, from a look at the working tree. */
export type RoundRequest = Following & { readonly state: WorkingTreeState; readonly facts: Facts };

/** Says that the run is over. */
export const over = (facts: Facts): Round => ({ facts, next: 'done' });

/** What another machine does at this moment is over in the next one. */
export const isPassing = (reason: RejectReason): boolean => reason === 'moved' || reason === 'locked';

/** Returns the snapshot that a round wants. */
export const snapshotRequest = (request: RoundRequest): SnapshotRequest => ({
  state: request.state,
  settle: request.trigger !== 'manual',
  stillChanging: request.stillChanging,
  allowDeletions: request.allowDeletions,
  dryRun: request.dryRun,
});
