import { errorCode } from '../../model/errors.js';
import type { AbsolutePath } from '../../model/paths.js';
import { createExclusively, link, lstatIfPresent, move } from '../../system/files.js';

/** What file systems without hard links answer to `link` (FAT, some network and FUSE file systems). */
const NO_HARD_LINKS: ReadonlySet<string> = new Set([
  'EPERM',
  'ENOTSUP',
  'EOPNOTSUPP',
  'ENOSYS',
  'EMLINK',
  'EXDEV',
  'EACCES',
]);

/**
 * What a disk answers that has no room for one more name; it has for another one of the same length. The last two are
 * what Node makes of EDQUOT.
 */
const NO_ROOM: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'Unknown system error -122', 'UNKNOWN']);

/** The permissions of the empty file that holds a place for a moment. */
export const PLACEHOLDER_MODE = 0o600;

/**
 * Gives a complete file its place without ever overwriting what stands there; returns false when something does.
 * A hard link does this in one step. Where links are refused, an empty file is created exclusively and then replaced:
 * between the two it is looked at again, so that what another program put there meanwhile is met, not lost. On a disk
 * that is full nobody else can make a file in that moment either, and what was moved aside must come back.
 */
export function linkIntoPlace(from: AbsolutePath, to: AbsolutePath): boolean {
  try {
    link(from, to);
    return true;
  } catch (error) {
    const code = errorCode(error) ?? '';
    if (code === 'EEXIST') return false;
    if (NO_ROOM.has(code)) return moveIntoPlace(from, to);
    if (!NO_HARD_LINKS.has(code)) throw error;
  }
  if (!createExclusively(to, '', PLACEHOLDER_MODE)) return false;
  const placeholder = lstatIfPresent(to);
  if (placeholder?.isFile() !== true || placeholder.size !== 0) return false;
  move(from, to);
  return true;
}

function moveIntoPlace(from: AbsolutePath, to: AbsolutePath): boolean {
  if (lstatIfPresent(to) !== undefined) return false;
  move(from, to);
  return true;
}
