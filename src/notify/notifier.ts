import type { ConflictKind } from '../model/outcome.js';
import type { VcsKind } from '../model/report.js';

/** What a person is told. Texts may hold names from anywhere: each notifier makes them fit for its own format. */
export type Notification = {
  /** What it is about, for programs. */
  readonly event: 'conflict' | 'attention' | 'blocked' | 'failed' | 'offline' | 'recovered' | 'incoming' | 'test';
  /** The repository's path. */
  readonly repo: string;
  /** One short line. */
  readonly title: string;
  /** A few short lines: what happened, and as the last one the command to run. */
  readonly body: string;
  /** The paths it is about, for programs. */
  readonly paths: readonly string[];
};

/** A new conflict, as the person's own program gets it. */
export type ConflictNews = {
  readonly schema: 1;
  readonly repo: string;
  readonly vcs: VcsKind;
  readonly branch: string;
  /** This machine's name. */
  readonly machine: string;
  /** An ISO time. */
  readonly at: string;
  /** `copied`: both versions stand in the tree. `paused`: nothing is merged. `settled`: the other one is in the history. */
  readonly state: 'copied' | 'paused' | 'settled';
  readonly path: string;
  readonly kind: ConflictKind;
  /** Where the two versions stand; null where there is no such file. */
  readonly kept: string | null;
  readonly copy: string | null;
};

/** Whether somebody can have seen it. */
export type Delivery = { readonly kind: 'delivered' } | { readonly kind: 'undelivered'; readonly why: string };

/**
 * ★ One way to tell the person. Every implementation passes `test/contract/notifier.test.ts`: it ends within its
 * time limit whatever the other side does, never throws, and says honestly whether the message was taken.
 */
export type Notifier = {
  readonly name: string;
  readonly notify: (notification: Notification) => Promise<Delivery>;
};
