import { basename, dirname, extname } from 'node:path/posix';
import { AutosyncError } from '../model/errors.js';
import { asRelative, type RelativePath } from '../model/paths.js';
import { joinPath, lstatIfPresent } from '../system/files.js';
import { printable } from '../system/printable.js';
import { isAtOrBelow } from '../vcs/conflict-copy.js';
import type { WorkingTree } from '../vcs/vcs.js';
import type { Edit, FileEntry } from '../vcs/versions.js';
import type { Plan, Present } from './deed.js';
import type { OpenConflict } from './inbox.js';

/** What a person wants of a conflict: `done` means that the file is right as it stands. */
export type Choice =
  | { readonly kind: 'keep'; readonly whose: string }
  | { readonly kind: 'both' }
  | { readonly kind: 'done' }
  | { readonly kind: 'merged'; readonly bytes: Buffer };

/** What became of one conflict. */
export type Resolved = {
  readonly path: RelativePath;
  /** Whose version has the file's name now; undefined where it is not one of the two alone. */
  readonly machine: string | undefined;
  /** Where the other version stands under a plain name; undefined where it is in the history only. */
  readonly beside: RelativePath | undefined;
};

/** A conflict that stays as it is, and why. */
export type Unresolved = { readonly path: RelativePath; readonly error: AutosyncError };

/** What resolving some conflicts does. */
export type ResolvePlan = Plan & {
  readonly resolved: readonly Resolved[];
  readonly unresolved: readonly Unresolved[];
};

/**
 * Decides what resolving conflicts puts where, all in one commit. One that cannot be resolved keeps none of the others
 * from it; that none can is an error.
 */
export async function planResolve(
  tree: WorkingTree,
  { head }: Pick<Present, 'head'>,
  { conflicts, choice }: { readonly conflicts: readonly OpenConflict[]; readonly choice: Choice },
): Promise<ResolvePlan> {
  const entries = await tree.versions.entries(head);
  const taken = new Set<string>();
  const steps: Step[] = [];
  const unresolved: Unresolved[] = [];
  for (const conflict of conflicts) {
    const found = resolveIfPossible({ tree, head, entries, taken }, conflict, choice);
    if ('error' in found) unresolved.push(found);
    else steps.push(found);
  }
  const [refused] = unresolved;
  if (refused !== undefined && steps.length === 0) throw refused.error;
  const edits = steps.flatMap((step) => step.edits);
  refuseTwice(edits);
  const [only] = steps;
  const subject = only !== undefined && steps.length === 1 ? only.words : `Resolved ${steps.length} conflicts`;
  const lines = steps.length === 1 ? [] : steps.map(({ words }) => words);
  return { edits, subject, lines, resolved: steps.map(({ resolved }) => resolved), unresolved };
}

type Known = {
  readonly tree: WorkingTree;
  readonly head: string;
  readonly entries: readonly FileEntry[];
  /** Names that are given in this very plan. */
  readonly taken: Set<string>;
};

type Step = { readonly edits: readonly Edit[]; readonly words: string; readonly resolved: Resolved };

function resolveIfPossible(known: Known, conflict: OpenConflict, choice: Choice): Step | Unresolved {
  try {
    return resolveOne(known, conflict, choice);
  } catch (error) {
    if (!(error instanceof AutosyncError)) throw error;
    return { path: conflict.path, error };
  }
}

function resolveOne(known: Known, conflict: OpenConflict, choice: Choice): Step {
  const { path, copy, kept, other } = conflict;
  if (copy === undefined) throw new Error(`the conflict about '${path}' has not been merged`);
  const below = (folder: RelativePath): readonly RelativePath[] =>
    known.entries.map((entry) => entry.path).filter((name) => isAtOrBelow(name, folder));
  const [keptFiles, copyFiles] = [below(path), below(copy)];
  if (copyFiles.length === 0) throw keptOutOfCommits(copy);
  const without = copyFiles.map(removal);
  const moved = (to: RelativePath): readonly Edit[] =>
    copyFiles.map((name) => place(`${to}${name.slice(copy.length)}`, { revision: known.head, path: name }));
  switch (choice.kind) {
    case 'done':
      return step(without, `Resolved ${path}`, { path, machine: undefined, beside: undefined });
    case 'merged': {
      const bytes = { kind: 'bytes', bytes: choice.bytes, mode: modeOf(known, path, copy) } as const;
      const edits = [...without, { path, to: bytes }];
      return step(edits, `Merged both versions of ${path}`, { path, machine: undefined, beside: undefined });
    }
    case 'both': {
      const beside = freeName(known, conflict);
      return step([...without, ...moved(beside)], `Kept both versions of ${path}, one as ${beside}`, {
        path,
        machine: kept.machine,
        beside,
      });
    }
    case 'keep': {
      const side = sideOf(conflict, choice.whose);
      const machine = side === 'kept' ? kept.machine : other.machine;
      const words = `Kept ${machine === undefined ? 'one' : `${machine}'s`} version of ${path}`;
      const resolved = { path, machine, beside: undefined };
      if (side === 'kept') return step(without, words, resolved);
      const arriving = moved(path);
      const names = new Set<string>(arriving.map((edit) => edit.path));
      const leaving = keptFiles.filter((name) => !names.has(name)).map(removal);
      return step([...leaving, ...without, ...arriving], words, resolved);
    }
  }
}

