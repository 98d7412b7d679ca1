import type { Change } from '../../model/change.js';
import { asRelative } from '../../model/paths.js';
import { splitPaths } from '../../system/path-bytes.js';
import type { Repository } from './repository.js';

/** Says what differs between two trees, renames found by content. */
export async function readChanges(
  repository: Pick<Repository, 'git'>,
  from: string,
  to: string,
): Promise<readonly Change[]> {
  return parseChanges(await repository.git.output(changesArguments(from, to)));
}

/** The arguments whose answer {@link parseChanges} reads: what differs between two trees, renames found by content. */
const changesArguments = (from: string, to: string): readonly string[] => [
  'diff-tree',
  '-r',
  '-z',
  '-M',
  '-l2000',
  '--name-status',
  '--no-commit-id',
  from,
  to,
];

/**
 * Reads `git diff-tree --name-status -z`:
 *
 *     <status> NUL <path> NUL                     A, M, D, T
 *     R<score> NUL <from> NUL <to> NUL            a rename
 */
export function parseChanges(output: Uint8Array): Change[] {
  const values = splitPaths(output);
  const changes: Change[] = [];
  for (let at = 0; at + 1 < values.length; ) {
    const status = values[at] ?? '';
    const path = asRelative(values[at + 1] ?? '');
    if (status.startsWith('R')) {
      changes.push({ type: 'renamed', from: path, path: asRelative(values[at + 2] ?? '') });
      at += 3;
      continue;
    }
    changes.push({ type: typeOf(status), path });
    at += 2;
  }
  return changes;
}

function typeOf(status: string): 'added' | 'modified' | 'removed' {
  if (status === 'A') return 'added';
  return status === 'D' ? 'removed' : 'modified';
}
