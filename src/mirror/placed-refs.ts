import type { AbsolutePath } from '../model/paths.js';
import { readTextIfPresent, writeAtomically } from '../system/files.js';

/**
 * What the mirror has put at the destination: for each ref the commit, and while a push is under way, or was killed,
 * the one before as well. A ref that stands elsewhere was moved by somebody else.
 */
export type PlacedRefs = ReadonlyMap<string, readonly string[]>;

/** Reads it; nothing, where nothing is known. */
export function readPlaced(file: AbsolutePath): PlacedRefs {
  try {
    const value: unknown = JSON.parse(readTextIfPresent(file) ?? '{}');
    const entries = typeof value === 'object' && value !== null ? Object.entries(value) : [];
    return new Map(entries.filter((entry): entry is [string, string[]] => isIds(entry[1])));
  } catch (error) {
    // Damaged: then every ref that differs counts as moved by somebody else, and nothing is lost.
    if (error instanceof SyntaxError) return new Map();
    throw error;
  }
}

const isIds = (value: unknown): boolean => Array.isArray(value) && value.every((id) => typeof id === 'string');

/** Writes it down. */
export const writePlaced = (file: AbsolutePath, placed: PlacedRefs): void =>
  writeAtomically(file, `${JSON.stringify(Object.fromEntries(placed), null, 1)}\n`);