const step = (edits: readonly Edit[], words: string, resolved: Resolved): Step => ({ edits, words, resolved });
const removal = (path: RelativePath): Edit => ({ path, to: { kind: 'nothing' } });
const place = (path: string, from: { readonly revision: string; readonly path: RelativePath }): Edit => ({
  path: asRelative(path),
  to: { kind: 'version', ...from },
});

const modeOf = ({ entries }: Known, path: RelativePath, copy: RelativePath): string =>
  (entries.find((entry) => entry.path === path) ?? entries.find((entry) => entry.path === copy))?.content.mode ??
  '100644';

function keptOutOfCommits(copy: RelativePath): AutosyncError {
  return new AutosyncError(
    'failed',
    `nothing was done: '${printable(copy)}' is kept out of commits, so what is replaced would be lost`,
    ['compare the two yourself, then rename or delete the copy'],
  );
}

/** Says which of the two versions is meant by `mine`, `theirs` or a machine's name. */
export function sideOf({ path, mine, kept, other }: OpenConflict, whose: string): 'kept' | 'other' {
  if (whose === 'mine' || whose === 'theirs') {
    if (mine !== undefined) return (whose === 'mine') === (mine === 'kept') ? 'kept' : 'other';
    throw new AutosyncError(
      'usage',
      `neither version of '${printable(path)}' is known to be this machine's`,
      namedSides(kept, other),
    );
  }
  const [isKept, isOther] = [kept.machine === whose, other.machine === whose];
  if (isKept !== isOther) return isKept ? 'kept' : 'other';
  const what = isKept ? 'both versions' : 'no version';
  throw new AutosyncError(
    'usage',
    `${what} of '${printable(path)}' came from '${printable(whose)}'`,
    namedSides(kept, other),
  );
}

function namedSides(kept: OpenConflict['kept'], other: OpenConflict['other']): readonly string[] {
  const named = [kept, other].flatMap(({ machine, path }) =>
    machine === undefined || path === undefined ? [] : [`--keep '${printable(machine)}' keeps '${printable(path)}'`],
  );
  return kept.machine === other.machine ? ['--keep both, or change the file and say --done'] : named;
}

/** Finds a name for the copy that is none of a copy's: `<stem> (<machine>)<extension>`, with a number where it is taken. */
function freeName({ tree, entries, taken }: Known, { path, other }: OpenConflict): RelativePath {
  const name = basename(path);
  const extension = extname(name);
  const stem = name.slice(0, name.length - extension.length);
  const used = new Set<string>([...entries.map((entry) => entry.path), ...taken]);
  for (let number = 1; ; number += 1) {
    const mark = ` (${other.machine ?? 'other'}${number === 1 ? '' : ` ${number}`})`;
    const short = shortened(stem, `${mark}${extension}`);
    const folder = dirname(path);
    const free = asRelative(`${folder === '.' ? '' : `${folder}/`}${short}${mark}${extension}`);
    if (used.has(free) || lstatIfPresent(joinPath(tree.top, free)) !== undefined) continue;
    taken.add(free);
    return free;
  }
}

const MAX_NAME_BYTES = 255;

function shortened(stem: string, rest: string): string {
  const letters = [...stem];
  while (letters.length > 0 && Buffer.byteLength(letters.join('') + rest) > MAX_NAME_BYTES) letters.pop();
  return letters.join('');
}

function refuseTwice(edits: readonly Edit[]): void {
  const seen = new Set<string>();
  for (const { path } of edits) {
    if (seen.has(path)) {
      const hint = 'name one of them: autosync conflicts';
      throw new AutosyncError('usage', `there are several copies of '${printable(path)}'`, [hint]);
    }
    seen.add(path);
  }
}
