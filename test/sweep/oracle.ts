import { createHash } from 'node:crypto';
import { existsSync, lstatSync } from 'node:fs';
import { join } from 'node:path';
import { contentOf, pathsBelow, readFiles, readOne, type SweepWorld } from './sweep-world.js';

/** How a world stands, as far as it must be the same whether a run was cut or not. */
export type Standing = {
  /** Path, kind and content of every file in the working tree; a conflict copy's name without what depends on the day. */
  readonly files: readonly string[];
  /** What the system's own `status` lists. */
  readonly status: string;
  /** Every other file of the world, with its content where a person or a program of his reads it. */
  readonly others: readonly string[];
};

/** Looks at a world. */
export async function standingOf(world: SweepWorld, top: string): Promise<Standing> {
  const files = [...readFiles(top)].map(([path, file]) => `${withoutDay(path)}\n${file}`).sort();
  return { files, status: await statusOf(world, top), others: othersIn(world, top) };
}

/** Returns what the system's own `status` lists; a conflict copy's name without what depends on the day. */
export const statusOf = async ({ vcs }: SweepWorld, top: string): Promise<string> =>
  withoutDay(await vcs.statusOf(top));

const withoutDay = (path: string): string => path.replaceAll(/\(conflict [^)]*\)/g, '(conflict)');

function othersIn({ folder, here, vcs }: SweepWorld, top: string): readonly string[] {
  const trees = [top, here.top].map((tree) => `${tree.slice(folder.length + 1)}/`);
  const isTree = (path: string): boolean =>
    trees.some((tree) => path.startsWith(tree) && !path.startsWith(`${tree}.git`));
  return pathsBelow(folder, (path) => isTree(path) || vcs.incidental.test(path)).map((path) =>
    withoutPlace(folder, vcs.readByOthers.test(path) ? `${path}\n${readOne(join(folder, path))}` : path),
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
  const status = found.status === wanted.status ? [] : [`status: ${JSON.stringify(found.status)}`];
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
export const locksIn = ({ folder, vcs }: SweepWorld, repository: string): readonly string[] =>
  pathsBelow(join(folder, repository), () => false)
    .filter((path) => vcs.locks.test(path))
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
  const blobs = (await Promise.all([...trees, world.hub].map(world.vcs.contentsOf))).flat();
  return missing.filter((content) => !holds(blobs, content));
}

/** Returns what lies in our private folder, where a file is on its way. */
export function onTheWay({ vcs }: SweepWorld, top: string): readonly string[] {
  const folder = join(top, `.${vcs.name}`, 'autosync');
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
  const { name, restless } = world.vcs;
  const hub = name === 'git' ? world.hub : join(world.hub, '.hg');
  for (const repository of [join(top, `.${name}`), hub]) {
    for (const path of pathsBelow(repository, (each) => restless.test(each))) {
      hash.update(`${path}\n${readOne(join(repository, path))}\n`);
    }
  }
  return hash.digest('hex');
}

/** Names what is wrong with the repositories, whatever was done to them. */
export async function wrongWith(world: SweepWorld, top: string, first: Heads): Promise<readonly string[]> {
  const { vcs } = world;
  const [here, hub, unsoundHere, unsoundHub] = await Promise.all([
    vcs.headOf(top),
    vcs.hubHead(world.hub),
    vcs.check(top),
    vcs.check(world.hub),
  ]);
  const wrong: string[] = [];
  if (unsoundHere !== '') wrong.push(`unsound here: ${unsoundHere}`);
  if (unsoundHub !== '') wrong.push(`unsound on the hub: ${unsoundHub}`);
  for (const [path, file] of readFiles(top)) {
    if (/^(<<<<<<<|=======|>>>>>>>)/m.test(contentOf(file))) wrong.push(`conflict markers in ${path}`);
  }
  for (const [where, old, current] of [
    [top, first.here, here],
    [world.hub, first.hub, hub],
  ] as const) {
    if (old === undefined || old === current) continue;
    const isForward = await vcs.isAncestor(where, old, current);
    if (!isForward) wrong.push(`a branch in ${where} went from ${old} to ${current}`);
  }
  return wrong;
}

/** Where the branches stood before it all; undefined where there was none. */
export type Heads = { readonly here: string | undefined; readonly hub: string };
