import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EXIT } from '../../src/model/exit-codes.js';
import { readCalls } from '../support/cut.js';
import type { Operation } from './operations.js';
import { type Standing, standingOf } from './oracle.js';
import { autosync, type Ended, startCut, wordsOf } from './run-autosync.js';
import { copyWorld, createSweepWorld, readFiles, type SweepWorld } from './sweep-world.js';

/** An operation, with how it goes when nobody disturbs it. */
export type Reference = {
  readonly operation: Operation;
  readonly template: SweepWorld;
  /** The calls that can be cut, in order. */
  readonly calls: readonly string[];
  /** The calls that read, in order; found out when first asked for. */
  readonly reads: () => Promise<readonly string[]>;
  readonly standing: Standing;
  /** Contents of files, before and after, by path. */
  readonly before: ReadonlyMap<string, string>;
  readonly after: ReadonlyMap<string, string>;
};

/** Returns the working tree that an operation is judged by. */
export const topOf = (operation: Operation, world: SweepWorld): string => operation.top?.(world) ?? world.here.top;

/** Makes a new folder's name; the folder itself does not exist. */
const newFolder = (): string => join(mkdtempSync(join(tmpdir(), 'cut-')), 'world');

/** Runs an operation undisturbed, twice and once more, to know what it does and how it ends. */
export async function referenceOf(operation: Operation): Promise<Reference> {
  const template = createSweepWorld(operation.vcs);
  if (operation.first === undefined) operation.prepare(template);
  const world = await fresh(operation, template);
  const top = topOf(operation, world);
  const before = readIfThere(top);
  const list = `${world.folder}.calls`;
  const cut = await startCut(operation, world, { action: { kind: 'nothing' }, at: 0, list });
  expectEnd(operation, cut);
  const after = readIfThere(top);
  for (const args of [operation.command, lastCommand(operation)]) await autosync(world, args(world));
  const standing = await standingOf(world, top);
  const calls = readCalls(list);
  discard(world);
  let reads: Promise<readonly string[]> | undefined;
  const readsOnce = (): Promise<readonly string[]> => {
    reads ??= readsOf(operation, template);
    return reads;
  };
  return { operation, template, calls, reads: readsOnce, standing, before, after };
}

async function readsOf(operation: Operation, template: SweepWorld): Promise<readonly string[]> {
  const world = await fresh(operation, template);
  const list = `${world.folder}.reads`;
  await startCut(operation, world, { action: { kind: 'nothing' }, at: 0, list, reading: true });
  const reads = readCalls(list);
  discard(world);
  return reads;
}

/** Returns the files of a working tree: none, as long as there is no such tree. */
export const readIfThere = (top: string): ReadonlyMap<string, string> => (existsSync(top) ? readFiles(top) : new Map());

/** Returns the command that is run at last. */
export const lastCommand = ({ last }: Operation): Operation['command'] =>
  last ?? (({ here }) => ['snapshot', here.top, '--json']);

/** Makes the world of an operation as it is just before. */
export async function fresh(operation: Operation, template: SweepWorld): Promise<SweepWorld> {
  const world = await copyWorld(template, newFolder());
  if (operation.first === undefined) return world;
  const ended = await autosync(world, operation.first(world));
  if (ended.code !== (operation.firstEnds ?? EXIT.done))
    throw new Error(`${operation.name}: the first command failed: ${ended.out}${ended.err}`);
  operation.prepare(world);
  return world;
}

/** Keeps a world for a person to look at, where he has named a folder for it. */
export async function keep(world: SweepWorld): Promise<readonly string[]> {
  const folder = process.env['AUTOSYNC_TEST_KEEP'];
  if (folder === undefined) return [];
  const kept = await copyWorld(world, join(mkdtempSync(join(folder, 'kept-')), 'world'));
  return [`the world is in ${kept.folder}`];
}

/** Removes a world. */
export function discard({ folder }: SweepWorld): void {
  rmSync(join(folder, '..'), { recursive: true, force: true });
}

const CODE: Readonly<Record<Operation['verdict'], number>> = { synced: 0, blocked: 1 };

function expectEnd(operation: Operation, ended: Ended): void {
  const wrong = wrongEnd(operation, ended);
  if (wrong !== undefined) throw new Error(`'${operation.name}', undisturbed: ${wrong}`);
}

/** Returns how a command ended, where that is not how the operation ends. */
export function wrongEnd({ verdict, isOver }: Operation, ended: Ended): string | undefined {
  if (ended.code === CODE[verdict] || isOver?.test(ended.err) === true) return undefined;
  return wordsOf(ended);
}
