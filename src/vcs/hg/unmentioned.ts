import { dirname } from 'node:path/posix';
import { asRelative, type RelativePath } from '../../model/paths.js';
import { isFolder, joinPath, listUncommon, readTextIfPresent } from '../../system/files.js';
import type { Repository } from './repository.js';
import { STAGING_IN_TREE } from './staging-folder.js';
import type { StatusEntry } from './status-parser.js';

/** What hg passes over without a word. */
export type Unmentioned = {
  readonly nested: ReadonlySet<RelativePath>;
  /** FIFOs, sockets and devices. */
  readonly special: readonly RelativePath[];
  /** Folders whose contents we may not see. */
  readonly closed: readonly RelativePath[];
};

/**
 * Finds repositories inside the working tree that are no subrepositories of it, files that are none, and folders that
 * are closed to us. Hg does not mention them, so the folders are walked for them; another git's it would take, metadata
 * and all (tried with 6.3).
 */
export async function findUnmentioned(repository: Repository, status: readonly StatusEntry[]): Promise<Unmentioned> {
  const nested = new Set<RelativePath>();
  for (const { path, letter } of status) {
    const git = letter === '?' ? /^(.+?)\/\.git(\/|$)/i.exec(path)?.[1] : undefined;
    if (git !== undefined) nested.add(asRelative(git));
  }
  const declared = subrepositories(repository);
  const found = walk(repository);
  for (const path of found.nested) {
    if (!declared.has(path) && !(await isIgnored(repository, path))) nested.add(path);
  }
  const special = await withoutIgnored(repository, found.special);
  return { nested, special, closed: await withoutIgnored(repository, found.closed) };
}

async function withoutIgnored(repository: Repository, paths: readonly RelativePath[]): Promise<RelativePath[]> {
  const kept: RelativePath[] = [];
  for (const path of paths) if (!(await isIgnored(repository, path))) kept.push(path);
  return kept;
}

/** Returns the nested repository that a path lies in. */
export function nestedIn(nested: ReadonlySet<RelativePath>, path: RelativePath): RelativePath | undefined {
  if (nested.size === 0) return undefined;
  for (let folder = asRelative(dirname(path)); folder !== '.'; folder = asRelative(dirname(folder))) {
    if (nested.has(folder)) return folder;
  }
  return undefined;
}

type Walked = Readonly<Record<'nested' | 'special' | 'closed', RelativePath[]>>;

function walk({ top }: Repository): Walked {
  const found: Walked = { nested: [], special: [], closed: [] };
  const look = (folder: string): void => {
    const { folders, special, closed } = listUncommon(joinPath(top, folder));
    if (closed) found.closed.push(asRelative(folder));
    const below = (name: string): RelativePath => asRelative(folder === '' ? name : `${folder}/${name}`);
    found.special.push(...special.map(below));
    for (const name of folders) {
      if (name === '.hg' || name === '.git' || name === STAGING_IN_TREE) continue;
      if (isFolder(joinPath(top, below(name), '.hg'))) found.nested.push(below(name));
      else look(below(name));
    }
  };
  look('');
  return found;
}

/** Reads which folders are subrepositories: `<path> = <source>` in `.hgsub`. */
function subrepositories({ top }: Repository): ReadonlySet<string> {
  const text = readTextIfPresent(joinPath(top, '.hgsub')) ?? '';
  return new Set([...text.matchAll(/^([^#[\s][^=]*?)\s*=/gm)].map(([, path]) => path ?? ''));
}

/** Asks whether the ignore rules name a folder; hg answers in words only (`… is not ignored`). */
async function isIgnored({ hg }: Repository, path: RelativePath): Promise<boolean> {
  const { stdout } = await hg.run(['debugignore', '--', path]);
  return !stdout.toString('latin1').trimEnd().endsWith('is not ignored');
}
