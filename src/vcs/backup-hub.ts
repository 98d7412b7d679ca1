import type { FetchOutcome } from '../model/outcome.js';

/** This machine's own branch on the hub, as a look at it found it; `id` is undefined where the hub has none. */
export type BackupHub<Upstream> =
  | { readonly kind: 'seen'; readonly upstream: Upstream; readonly id: string | undefined }
  | { readonly kind: 'unseen'; readonly outcome: FetchOutcome; readonly why: string };

/** Without a hub there is nothing to look at, and it is said why. */
export const noHub = (why: string): BackupHub<never> => ({
  kind: 'unseen',
  outcome: { kind: 'fetched', relation: 'no-upstream' },
  why,
});

/** Says how the hub stood to the backup that was then made. */
export const lookedAt = (hub: BackupHub<unknown>, backup: string | undefined): FetchOutcome =>
  hub.kind === 'seen' ? { kind: 'fetched', relation: hub.id === backup ? 'equal' : 'ahead' } : hub.outcome;
