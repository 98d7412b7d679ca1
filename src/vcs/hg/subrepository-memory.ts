import type { AbsolutePath } from '../../model/paths.js';
import { joinPath, readTextIfPresent, writeAtomically } from '../../system/files.js';
import type { Repository } from './repository.js';

/**
 * Which subrepositories are kept in step, and the commit on which each last stood where the tree says; empty where that
 * is not known. What then differs from it has gone on: the subrepository, what the tree says, or both.
 */
export type Agreements = ReadonlyMap<string, string>;

type Place = Pick<Repository, 'privateFolder'>;

const file = ({ privateFolder }: Place): AbsolutePath => joinPath(privateFolder, 'subrepositories.json');

/** Reads them; undefined where nothing was ever kept in step here. */
export function readAgreements(place: Place): Agreements | undefined {
  const text = readTextIfPresent(file(place));
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return new Map();
    return new Map(
      Object.entries(value).flatMap(([path, id]) => (typeof id === 'string' ? [[path, id] as const] : [])),
    );
  } catch (error) {
    // Without it each is known by its place alone, and both sides count as gone on.
    if (error instanceof SyntaxError) return new Map();
    throw error;
  }
}

/** Writes down on what subrepositories stand; what is known of others stays. */
export function agree(place: Place, news: Agreements): void {
  const known = new Map([...(readAgreements(place) ?? []), ...news]);
  writeAtomically(file(place), JSON.stringify(Object.fromEntries(known)));
}
