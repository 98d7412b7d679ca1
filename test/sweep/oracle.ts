import { createHash } from 'node:crypto';
import { existsSync, lstatSync } from 'node:fs';
import { join } from 'node:path';
import { askGit, contentOf, pathsBelow, readFiles, readOne, type SweepWorld, tellGit } from './sweep-world.js';

/** How a world stands, as far as it must be the same whether a run was cut or not. */
export type Standing = {
  /** Path, kind and content of every file in the working tree; a conflict copy's name without what depends on the day. */
  readonly files: readonly string[];
  /** What `git status` lists. */
  readonly status: string;
  /** Every other file of the world, with its content where a person or a program of his reads it. */
  readonly others: readonly string[];
};

/** Looks at a world. */
export async function standingOf(world: SweepWorld, top: string): Promise<Standing> {
  const files = [...readFiles(top)].map(([path, file]) => `${withoutDay(path)}\n${file}`).sort();
  const status = withoutDay(await askGit(top, 'status', '--porcelain'));
  return { files, status, others: othersIn(world, top) };
}

const withoutDay = (path: string): string => path.replaceAll(/\(conflict [^)]*\)/g, '(conflict)');

/** What differs from run to run, or says nothing: objects, reflogs, pins, backups, logs, what others leave. */
const INCIDENTAL =
  /(^|\/)(objects|logs)(\/|$)|\/refs\/autosync\/pin\/|\/autosync\/(backups\/|l[^/]*\.(log|jsonl)$)|\/(FETCH_HEAD|COMMIT_EDITMSG|ORIG_HEAD)$|^bin\/table\.new$/;

/** What must come back byte for byte, and what must be as it would be. */
const READ_BY_OTHERS = /^bin\/table$|\/\.git\/(hooks\/|config$)|^home\/\.config\//;

function othersIn({ folder, here }: SweepWorld, top: string): readonly string[] {
  const trees = [top, here.top].map((tree) => `${tree.slice(folder.length + 1)}/`);
  const isTree = (path: string): boolean =>
    trees.some((tree) => path.startsWith(tree) && !path.startsWith(`${tree}.git`));
  return pathsBelow(folder, (path) => isTree(path) || INCIDENTAL.test(path)).map((path) =>
    withoutPlace(folder, READ_BY_OTHERS.test(path) ? `${path}\n${readOne(join(folder, path))}` : path),
  );
}

