import { asRelative, type RelativePath } from '../../model/paths.js';
import { isForeignName, splitPaths } from '../../system/path-bytes.js';
import { MACHINE_TRAILER } from '../vcs.js';
import type { Repository } from './repository.js';

/** What one side of a merge holds. */
export type Side = {
  readonly commit: string;
  readonly entries: ReadonlyMap<RelativePath, { readonly mode: string; readonly id: string }>;
  readonly ids: ReadonlySet<string>;
};

/** Reads what a commit holds. */
export async function readSide(repository: Repository, commit: string): Promise<Side> {
  const entries = new Map<RelativePath, { readonly mode: string; readonly id: string }>();
  const ids = new Set<string>();
  // `<mode> SP <type> SP <id> TAB <path> NUL`
  for (const record of splitPaths(await repository.git.output(['ls-tree', '-r', '-z', '--full-tree', commit]))) {
    const tab = record.indexOf('\t');
    const [mode = '', , id = ''] = record.slice(0, tab).split(' ');
    entries.set(asRelative(record.slice(tab + 1)), { mode, id });
    ids.add(id);
  }
  return { commit, entries, ids };
}

/** Whose a version of a file is, and since when. */
export type Provenance = {
  /** The machine that the commit names, else its author. */
  readonly machine: string;
  /** Milliseconds since 1970 at which the commit was made. */
  readonly at: number;
};

/** The two ends of a merge, seen from the one whose version is looked for. */
export type ProvenanceQuestion = { readonly side: string; readonly other: string; readonly path: RelativePath };

/**
 * Finds the newest commit of one side alone that touched a path, and reads from it whose version it is: from the commit
 * alone, so that every machine reads the same.
 */
export async function provenance(repository: Repository, question: ProvenanceQuestion): Promise<Provenance> {
  const { side, other, path } = question;
  const format = `--format=%at%x00%an%x00%(trailers:key=${MACHINE_TRAILER},valueonly,separator=%x2C)`;
  const arguments_ = ['log', '-1', '--full-history', format, side];
  // A name that is not text cannot be an argument; the side's newest commit stands in.
  const exact = isForeignName(path) ? '' : await repository.git.text([...arguments_, '--not', other, '--', path]);
  const text = exact === '' ? await repository.git.text(arguments_) : exact;
  const [at = '0', author = '', trailer = ''] = text.split('\0');
  const machine = trailer.split(',')[0]?.trim() ?? '';
  return { machine: machine === '' ? author : machine, at: Number(at) * 1000 };
}
