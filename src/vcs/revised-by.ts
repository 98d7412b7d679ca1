import type { IntegrateResult } from './vcs.js';
import type { ReviseResult } from './versions.js';

/** Says what became of a commit of ours that was put in place as if it came from the hub. */
export function revisedBy(placed: IntegrateResult): ReviseResult {
  if (placed.kind === 'paused') throw new Error('what a person asks for is not left to him');
  if (placed.kind !== 'done') return placed;
  const { kind, files, why } = placed.outcome;
  if (kind === 'postponed') return { kind: 'changed-meanwhile', why: why ?? 'a file is still being written' };
  return { kind: 'done', head: placed.head, files };
}
