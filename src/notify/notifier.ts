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
