import { asRelative, type RelativePath } from '../model/paths.js';
import { decodePath, splitPaths } from '../system/path-bytes.js';
import { exactly, type Hg, hgFailure } from '../vcs/hg/command.js';
import { FILE_STREAM_TEMPLATE, fileStream } from '../vcs/hg/file-stream.js';
import { withoutIgnored } from '../vcs/metadata-name.js';

/** Git's modes for what Mercurial tracks. */
export type GitMode = '100644' | '100755' | '120000';

/** What hg says of a file of a changeset; the size is in bytes. */
export type FileFacts = { readonly path: RelativePath; readonly mode: GitMode; readonly size: number };

/** What a changeset did to the files of its first parent. */
export type ChangedFiles = {
  readonly removed: readonly RelativePath[];
  readonly written: readonly FileFacts[];
};

/** With more names than this hg is quicker when it tells of all files. */
const MANY_FILES = 5000;

/** So many files, and of so many bytes together, are read at once, and held in memory; one that is larger is read alone. */
const CHUNK = { files: 500, bytes: 32 * 1024 * 1024 };

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
  return { removed, written: await readFacts(hg, node, kept) };
}

/** Asks hg for some files of a changeset. */
export async function readFacts(hg: Hg, node: string, paths: readonly RelativePath[]): Promise<readonly FileFacts[]> {
  if (paths.length === 0) return [];
  const named = paths.length > MANY_FILES ? [] : exactly(paths);
  const template = '{flags}\\0{size}\\0{path}\\0';
  const words = splitPaths(await hg.output(['files', '-r', node, '-T', template, '--', ...named]));
  const facts = new Map<string, Omit<FileFacts, 'path'>>();
  for (let at = 0; at + 2 < words.length; at += 3)
    facts.set(words[at + 2] ?? '', { mode: gitMode(words[at] ?? ''), size: Number(words[at + 1]) });
  return paths.map((path) => {
    const found = facts.get(path);
    if (found === undefined) throw new Error(`hg does not know the file '${path}' of changeset ${node}`);
    return { path, ...found };
  });
}

/** Returns git's mode for a flag of Mercurial's: `x`, `l` or none. */
const gitMode = (flag: string): GitMode => (flag === 'x' ? '100755' : flag === 'l' ? '120000' : '100644');

/** Hands over the bytes of some files of a changeset as they are stored, in pieces of a bounded size. */
export async function* readContents(
  hg: Hg,
  node: string,
  files: readonly Pick<FileFacts, 'path' | 'size'>[],
): AsyncGenerator<ReadonlyMap<string, Buffer>> {
  for (const chunk of chunksOf(files)) yield await readSome(hg, node, chunk);
}

function chunksOf(files: readonly Pick<FileFacts, 'path' | 'size'>[]): readonly (readonly RelativePath[])[] {
  const chunks: RelativePath[][] = [];
  let held = Number.POSITIVE_INFINITY;
  for (const { path, size } of files) {
    const last = chunks.at(-1);
    if (last === undefined || last.length === CHUNK.files || held + size > CHUNK.bytes) {
      chunks.push([path]);
      held = size;
    } else {
      last.push(path);
      held += size;
    }
  }
  return chunks;
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
const GIT_FOLDER = /(^|[/\\])(\.git|git~1)[ .]*(:[^/]*)?($|[/\\])/i;

/** Tells whether git cannot hold a name. */
export const isForbiddenName = (path: string): boolean => GIT_FOLDER.test(withoutIgnored(path));
