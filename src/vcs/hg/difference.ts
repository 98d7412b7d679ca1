import { asRelative, type RelativePath } from '../../model/paths.js';
import { splitPaths } from '../../system/path-bytes.js';
import type { TreeDifference } from '../placement/plan.js';
import { exactly } from './command.js';
import { MANY_FILES } from './contents.js';
import type { Repository } from './repository.js';

type WithHg = Pick<Repository, 'hg'>;

/** Says in which files two changesets differ. */
export async function differences(repository: WithHg, from: string, to: string): Promise<readonly TreeDifference[]> {
  const changed = await changedPaths(repository, from, to);
  const before = await modesOf(
    repository,
    from,
    changed.filter(({ letter }) => letter !== 'A').map(({ path }) => path),
  );
  const after = await modesOf(
    repository,
    to,
    changed.filter(({ letter }) => letter !== 'R').map(({ path }) => path),
  );
  return changed.map(({ path }) => {
    const [old, fresh] = [before.get(path), after.get(path)];
    return {
      path,
      old: old === undefined ? undefined : { id: from, mode: old },
      new: fresh === undefined ? undefined : { id: to, mode: fresh },
    };
  });
}

/** One path that differs between two changesets; `source` is what an added one was copied from, or empty. */
export type ChangedPath = { readonly path: RelativePath; readonly letter: 'M' | 'A' | 'R'; readonly source: string };

/** Reads `hg status --rev <from> --rev <to>`: `<letter> NUL <path> NUL <source> NUL`. */
export async function changedPaths({ hg }: WithHg, from: string, to: string): Promise<readonly ChangedPath[]> {
  const args = ['status', '-mar', '-C', '-T', '{status}\\0{path}\\0{source}\\0', `--rev=${from}`, `--rev=${to}`];
  const values = splitPaths(await hg.output(args));
  const changed: ChangedPath[] = [];
  for (let at = 0; at + 2 < values.length; at += 3) {
    const letter = values[at];
    if (letter !== 'M' && letter !== 'A' && letter !== 'R') throw new Error(`hg status answered '${letter}'`);
    changed.push({ letter, path: asRelative(values[at + 1] ?? ''), source: values[at + 2] ?? '' });
  }
  return changed;
}

const MODES: Readonly<Record<string, string>> = { '': '100644', x: '100755', l: '120000' };

/** Reads the kinds of some files of a changeset, as git's octal modes. */
export async function modesOf(
  repository: WithHg,
  changeset: string,
  paths: readonly RelativePath[],
): Promise<ReadonlyMap<RelativePath, string>> {
  if (paths.length === 0) return new Map();
  return await readModes(repository, changeset, paths.length > MANY_FILES ? [] : exactly(paths));
}

/** Reads the kinds of all files of a changeset. */
export const allModesOf = (repository: WithHg, changeset: string): Promise<ReadonlyMap<RelativePath, string>> =>
  readModes(repository, changeset, []);

/** Reads `hg files`: `<flags> NUL <path> NUL`; exit code 1 says that there is none. */
async function readModes(
  { hg }: WithHg,
  changeset: string,
  wanted: readonly string[],
): Promise<ReadonlyMap<RelativePath, string>> {
  const result = await hg.run(['files', `--rev=${changeset}`, '-T', '{flags}\\0{path}\\0', '--', ...wanted]);
  const values = splitPaths(result.stdout);
  const modes = new Map<RelativePath, string>();
  for (let at = 0; at + 1 < values.length; at += 2)
    modes.set(asRelative(values[at + 1] ?? ''), MODES[values[at] ?? ''] ?? '100644');
  return modes;
}
