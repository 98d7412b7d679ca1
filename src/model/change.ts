import type { RelativePath } from './paths.js';

/** One path's event in a snapshot. */
export type Change =
  | { readonly type: 'added' | 'modified' | 'removed'; readonly path: RelativePath }
  | { readonly type: 'renamed'; readonly path: RelativePath; readonly from: RelativePath };

/** Why a path was left out of a snapshot. */
export type QuarantineReason =
  | 'unreadable'
  | 'too-large'
  | 'still-changing'
  | 'nested-repository'
  | 'unsupported-name'
  | 'special-file'
  | 'vanished'
  | 'submodule'
  | 'secret'
  | 'not-included';

/** A path left out of a snapshot; the rest of the snapshot goes on without it. */
export type Quarantined = { readonly path: RelativePath; readonly reason: QuarantineReason };
