import { asRelative, type RelativePath } from '../model/paths.js';
import { decodePath, splitPaths } from '../system/path-bytes.js';
import { exactly, type Hg, hgFailure } from '../vcs/hg/command.js';
import { FILE_STREAM_TEMPLATE, fileStream } from '../vcs/hg/file-stream.js';

/** Git's modes for what Mercurial tracks. */
export type GitMode = '100644' | '100755' | '120000';

/** What a changeset did to the files of its first parent. */
export type ChangedFiles = {
  readonly removed: readonly RelativePath[];
  readonly written: readonly { readonly path: RelativePath; readonly mode: GitMode }[];
};

/** With more names than this hg is quicker when it tells of all files. */
const MANY_FILES = 5000;

/** So many files are read at once, and held in memory. */
const CHUNK = 500;

/**
 * Says what a changeset did to its first parent's files. The lists that hg keeps with a changeset are not used: for a
 * merge they mean something else (field notes, 3), and in converted histories they are wrong.
 */
export async function readChangedFiles(hg: Hg, node: string): Promise<ChangedFiles> {
  const output = await hg.output(['status', '--change', node, '-amr', '-T', '{status}\\0{path}\\0']);
  const words = splitPaths(output);
  const removed: RelativePath[] = [];
  const kept: RelativePath[] = [];
  for (let at = 0; at + 1 < words.length; at += 2) {
    (words[at] === 'R' ? removed : kept).push(asRelative(words[at + 1] ?? ''));
  }
  return { removed, written: kept.length === 0 ? [] : await readModes(hg, node, kept) };
}

async function readModes(hg: Hg, node: string, paths: readonly RelativePath[]): Promise<ChangedFiles['written']> {
  const named = paths.length > MANY_FILES ? [] : exactly(paths);
  const output = await hg.output(['files', '-r', node, '-T', '{flags}\\0{path}\\0', '--', ...named]);
  const words = splitPaths(output);
  const modes = new Map<string, GitMode>();
  for (let at = 0; at + 1 < words.length; at += 2) modes.set(words[at + 1] ?? '', gitMode(words[at] ?? ''));
  return paths.map((path) => {
    const mode = modes.get(path);
    if (mode === undefined) throw new Error(`hg does not know the file '${path}' of changeset ${node}`);
    return { path, mode };
  });
}

/** Returns git's mode for a flag of Mercurial's: `x`, `l` or none. */
const gitMode = (flag: string): GitMode => (flag === 'x' ? '100755' : flag === 'l' ? '120000' : '100644');

/** Hands over the bytes of some files of a changeset as they are stored, in pieces of a bounded number of files. */
export async function* readContents(
  hg: Hg,
  node: string,
  paths: readonly RelativePath[],
): AsyncGenerator<ReadonlyMap<string, Buffer>> {
  for (let at = 0; at < paths.length; at += CHUNK) yield await readSome(hg, node, paths.slice(at, at + CHUNK));
}

async function readSome(hg: Hg, node: string, paths: readonly RelativePath[]): Promise<ReadonlyMap<string, Buffer>> {
  const found = new Map<string, Buffer>();
  const read = async (wanted: readonly RelativePath[]): Promise<void> => {
    const asked = new Set<string>(wanted);
    const onOutput = fileStream(({ path, data }) => {
      const name = decodePath(path);
      if (!asked.has(name)) throw new Error(`hg cat answered a file that was not asked for: '${name}'`);
      // A view would keep the whole piece of output in memory that it lies in.
      found.set(name, Buffer.from(data));
    });
    const args = ['cat', `--rev=${node}`, '-T', FILE_STREAM_TEMPLATE, '--', ...exactly(wanted)];
    const result = await hg.run(args, { onOutput });
    // A changeset with subrepositories: hg may not look into them, and says so after our own files.
    if (result.exitCode !== 0 && !/subrepos? not (enabled|allowed)/.test(result.stderr)) throw hgFailure(args, result);
  };
  await read(paths);
  // Then the last of several files is lost in hg's own buffer; a single one is answered before it looks there.
  for (const path of paths.filter((one) => !found.has(one))) await read([path]);
  const missing = paths.find((path) => !found.has(path));
  if (missing !== undefined) throw new Error(`hg cat gave no content for '${missing}' of changeset ${node}`);
  return found;
}

/**
 * Names that git refuses, or that would steer git in a clone: `.git` in any case, also as Windows and macOS would
 * understand it (git's verify_path).
 */
const GIT_FOLDER =
  /(^|[/\\])[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]*(\.git|git~1)[ .\u200c-\u200f\ufeff]*(:[^/]*)?($|[/\\])/i;

/** Tells whether git cannot hold a name. */
export const isForbiddenName = (path: string): boolean => GIT_FOLDER.test(path);