/** A repository's id ends in a hash of its path, and its minutes follow from it. */
const withoutPlace = (folder: string, text: string): string =>
  text
    .replaceAll(folder, '<world>')
    .replaceAll(/\b(here|cloned)-[0-9a-f]{10}\b/g, '$1-<id>')
    .replaceAll(/^[\d,*/-]+ (\* \* \* \* '<world>)/gm, '<minutes> $1');

/** Returns the difference of two standings, in words. */
export function compareStandings(found: Standing, wanted: Standing): readonly string[] {
  const status = found.status === wanted.status ? [] : [`git status: ${JSON.stringify(found.status)}`];
  return [...compare('file', found.files, wanted.files), ...status, ...compare('left', found.others, wanted.others)];
}

function compare(what: string, found: readonly string[], wanted: readonly string[]): readonly string[] {
  const without = (list: readonly string[], other: readonly string[]): readonly string[] => {
    const rest = [...other];
    return list.filter((item) => {
      const at = rest.indexOf(item);
      if (at >= 0) rest.splice(at, 1);
      return at < 0;
    });
  };
  return [
    ...without(found, wanted).map((item) => `${what} too many: ${JSON.stringify(item)}`),
    ...without(wanted, found).map((item) => `${what} missing: ${JSON.stringify(item)}`),
  ];
}

/** Names what a run that was cut must not leave, and a run that heals must have removed. */
export const locksIn = ({ folder }: SweepWorld, repository: string): readonly string[] =>
  pathsBelow(join(folder, repository), () => false)
    .filter((path) => path.endsWith('.lock'))
    .map((path) => join(folder, repository, path));

/**
 * Returns those contents that are in no file of a working tree and in no object that a ref leads to, here or on the
 * hub; `part`: that they are a part of something is enough.
 */
export async function lostOf(
  world: SweepWorld,
  top: string,
  contents: Iterable<string>,
  part = false,
): Promise<readonly string[]> {
  const holds = (haystacks: readonly string[], content: string): boolean =>
    part ? haystacks.some((text) => text.includes(content)) : haystacks.includes(content);
  const trees = [...new Set([top, world.here.top])].filter((tree) => existsSync(tree));
  const files = trees.flatMap((tree) => [...readFiles(tree).values()].map(contentOf));
  const missing = [...contents].filter((content) => !holds(files, content));
  if (missing.length === 0) return [];
  const blobs = (await Promise.all([...trees, world.hub].map(reachable))).flat();
  return missing.filter((content) => !holds(blobs, content));
}

/** Returns every reachable blob of a repository, those of the index too. */
async function reachable(repository: string): Promise<readonly string[]> {
  if (!existsSync(join(repository, '.git')) && !existsSync(join(repository, 'HEAD'))) return [];
  const listed = await askGit(repository, 'rev-list', '--objects', '--all', '--indexed-objects').catch(() => '');
  const ids = listed.split('\n').flatMap((line) => (line === '' ? [] : [line.slice(0, 40)]));
  return await readBlobs(repository, ids);
}

/** Returns the contents of those objects that are blobs; one that is missing or damaged is left out. */
async function readBlobs(repository: string, ids: readonly string[]): Promise<readonly string[]> {
  const answers = await tellGit(repository, ids.map((id) => `${id}\n`).join(''), 'cat-file', '--batch');
  const blobs: string[] = [];
  for (let at = 0; at < answers.length; ) {
    const end = answers.indexOf('\n', at);
    const [, kind, size] = answers.slice(at, end).split(' ');
    const length = size === undefined ? 0 : Number(size) + 1;
    if (kind === 'blob') blobs.push(answers.slice(end + 1, end + length));
    at = end + 1 + length;
  }
  return blobs;
}

/** Returns what lies in our private folder, where a file is on its way. */
export function onTheWay(top: string): readonly string[] {
  const folder = join(top, '.git', 'autosync');
  if (!existsSync(folder)) return [];
  return pathsBelow(folder, () => false).map((path) => contentOf(readOne(join(folder, path))));
}

/** Tells what must not change when there is nothing to do, down to the inodes of the person's files. */
export function pictureOf(world: SweepWorld, top: string): string {
  const hash = createHash('sha256');
  for (const path of readFiles(top).keys()) {
    const { ino, mode } = lstatSync(join(top, path));
    hash.update(`${path} ${ino} ${mode}\n`);
  }
  for (const repository of [join(top, '.git'), world.hub]) {
    for (const path of pathsBelow(repository, (name) => /^(autosync|logs)$/.test(name))) {
      hash.update(`${path}\n${readOne(join(repository, path))}\n`);
    }
  }
  return hash.digest('hex');
}

/** Names what is wrong with the repositories, whatever was done to them. */
export async function wrongWith(world: SweepWorld, top: string, first: Heads): Promise<readonly string[]> {
  const [here, hub, fsckHere, fsckHub] = await Promise.all([
    askGit(top, 'rev-parse', 'HEAD'),
    askGit(world.hub, 'rev-parse', 'main'),
    askGit(top, 'fsck', '--no-dangling', '--no-progress').catch(String),
    askGit(world.hub, 'fsck', '--no-dangling', '--no-progress').catch(String),
  ]);
  const wrong: string[] = [];
  if (fsckHere !== '') wrong.push(`fsck here: ${fsckHere}`);
  if (fsckHub !== '') wrong.push(`fsck on the hub: ${fsckHub}`);
  for (const [path, file] of readFiles(top)) {
    if (/^(<<<<<<<|=======|>>>>>>>)/m.test(contentOf(file))) wrong.push(`conflict markers in ${path}`);
  }
  for (const [where, old, current] of [
    [top, first.here, here.trim()],
    [world.hub, first.hub, hub.trim()],
  ] as const) {
    if (old === undefined || old === current) continue;
    const isForward = await askGit(where, 'merge-base', '--is-ancestor', old, current).then(
      () => true,
      () => false,
    );
    if (!isForward) wrong.push(`a branch in ${where} went from ${old} to ${current}`);
  }
  return wrong;
}

/** Where the branches stood before it all; undefined where there was none. */
export type Heads = { readonly here: string | undefined; readonly hub: string };
