import { hashBytes } from '../system/hash.js';
import { encodePath } from '../system/path-bytes.js';
import type { GitMode } from './changed-files.js';

/** A file of a tree: its blob's id, and its mode. */
export type TreeFile = { readonly path: string; readonly mode: GitMode; readonly id: string };

type Folder = Map<string, Folder | TreeFile>;

/** Returns the id that git gives a tree with some files: the hash of its entries, folders being trees of their own. */
export function treeId(files: Iterable<TreeFile>): string {
  const top: Folder = new Map();
  for (const file of files) {
    const parts = file.path.split('/');
    const name = parts.pop() ?? '';
    let folder = top;
    for (const part of parts) folder = folderIn(folder, part);
    folder.set(name, file);
  }
  return folderId(top);
}

function folderIn(parent: Folder, name: string): Folder {
  const found = parent.get(name);
  if (found instanceof Map) return found;
  const made: Folder = new Map();
  parent.set(name, made);
  return made;
}

/** An entry is `<mode> <name> NUL <20 bytes of id>`; entries are in the order of their names, a folder's ending in `/`. */
function folderId(folder: Folder): string {
  const entries = [...folder].map(([name, entry]) => {
    const bytes = encodePath(name);
    const isFolder = entry instanceof Map;
    const id = isFolder ? folderId(entry) : entry.id;
    const mode = isFolder ? '40000' : entry.mode;
    const order = isFolder ? Buffer.concat([bytes, Buffer.from('/')]) : bytes;
    return { order, data: Buffer.concat([Buffer.from(`${mode} `), bytes, Buffer.from([0]), Buffer.from(id, 'hex')]) };
  });
  const data = Buffer.concat(entries.sort((a, b) => Buffer.compare(a.order, b.order)).map((entry) => entry.data));
  return hashBytes(Buffer.concat([Buffer.from(`tree ${data.length}\0`), data]), 'sha1');
}
