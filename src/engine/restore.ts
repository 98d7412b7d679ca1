import { AutosyncError } from '../model/errors.js';
import { asRelative, type RelativePath } from '../model/paths.js';
import { isTooLong, joinPath, lstatIfPresent } from '../system/files.js';
import { printable } from '../system/printable.js';
import type { WorkingTree } from '../vcs/vcs.js';
import type { Edit, FileEntry, Moment, Revision, Versions } from '../vcs/versions.js';
import type { Plan, Present } from './deed.js';

/** What is to be brought back: a file or a folder, as it was, to its place or to another one. */
export type RestoreRequest = {
  readonly path: RelativePath;
  readonly moment: Moment;
  /** The moment as it was typed. */
  readonly typed: string;
  readonly to: RelativePath | undefined;
};

/** What a restore does: from which commit, and what the path was called then. */
export type RestorePlan = Plan & {
  readonly revision: Revision;
  readonly from: RelativePath;
  readonly files: readonly RelativePath[];
};

/** More names than any file has had. */
const MANY_VERSIONS = 1000;

/** Decides what a restore puts where; files of a folder that came since stay. */
export async function planRestore(
  tree: WorkingTree,
  { head }: Pick<Present, 'head'>,
  request: RestoreRequest,
): Promise<RestorePlan> {
  const { path, moment, typed } = request;
  const { versions } = tree;
  const revision = await versions.find(moment, head);
  if (revision === undefined) throw noSuchRevision(moment, typed);
  const { from, entries } = await entriesThen(versions, { path, revision, head });
  const to = request.to ?? path;
  const edits = entries.map(({ path: name }): Edit => {
    const place = asRelative(from === '' && to !== '' ? `${to}/${name}` : `${to}${name.slice(from.length)}`);
    return { path: place, to: { kind: 'version', revision: revision.id, path: name } };
  });
  await refuseInTheWay(tree, { head, edits, request });
  const files = edits.map(({ path: place }) => place);
  const id = revision.id.slice(0, 12);
  const what = path === '' ? 'everything' : path;
  const subject = `Restored ${what} as of ${id}${to === path ? '' : ` to ${to}`}`;
  return { edits, subject, lines: files.length > 1 ? files : [], revision, from, files };
}

function noSuchRevision(moment: Moment, typed: string): AutosyncError {
  const shown = printable(typed);
  if (moment.kind === 'revision') return new AutosyncError('usage', `there is no version '${shown}' here`);
  return new AutosyncError('usage', `the history of this branch begins after '${shown}'`);
}

type Then = { readonly path: RelativePath; readonly revision: Revision; readonly head: string };

/** Returns what stood at a path, under the name that it had then. */
async function entriesThen(
  versions: Versions,
  { path, revision, head }: Then,
): Promise<{ readonly from: RelativePath; readonly entries: readonly FileEntry[] }> {
  const now = await versions.entries(revision.id, path);
  if (now.length > 0) return { from: path, entries: now };
  const earlier = await versions.list({ path, from: head, limit: MANY_VERSIONS });
  for (const name of new Set(earlier.map((version) => version.path))) {
    const entries = await versions.entries(revision.id, name);
    if (entries.length > 0) return { from: name, entries };
  }
  const when = new Date(revision.at).toISOString();
  throw new AutosyncError('usage', `'${printable(path)}' was not there then (${revision.id.slice(0, 12)}, ${when})`, [
    `autosync history '${printable(path)}'`,
  ]);
}

type Wanted = { readonly head: string; readonly edits: readonly Edit[]; readonly request: RestoreRequest };

/** Refuses to take the name of anything that is not an earlier version of the same thing. */
async function refuseInTheWay(tree: WorkingTree, { head, edits, request }: Wanted): Promise<void> {
  const { to, path } = request;
  const tooLong = edits.find((edit) => isTooLong(joinPath(tree.top, edit.path)));
  if (tooLong !== undefined) {
    throw new AutosyncError('usage', `'${printable(tooLong.path)}' is too long for the name of a file`, [
      'name a shorter place with --to',
    ]);
  }
  const isThere = (name: RelativePath): boolean => lstatIfPresent(joinPath(tree.top, name)) !== undefined;
  if (to !== undefined && to !== path && isThere(to)) {
    throw new AutosyncError('usage', `'${printable(to)}' exists`, ['name another place with --to']);
  }
  const known = new Set((await tree.versions.entries(head)).map((entry) => entry.path));
  const inTheWay = edits.find((edit) => !known.has(edit.path) && isFile(tree, edit.path));
  if (inTheWay === undefined) return;
  const shown = printable(inTheWay.path);
  throw new AutosyncError('failed', `'${shown}' stands there and is kept out of commits, so it would be lost`, [
    'move it away, or name another place with --to',
  ]);
}

/** A folder in the way is told from what it holds. */
const isFile = ({ top }: WorkingTree, path: RelativePath): boolean =>
  lstatIfPresent(joinPath(top, path))?.isDirectory() === false;
