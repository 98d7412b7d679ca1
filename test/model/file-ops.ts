import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  type Stats,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { lstatIfPresent, removeEmptyFolder } from '../../src/system/files.js';
import { fsPath } from '../../src/system/path-bytes.js';
import { lines } from './model-world.js';
import { type Content, type FileOp, PATHS, type Path } from './op.js';
import { filesAt, type Tokens, tokensAt, tokensIn } from './tokens.js';

/** Where a person works, and what is known of his saves. */
export type Desk = { readonly top: string; readonly tokens: Tokens };

type Of<K extends FileOp['kind']> = Extract<FileOp, { kind: K }>;

/** Does what a person does to files, all at once; tells whether it applied. */
export function performFileOp(desk: Desk, op: FileOp): boolean {
  switch (op.kind) {
    case 'write':
      return clearTheWay(desk, op.path, op.force) && write(desk, op.path, op.content);
    case 'append':
      return append(desk, op);
    case 'edit':
      return edit(desk, op);
    case 'replace':
      return replace(desk, op);
    case 'remove':
      return remove(desk, somethingAt(desk.top, op.path));
    case 'rename':
      return rename(desk, op);
    case 'mode':
      return changeMode(desk, op);
    case 'link':
      return link(desk, op);
    case 'ignore':
      return toggleLine(join(desk.top, op.shared ? '.gitignore' : '.git/info/exclude'), op.pattern);
    case 'attributes':
      return toggleLine(join(desk.top, '.gitattributes'), op.line);
  }
}

const at = ({ top }: Desk, path: string): string | Buffer => fsPath(join(top, path));
const look = ({ top }: Desk, path: string): Stats | undefined => lstatIfPresent(join(top, path));
const isFile = (desk: Desk, path: string): boolean =>
  parentsAreFolders(desk, path) && look(desk, path)?.isFile() === true;

/** Returns the bytes of a save: a token in a text, with the line ends of DOS, among zeros, or in 70 kB. */
export function contentOf(content: Content, token: string): Buffer {
  switch (content) {
    case 'text':
      return Buffer.from(lines(token));
    case 'crlf':
      return Buffer.from(lines(token).replaceAll('\n', '\r\n'));
    case 'binary':
      return Buffer.from(`\0\u0001${token}\0\r\n\0`);
    case 'large':
      return Buffer.from(`${token}\n`.repeat(7_800));
  }
}

function write(desk: Desk, path: string, content: Content): boolean {
  const { tokens } = desk;
  const token = tokens.next();
  tokens.overwritten(tokensAt(desk.top, path));
  if (look(desk, path)?.isSymbolicLink() === true) rmSync(at(desk, path));
  mkdirSync(at(desk, dirname(path)), { recursive: true });
  writeFileSync(at(desk, path), contentOf(content, token));
  tokens.saved(token);
  return true;
}

/** Makes it possible to write a file; where something else stands in the way, only if the person wants it so. */
function clearTheWay(desk: Desk, path: string, force: boolean): boolean {
  for (const place of [...parentsOf(path), path]) {
    const stats = look(desk, place);
    if (stats === undefined || stats.isDirectory() === (place !== path)) continue;
    if (place === path && !stats.isDirectory()) continue;
    if (!force) return false;
    remove(desk, place);
  }
  return true;
}

const parentsOf = (path: string): readonly string[] => {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_, n) => parts.slice(0, n + 1).join('/'));
};

const parentsAreFolders = (desk: Desk, path: string): boolean =>
  parentsOf(path).every((parent) => look(desk, parent)?.isDirectory() === true);

/** Returns the path itself, or where nothing stands at it another one that exists: most steps are to do something. */
export function somethingAt(top: string, path: Path): string {
  if (lstatIfPresent(join(top, path)) !== undefined) return path;
  const present = [...filesAt(top).keys()].filter((each) => each !== 'README.md').sort();
  return present[PATHS.indexOf(path) % present.length] ?? path;
}

function append(desk: Desk, op: Of<'append'>): boolean {
  const path = somethingAt(desk.top, op.path);
  if (!isFile(desk, path)) return false;
  const token = desk.tokens.next();
  appendFileSync(at(desk, path), `one more line ${token}\n`);
  desk.tokens.saved(token);
  return true;
}

