import { decodePath } from '../../system/path-bytes.js';
import type { Candidate } from './candidates.js';
import type { Repository } from './repository.js';
import { selecting } from './selecting.js';

/** How alike two files must be, in percent, to be one that was renamed. */
const ALIKE = '75';

/** More pairs than these would take hg minutes to compare; then only equal contents count. */
const MAX_PAIRS = 250_000;

/** The command that adds, removes and renames paths, which still have to be named. */
export function addRemove(candidates: readonly Candidate[]): readonly [verb: string, ...args: string[]] {
  const gone = candidates.filter(({ letter }) => letter === '!').length;
  const alike = gone * (candidates.length - gone) > MAX_PAIRS ? '100' : ALIKE;
  return ['addremove', '-s', alike];
}

/** Returns the candidates that hg has to be told of: what it does not know, and what is gone. */
export const untold = (candidates: readonly Candidate[]): readonly Candidate[] =>
  candidates.filter(({ letter }) => letter === '?' || letter === '!');

/**
 * Asks which of some paths hg would take for renames, without recording anything; the answer is from the new name to
 * the old. Hg says it in words alone: `recording removal of <old> as rename to <new> (98% similar)`.
 */
export async function foreseeRenames(
  repository: Repository,
  candidates: readonly Candidate[],
): Promise<ReadonlyMap<string, string>> {
  const renames = new Map<string, string>();
  const gone = new Set(candidates.filter(({ letter }) => letter === '!').map(({ path }) => path as string));
  const fresh = new Set(candidates.filter(({ letter }) => letter === '?').map(({ path }) => path as string));
  if (gone.size === 0 || fresh.size === 0) return renames;
  const asked = untold(candidates);
  const words = await repository.hg.output([...addRemove(asked), '-n', '-v', ...(await selecting(repository, asked))]);
  for (const line of decodeLines(words)) {
    const [, text = ''] = /^recording removal of (.*) \(\d+% similar\)$/.exec(line) ?? [];
    const parts = text.split(' as rename to ');
    // A name may hold these very words: only a pair of names that we asked about is an answer.
    for (let at = 1; at < parts.length; at += 1) {
      const [from, to] = [parts.slice(0, at), parts.slice(at)].map((some) => some.join(' as rename to '));
      if (from !== undefined && to !== undefined && gone.has(from) && fresh.has(to)) renames.set(to, from);
    }
  }
  return renames;
}

const decodeLines = (bytes: Buffer): readonly string[] => decodePath(bytes).split('\n');
