import type { LeftOutFile } from '../model/mirror.js';
import type { Hg } from '../vcs/hg/command.js';
import { type AuthorMap, authorOf } from './author.js';
import { type ChangedFiles, isForbiddenName, readChangedFiles, readContents } from './changed-files.js';
import { type Changeset, readChangesets } from './changesets.js';
import { dataCommand, gitMessage, gitTime, personLine, removeCommand, writeCommand } from './commit-commands.js';
import { appendCommitMap } from './commit-map.js';
import { type FastImport, startFastImport } from './fast-import.js';
import { readAhead } from './read-ahead.js';
import type { Site } from './site.js';

/** What is to be turned into commits, and what is known already. */
export type ExportRequest = {
  readonly site: Site;
  /** Command servers on the clone: each reads other changesets. */
  readonly readers: readonly Hg[];
  /** The changesets that have no commit yet, parents first. */
  readonly missing: readonly string[];
  /** The map of the others; those that are made are added to it. */
  readonly commits: Map<string, string>;
  readonly authors: AuthorMap;
};

/** After so many changesets the work is made to last: more of them is what a kill can cost. */
const BATCH = 1000;

/** So many changesets are read ahead of the one that is written. */
const AHEAD = 8;

/** Turns changesets into commits, in batches of which each is either done or not; returns the files that git cannot hold. */
export async function exportChangesets(request: ExportRequest): Promise<readonly LeftOutFile[]> {
  const { site, missing } = request;
  const leftOut: LeftOutFile[] = [];
  for (let at = 0; at < missing.length; at += BATCH) {
    const batch = missing.slice(at, at + BATCH);
    const told = (done: number): void => site.progress?.(progressLine(at + done, missing.length));
    leftOut.push(...(await exportBatch(request, batch, told)));
  }
  return leftOut;
}

const progressLine = (done: number, all: number): string =>
  `changesets: ${Math.floor((done * 100) / all)}% (${done}/${all})${done === all ? ', done' : ''}`;

async function exportBatch(
  request: ExportRequest,
  batch: readonly string[],
  told: (done: number) => void,
): Promise<readonly LeftOutFile[]> {
  const { site, readers, commits } = request;
  const leftOut: LeftOutFile[] = [];
  const made: (readonly [string, string])[] = [];
  const importer = startFastImport(site.gitDir);
  try {
    const changesets = await readChangesets(readerAt(readers, 0), batch);
    const reading = readAhead(changesets, AHEAD, (changeset, at) => readOne(readerAt(readers, at), changeset));
    for await (const one of reading) {
      const id = await commitOne(request, importer, one);
      commits.set(one.changeset.node, id);
      made.push([one.changeset.node, id]);
      for (const path of one.leftOut) leftOut.push({ changeset: one.changeset.node, path });
      told(made.length);
    }
    await importer.finish();
  } catch (error) {
    importer.abandon();
    throw error;
  }
  appendCommitMap(site.mapFile, made);
  return leftOut;
}

function readerAt(readers: readonly Hg[], at: number): Hg {
  const reader = readers[at % readers.length];
  if (reader === undefined) throw new Error('there is nobody to read the history');
  return reader;
}

/** A changeset with all that a commit takes; the files' contents are read when they are asked for, the first ahead. */
type ReadChangeset = {
  readonly changeset: Changeset;
  readonly files: ChangedFiles;
  readonly contents: AsyncIterator<ReadonlyMap<string, Buffer>>;
  readonly first: IteratorResult<ReadonlyMap<string, Buffer>>;
  readonly leftOut: readonly string[];
};

async function readOne(hg: Hg, changeset: Changeset): Promise<ReadChangeset> {
  const { removed, written } = await readChangedFiles(hg, changeset.node);
  const leftOut = written.map(({ path }) => path).filter(isForbiddenName);
  const files = { removed, written: written.filter(({ path }) => !isForbiddenName(path)) };
  const contents = readContents(hg, changeset.node, files.written);
  return { changeset, files, contents, first: await contents.next(), leftOut };
}

function commitOne({ commits, authors }: ExportRequest, importer: FastImport, read: ReadChangeset): Promise<string> {
  const { changeset } = read;
  const parents = changeset.parents.map((parent) => {
    const id = commits.get(parent);
    if (id === undefined) throw new Error(`changeset ${parent} has no commit, and is a parent of ${changeset.node}`);
    return id;
  });
  const author = authorOf(changeset.user, authors);
  const when = gitTime(changeset);
  return importer.commit({
    parents,
    people: personLine('author', author, when) + personLine('committer', author, when),
    message: dataCommand(gitMessage(changeset.description)),
    files: fileCommands(read),
  });
}

async function* fileCommands({ files, contents, first }: ReadChangeset): AsyncGenerator<string | Buffer> {
  // Removals first: a file may have become a folder.
  for (const path of files.removed) yield removeCommand(path);
  const modes = new Map<string, ChangedFiles['written'][number]['mode']>(
    files.written.map(({ path, mode }) => [path, mode]),
  );
  for (let piece = first; piece.done !== true; piece = await contents.next()) {
    for (const [path, data] of piece.value) yield writeCommand({ path, mode: modes.get(path) ?? '100644', data });
  }
}