function edit(desk: Desk, { path: wanted, line }: Of<'edit'>): boolean {
  const path = somethingAt(desk.top, wanted);
  if (!isFile(desk, path)) return false;
  const text = readFileSync(at(desk, path), 'latin1').split('\n');
  const old = text[line];
  if (old === undefined || text.length > 40 || text.some((each) => each.includes('\0'))) return false;
  const token = desk.tokens.next();
  desk.tokens.overwritten(tokensIn(old));
  text[line] = `line ${line} edited ${token}${old.endsWith('\r') ? '\r' : ''}`;
  writeFileSync(at(desk, path), text.join('\n'), 'latin1');
  desk.tokens.saved(token);
  return true;
}

/** Saves as many editors do: a new file, renamed over the old one. */
function replace(desk: Desk, { path: wanted, content }: Of<'replace'>): boolean {
  const path = somethingAt(desk.top, wanted);
  if (!isFile(desk, path)) return false;
  const token = desk.tokens.next();
  desk.tokens.overwritten(tokensAt(desk.top, path));
  writeFileSync(at(desk, `${path}.new~`), contentOf(content, token));
  renameSync(at(desk, `${path}.new~`), at(desk, path));
  desk.tokens.saved(token);
  return true;
}

function remove(desk: Desk, path: string): boolean {
  if (!parentsAreFolders(desk, path) || look(desk, path) === undefined) return false;
  desk.tokens.overwritten(tokensAt(desk.top, path));
  rmSync(at(desk, path), { recursive: true });
  removeEmptyParents(desk, path);
  return true;
}

/** A folder that stands there empty is taken for a disk that is not mounted: that is another story. */
function removeEmptyParents(desk: Desk, path: string): void {
  for (const parent of [...parentsOf(path)].reverse()) if (!removeEmptyFolder(join(desk.top, parent))) return;
}

function rename(desk: Desk, { path: wanted, to }: Of<'rename'>): boolean {
  const path = somethingAt(desk.top, wanted);
  const from = look(desk, path);
  if (from === undefined || path === to || to.startsWith(`${path}/`) || !parentsAreFolders(desk, path)) return false;
  const inTheWay = look(desk, to);
  if (inTheWay?.isDirectory() === true || (inTheWay !== undefined && from.isDirectory())) return false;
  if (parentsOf(to).some((parent) => look(desk, parent)?.isDirectory() === false)) return false;
  desk.tokens.overwritten(tokensAt(desk.top, to));
  mkdirSync(at(desk, dirname(to)), { recursive: true });
  renameSync(at(desk, path), at(desk, to));
  removeEmptyParents(desk, path);
  return true;
}

function changeMode(desk: Desk, op: Of<'mode'>): boolean {
  const path = somethingAt(desk.top, op.path);
  const mode = look(desk, path)?.mode ?? 0;
  if (!isFile(desk, path)) return false;
  chmodSync(at(desk, path), (mode & 0o100) === 0 ? 0o755 : 0o644);
  return true;
}

function link(desk: Desk, { path }: Of<'link'>): boolean {
  if (!parentsAreFolders(desk, path) || look(desk, path)?.isDirectory() === true) return false;
  const token = desk.tokens.next();
  desk.tokens.overwritten(tokensAt(desk.top, path));
  rmSync(at(desk, path), { force: true });
  symlinkSync(`nowhere/${token}`, at(desk, path));
  desk.tokens.saved(token);
  return true;
}

/** Writes a line into a file of rules, or takes it out. */
function toggleLine(file: string, line: string): boolean {
  if (lstatIfPresent(file)?.isFile() === false) return false;
  const text = lstatIfPresent(file) === undefined ? '' : readFileSync(file, 'utf8');
  // An editor may have left the last line without its end.
  const before = text === '' ? [] : text.replace(/\n$/, '').split('\n');
  const after = before.includes(line) ? before.filter((each) => each !== line) : [...before, line];
  writeFileSync(file, after.map((each) => `${each}\n`).join(''));
  return true;
}
