import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { lstatIfPresent } from '../../src/system/files.js';
import { decodePath, fsPath } from '../../src/system/path-bytes.js';

/** A token is what makes a save recognisable wherever its bytes come to lie. */
const TOKEN = /T\d{6}Z/g;

/** Returns the tokens in some bytes. */
export const tokensIn = (bytes: Uint8Array | string): readonly string[] =>
  (typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString('latin1')).match(TOKEN) ?? [];

/** What is known of every save: the oracle for loss, which knows nothing of how the tool works. */
export type Tokens = {
  /** Makes a token for a save that is about to be made. */
  readonly next: () => string;
  /** The save was made. */
  readonly saved: (token: string) => void;
  /** A person overwrote or deleted bytes that he had before him, with these tokens in them. */
  readonly overwritten: (tokens: Iterable<string>) => void;
  /** A person had these taken out of his files, knowing that the history keeps them: for good. */
  readonly setAside: (tokens: Iterable<string>) => void;
  /** A run said that all was synced while these were on its disk: they must be in the history for good. */
  readonly promised: (tokens: Iterable<string>) => void;
  /** Every token that no person has overwritten. */
  readonly live: () => readonly string[];
  readonly owedForGood: () => readonly string[];
};

/** Starts counting; the given tokens are there already. */
export function startTokens(present: readonly string[]): Tokens {
  const saved = new Set(present);
  const gone = new Set<string>();
  const promised = new Set<string>();
  let count = 100;
  return {
    next: () => {
      count += 1;
      return `T${String(count).padStart(6, '0')}Z`;
    },
    saved: (token) => void saved.add(token),
    overwritten: (tokens) => {
      for (const token of tokens) gone.add(token);
    },
    setAside: (tokens) => {
      for (const token of tokens) {
        gone.add(token);
        promised.add(token);
      }
    },
    promised: (tokens) => {
      for (const token of tokens) promised.add(token);
    },
    live: () => [...saved].filter((token) => !gone.has(token)),
    owedForGood: () => [...promised],
  };
}

/** What stands at a path: a file's bytes, a link's target, all of a folder's files; nothing. */
export function tokensAt(top: string, path: string): readonly string[] {
  return [...filesAt(top, path).values()].flatMap((bytes) => tokensIn(bytes));
}

/** Reads every file and link at or below a path, `.git` and `.hg` left out: path → bytes, a link's are its target's. */
export function filesAt(top: string, path = ''): Map<string, Buffer> {
  const found = new Map<string, Buffer>();
  collect(top, path, found);
  return found;
}

function collect(top: string, path: string, found: Map<string, Buffer>): void {
  const at = fsPath(join(top, path));
  const stats = lstatIfPresent(join(top, path));
  if (stats === undefined) return;
  if (stats.isSymbolicLink()) found.set(path, Buffer.from(`-> ${readlinkSync(at, 'latin1')}`));
  else if (stats.isFile()) found.set(path, readFileSync(at));
  if (!stats.isDirectory()) return;
  for (const name of readdirSync(at, 'buffer').map(decodePath)) {
    if (path === '' && (name === '.git' || name === '.hg')) continue;
    collect(top, path === '' ? name : `${path}/${name}`, found);
  }
}
