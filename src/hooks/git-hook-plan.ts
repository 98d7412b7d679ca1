import { dirname } from 'node:path';
import type { AbsolutePath } from '../model/paths.js';
import { isExecutable, isReadable, joinPath, lstatIfPresent, readIfPresent, readLink } from '../system/files.js';
import { appendBlock, insertBlock, readBlock } from '../system/managed-block.js';
import { printable } from '../system/printable.js';
import { type Before, EMPTY_HOOK, HOOK_BLOCK, readBefore, renderBlock, renderWrapper } from './hook-block.js';
import type { HookEvent, HookRequest } from './hook-installer.js';
import { hasForeignLineEnd, isOfGitLfs, takesShellLines } from './hook-script.js';

/** Where one event's hook stands, and what it needs beside it when it is kept aside. */
export type HookPlace = {
  readonly event: HookEvent;
  readonly path: AbsolutePath;
  /** The hook that was there: in the same folder, because it may look for others beside it. */
  readonly kept: AbsolutePath;
  /** A link to the kept hook with the name of its event, because a hook may ask for its own name (Overcommit does). */
  readonly alias: AbsolutePath;
  readonly aliasTarget: string;
};

/** What is to be done for one event. */
export type HookPlan =
  | { readonly kind: 'leave'; readonly why: string }
  | {
      readonly kind: 'write';
      readonly place: HookPlace;
      readonly text: Buffer;
      readonly change: 'create' | 'edit' | 'none';
      /** The permission bits of the hook that is there; a new one gets the person's own. */
      readonly mode?: number;
      /** Whether the hook runs another one that is kept aside. */
      readonly wraps: boolean;
      /** Whether that other one still has to be moved aside. */
      readonly moves: boolean;
    };

/** Returns the paths that belong to an event. */
export function hookPlace(folder: AbsolutePath, event: HookEvent): HookPlace {
  const kept = `${event}.autosync-kept`;
  return {
    event,
    path: joinPath(folder, event),
    kept: joinPath(folder, kept),
    alias: joinPath(folder, 'autosync-kept', event),
    aliasTarget: `../${kept}`,
  };
}

/** Tells whether a hook's alias stands as we make it. */
export function hasAlias(place: HookPlace): boolean {
  const isLink = lstatIfPresent(place.alias)?.isSymbolicLink() === true;
  return isLink && readLink(place.alias).toString() === place.aliasTarget;
}

/** Decides, without changing anything, how our block gets into the hook of one event, or why it does not. */
export function planHook(request: HookRequest, event: HookEvent): HookPlan {
  const place = hookPlace(request.site.folder, event);
  const found = lstatIfPresent(place.path);
  if (found === undefined) return planNew(request, place);
  if (!found.isFile() && !found.isSymbolicLink()) return leave(place.path, 'is neither a file nor a link');
  if (!isExecutable(place.path)) return leave(place.path, 'is not executable, so that git does not run it');
  if (found.isSymbolicLink()) return planWrapper(request, place);
  if (!isReadable(place.path)) return leave(place.path, 'cannot be read');
  return planEdit(request, { place, text: readIfPresent(place.path) ?? Buffer.alloc(0), mode: found.mode & 0o7777 });
}

type Present = { readonly place: HookPlace; readonly text: Buffer; readonly mode: number };

function planNew(request: HookRequest, place: HookPlace): HookPlan {
  if (lstatIfPresent(place.kept) !== undefined) return planWrapper(request, place);
  const before = lstatIfPresent(dirname(place.path)) === undefined ? 'no folder' : 'no hook';
  const text = withBlock(EMPTY_HOOK, renderBlock(request, place.event, before));
  return { kind: 'write', place, text, change: 'create', wraps: false, moves: false };
}

function planEdit(request: HookRequest, { place, text, mode }: Present): HookPlan {
  const block = readBlock(text, HOOK_BLOCK);
  if (block.kind === 'unbalanced') {
    return leave(place.path, `has autosync's markers, but not in a pair (lines ${block.lines.join(', ')})`);
  }
  if (hasForeignLineEnd(text)) return leave(place.path, 'has a first line that ends in CR, so that it does not run');
  if (block.kind === 'absent' && !takesShellLines(text)) return planWrapper(request, place);
  const before: Before = block.kind === 'absent' ? 'a hook' : readBefore(block.body);
  const edited = withBlock(text, renderBlock(request, place.event, before));
  const wraps = before === 'a hook, kept aside';
  const isDone = edited.equals(text) && (!wraps || hasAlias(place));
  return { kind: 'write', place, text: edited, change: isDone ? 'none' : 'edit', mode, wraps, moves: false };
}

/** Keeps a hook that is no shell script, or a link to somebody's file elsewhere, aside as it is. */
function planWrapper(request: HookRequest, place: HookPlace): HookPlan {
  const moves = lstatIfPresent(place.path) !== undefined;
  // Beside our alias, what is kept is the hook that another tool has just written anew, over our script.
  if (moves && lstatIfPresent(place.kept) !== undefined && !hasAlias(place)) {
    return leave(place.path, `is no shell script, and '${printable(place.kept)}' is in its way`);
  }
  if (lstatIfPresent(place.alias) !== undefined && !hasAlias(place)) {
    return leave(place.path, `is no shell script, and '${printable(place.alias)}' is in its way`);
  }
  const text = withBlock(renderWrapper(place.event), renderBlock(request, place.event, 'a hook, kept aside'));
  return { kind: 'write', place, text, change: moves ? 'edit' : 'create', wraps: true, moves };
}

function withBlock(text: Uint8Array, body: string): Buffer {
  // git-lfs takes a hook for its own, and is installed again without a complaint, by how it begins.
  const edit = (isOfGitLfs(text) ? appendBlock : insertBlock)(text, body, HOOK_BLOCK);
  if (edit.kind === 'unbalanced') throw new Error('a hook was found balanced, and is not');
  return edit.text;
}

const leave = (path: AbsolutePath, why: string): HookPlan => ({
  kind: 'leave',
  why: `'${printable(path)}' ${why}; for that event the scheduler does the work`,
});
