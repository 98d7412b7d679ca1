import type { AbsolutePath } from '../model/paths.js';
import type { HookSite } from '../model/repo.js';

/** The events of git after which autosync wants to be told. */
export type HookEvent = 'post-commit' | 'post-merge' | 'post-rewrite';

/** All of them. */
export const HOOK_EVENTS: readonly HookEvent[] = ['post-commit', 'post-merge', 'post-rewrite'];

/** What a hook installer needs to know. */
export type HookRequest = {
  readonly site: HookSite;
  readonly launcher: AbsolutePath;
  readonly home: AbsolutePath;
};

/** One file and what it would hold: a link its target, and a file that is moved here as it is, nothing. */
export type HookFile = {
  readonly path: AbsolutePath;
  readonly content: string;
  readonly change: 'create' | 'edit' | 'none';
  readonly movedFrom?: AbsolutePath;
};

/**
 * What became of the hooks: when they cannot be put in place, the scheduler alone does the work. `notes` says the same
 * of single events, a sentence each.
 */
export type HookResult =
  | {
      readonly kind: 'installed' | 'unchanged';
      readonly files: readonly AbsolutePath[];
      readonly notes: readonly string[];
    }
  | { readonly kind: 'left-alone'; readonly why: string };

/** Whether our hooks stand as they should. */
export type HookState = { readonly kind: 'present' | 'missing' | 'not-ours-to-write'; readonly detail: string };

/**
 * ★ One way to be told of a commit. Every implementation passes `test/contract/hook-installer.test.ts`: installing
 * twice changes nothing; the hooks that were there run as before; ours never fails its caller, prints nothing and
 * returns within a shell start; uninstalling restores every byte and mode that was there, and what the person
 * changed around ours since stays.
 */
export type HookInstaller = {
  readonly handles: (site: HookSite) => boolean;
  /** What would be written, without writing it. */
  readonly render: (request: HookRequest) => readonly HookFile[];
  readonly install: (request: HookRequest) => HookResult;
  readonly uninstall: (request: HookRequest) => void;
  readonly state: (request: HookRequest) => HookState;
};
