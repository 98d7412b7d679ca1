import { dirname } from 'node:path';
import { type AbsolutePath, asAbsolute } from '../model/paths.js';
import { joinPath, listNames, lstatIfPresent, readIfPresent } from '../system/files.js';
import { readBlock } from '../system/managed-block.js';
import type { HookPlace } from './git-hook-plan.js';
import { HOOK_BLOCK } from './hook-block.js';

/**
 * Finds our lines in hooks that another tool has moved aside to put its own in their place: pre-commit to
 * `<event>.legacy`, which it runs too, lefthook to `<event>.old`, which it brings back when it is uninstalled.
 */
export function movedHooks(place: HookPlace): readonly HookPlace[] {
  const folder = asAbsolute(dirname(place.path));
  return listNames(folder)
    .filter((name) => name.startsWith(`${place.event}.`) && !name.includes('autosync'))
    .map((name) => joinPath(folder, name))
    .filter(holdsBlock)
    .map((path) => ({ ...place, path }));
}

/** Tells whether a hook has our lines. */
export function holdsBlock(path: AbsolutePath): boolean {
  if (lstatIfPresent(path)?.isFile() !== true) return false;
  return readBlock(readIfPresent(path) ?? Buffer.alloc(0), HOOK_BLOCK).kind === 'present';
}
