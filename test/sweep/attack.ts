import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, rmSync, utimesSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Action, type Cut, type CutRequest, type ERRORS, readCalls, runCut } from '../support/cut.js';
import type { Operation } from './operations.js';
import {
  compareStandings,
  type Heads,
  locksIn,
  lostOf,
  onTheWay,
  pictureOf,
  type Standing,
  standingOf,
  wrongWith,
} from './oracle.js';
import {
  askGit,
  contentOf,
  copyWorld,
  createSweepWorld,
  pathsBelow,
  program,
  readFiles,
  type SweepWorld,
} from './sweep-world.js';

/** An operation, with how it goes when nobody disturbs it. */
export type Reference = {
  readonly operation: Operation;
  readonly template: SweepWorld;
  /** The calls that can be cut, in order. */
  readonly calls: readonly string[];
  readonly standing: Standing;
  /** Contents of files, before and after, by path. */
  readonly before: ReadonlyMap<string, string>;
  readonly after: ReadonlyMap<string, string>;
};

/** How a program saves a file. */
export const STYLES = ['append', 'replace', 'held', 'held-late'] as const;

/** What is done to an operation, at which of its calls (counted from one). */
export type Attack = {
  readonly at: number;
  /** Only calls whose description matches this glob pattern count. */
  readonly matching?: string;
} & (
  | { readonly kind: 'kill' | 'kill-after' }
  | { readonly kind: 'error'; readonly error: (typeof ERRORS)[number]; readonly sticky: boolean }
  /** `held`: through a descriptor that was opened before it all; `held-late`: through one, when all has ended. */
  | { readonly kind: 'save'; readonly style: (typeof STYLES)[number]; readonly path: string }
);

/** What came of an attack. */
export type Outcome = {
  readonly happened: number;
  readonly failures: readonly string[];
  /** The hub's own git left a lock, which is removed when it is in the way of a push and ten minutes old. */
  readonly hubLocked: boolean;
};

const topOf = (operation: Operation, world: SweepWorld): string => operation.top?.(world) ?? world.here.top;

/** Makes a new folder's name; the folder itself does not exist. */
const newFolder = (): string => join(mkdtempSync(join(tmpdir(), 'cut-')), 'world');

/** Runs an operation undisturbed, twice and once more, to know what it does and how it ends. */
export async function referenceOf(operation: Operation): Promise<Reference> {
  const template = createSweepWorld();
  if (operation.first === undefined) operation.prepare(template);
  const world = await fresh(operation, template);
  const top = topOf(operation, world);
  const before = readIfThere(top);
  const list = `${world.folder}.calls`;
  const cut = await start(operation, world, { action: { kind: 'nothing' }, at: 0, list });
  expectEnd(operation, cut);
  const after = readIfThere(top);
  for (const args of [operation.command, lastCommand(operation)]) await autosync(world, args(world));
  const standing = await standingOf(world, top);
  const calls = readCalls(list);
  discard(world);
  return { operation, template, calls, standing, before, after };
}

const readIfThere = (top: string): ReadonlyMap<string, string> => (existsSync(top) ? readFiles(top) : new Map());

const lastCommand = ({ last }: Operation): Operation['command'] =>
  last ?? (({ here }) => ['snapshot', here.top, '--json']);

/** Makes the world of an operation as it is just before. */
async function fresh(operation: Operation, template: SweepWorld): Promise<SweepWorld> {
  const world = await copyWorld(template, newFolder());
  if (operation.first === undefined) return world;
  const ended = await autosync(world, operation.first(world));
  if (ended.code !== 0) throw new Error(`${operation.name}: the first command failed: ${ended.out}${ended.err}`);
  operation.prepare(world);
  return world;
}

/** Keeps a world for a person to look at, where he has named a folder for it. */
async function keep(world: SweepWorld): Promise<readonly string[]> {
  const folder = process.env['AUTOSYNC_TEST_KEEP'];
  if (folder === undefined) return [];
  const kept = await copyWorld(world, join(mkdtempSync(join(folder, 'kept-')), 'world'));
  return [`the world is in ${kept.folder}`];
}

function discard({ folder }: SweepWorld): void {
  rmSync(join(folder, '..'), { recursive: true, force: true });
}

/** How a command of autosync ended. */
type Ended = Pick<Cut, 'code' | 'out' | 'err'>;

const command = (args: readonly string[]): readonly string[] => [process.execPath, program(), ...args];

/** Runs autosync, undisturbed. */
function autosync(world: SweepWorld, args: readonly string[]): Promise<Ended> {
  const [file = '', ...rest] = command(args);
  const child = spawn(file, rest, { cwd: world.folder, env: world.env, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = { out: '', err: '' };
  child.stdout.on('data', (piece: Buffer) => {
    ended.out += piece.toString('utf8');
  });
  child.stderr.on('data', (piece: Buffer) => {
    ended.err += piece.toString('utf8');
  });
  return new Promise((settle, fail) => {
    child.on('error', fail);
    child.on('close', (code) => settle({ ...ended, code: code ?? -1 }));
  });
}

function start(operation: Operation, world: SweepWorld, wanted: StartRequest): Promise<Cut> {
  return runCut({
    command: command(operation.command(world)),
    cwd: world.folder,
    env: world.env,
    below: world.folder,
    ...wanted,
  });
}

type StartRequest = Pick<CutRequest, 'action' | 'at' | 'list' | 'matching'>;

const CODE: Readonly<Record<Operation['verdict'], number>> = { synced: 0, blocked: 1 };

function expectEnd(operation: Operation, ended: Ended): void {
  const wrong = wrongEnd(operation, ended);
  if (wrong !== undefined) throw new Error(`'${operation.name}', undisturbed: ${wrong}`);
}

function wrongEnd({ verdict, isOver }: Operation, ended: Ended): string | undefined {
  if (ended.code === CODE[verdict] || isOver?.test(ended.err) === true) return undefined;
  return wordsOf(ended);
}

/** Returns the exit code and the reason: of JSON only the last one, which is the verdict's. */
function wordsOf({ code, out, err }: Ended): string {
  const reason = out.startsWith('{') ? ([...out.matchAll(/"why": (".*")/g)].at(-1)?.[1] ?? out) : out;
  return `exit code ${code}: ${reason} ${err}`.slice(0, 1500);
}

/** Attacks an operation once, lets autosync heal, and names every promise that was broken. */
export async function attack(reference: Reference, what: Attack): Promise<Outcome> {
  const { operation, template } = reference;
  const world = await fresh(operation, template);
  const top = topOf(operation, world);
  const first = await headsOf(world, top);
  const struck = await strike(operation, what, world);
  const failures: string[] = [];
  if (what.kind === 'error') failures.push(...(await wrongAnswer(struck.ended, world, top)));
  if (what.kind !== 'save') failures.push(...wrongAtDeath(reference, top));
  const healed = await heal(operation, world);
  failures.push(...healed.failures);
  const owed = what.kind === 'save' ? [] : [...contentsOf(reference.before), ...(operation.owed ?? [])];
  failures.push(...named('lost', await lostOf(world, top, owed)));
  failures.push(...named('lost what was saved', await lostOf(world, top, struck.saved, true)));
  failures.push(...(await wrongWith(world, top, first)));
  const before = pictureOf(world, top);
  const last = await autosync(world, lastCommand(operation)(world));
  if (operation.verdict === 'synced' && last.code !== 0) failures.push(`the last run: ${wordsOf(last)}`);
  if (pictureOf(world, top) !== before) failures.push('the last run changed something');
  failures.push(...(await wrongStanding(reference, what, { world, top })));
  if (failures.length > 0) failures.push(...(await keep(world)));
  discard(world);
  return { happened: struck.happened, failures, hubLocked: healed.hubLocked };
}

async function wrongStanding(
  { standing }: Reference,
  what: Attack,
  { world, top }: { readonly world: SweepWorld; readonly top: string },
): Promise<readonly string[]> {
  for (const lock of locksIn(world, 'hub.git')) rmSync(lock);
  if (what.kind === 'save') return named('left', locksIn(world, '.'));
  return compareStandings(await standingOf(world, top), standing);
}

const named = (what: string, found: readonly string[]): readonly string[] =>
  found.map((item) => `${what}: ${JSON.stringify(item)}`);

const contentsOf = (files: ReadonlyMap<string, string>): readonly string[] => [...files.values()].map(contentOf);

async function headsOf(world: SweepWorld, top: string): Promise<Heads> {
  const hub = (await askGit(world.hub, 'rev-parse', 'main')).trim();
  return { hub, here: existsSync(top) ? (await askGit(top, 'rev-parse', 'HEAD')).trim() : undefined };
}

type Struck = { readonly ended: Ended; readonly happened: number; readonly saved: readonly string[] };

let tokens = 0;

async function strike(operation: Operation, what: Attack, world: SweepWorld): Promise<Struck> {
  const where = { at: what.at, ...(what.matching === undefined ? {} : { matching: what.matching }) };
  if (what.kind !== 'save') {
    const action: Action = what.kind === 'error' ? what : { kind: what.kind };
    const cut = await start(operation, world, { action, ...where });
    return { ended: cut, happened: cut.happened, saved: [] };
  }
  tokens += 1;
  const token = `SAVED ${tokens}`;
  const path = join(topOf(operation, world), what.path);
  if (what.style === 'held-late') {
    const file = openSync(path, 'a');
    const cut = await start(operation, world, { action: { kind: 'nothing' }, ...where });
    writeSync(file, `${token}\n`);
    closeSync(file);
    return { ended: cut, happened: 1, saved: [token] };
  }
  const held = what.style === 'held' ? { held: path } : {};
  const cut = await start(operation, world, {
    action: { kind: 'save', command: SAVES[what.style](token, path), ...held },
    ...where,
  });
  return { ended: cut, happened: cut.happened, saved: cut.happened > 0 ? [token] : [] };
}

/** What a shell is told, to save a line. */
const SAVES: Readonly<Record<'append' | 'replace' | 'held', (token: string, path: string) => string>> = {
  append: (token, path) => `echo '${token}' >>'${path}'`,
  replace: (token, path) => `[ ! -d '${path}' ] && echo '${token}' >'${path}~' && mv '${path}~' '${path}'`,
  held: (token) => `echo '${token}' >&4`,
};

/** A run that met an error may fail, but in words that a person can use; and what it says must be so. */
async function wrongAnswer(ended: Ended, world: SweepWorld, top: string): Promise<readonly string[]> {
  const { code, out, err } = ended;
  if (/internal error|\n\s+at /.test(out + err) || code === 70) return [`no words for a person: ${wordsOf(ended)}`];
  if (code !== 0 || !/"verdict": ?"synced"/.test(out)) return [];
  const heads = await headsOf(world, top);
  return heads.here === heads.hub ? [] : [`said 'synced', but the hub has ${heads.hub} and here is ${heads.here}`];
}

/** At the moment of death every file is whole, as it was or as it shall be, and what is in no commit is somewhere. */
function wrongAtDeath({ before, after }: Reference, top: string): readonly string[] {
  const files = readIfThere(top);
  const known = new Set([...before.values(), ...after.values()]);
  const torn = [...files].filter(([path, file]) => {
    const own = [before.get(path), after.get(path)].filter((version) => version !== undefined);
    return own.length > 0 ? !own.includes(file) : !known.has(file);
  });
  const there = new Set([...contentsOf(files), ...onTheWay(top)]);
  const gone = [...before].filter(([path, file]) => isInNoCommit(path) && !there.has(contentOf(file)));
  return [
    ...named(
      'torn',
      torn.map(([path, file]) => `${path}: ${file}`),
    ),
    ...named(
      'gone',
      gone.map(([path]) => path),
    ),
  ];
}

const isInNoCommit = (path: string): boolean => /\.log$|^cache\/|^large/.test(path);

/** A lock of ours without a readable owner might still be in the making, but not for so long. */
function letAMinutePass({ folder }: SweepWorld): void {
  const aMinuteAgo = Date.now() / 1000 - 61;
  for (const path of pathsBelow(folder, () => false)) {
    if (/lock(\.[0-9a-f]{16})+(\.new)?$/.test(path)) utimesSync(join(folder, path), aMinuteAgo, aMinuteAgo);
  }
}

type Healed = { readonly failures: readonly string[]; readonly hubLocked: boolean };

/** Lets autosync heal in one run; where the hub's own git has left a lock, in one more when that has become old. */
async function heal(operation: Operation, world: SweepWorld): Promise<Healed> {
  letAMinutePass(world);
  const wrong = wrongEnd(operation, await autosync(world, operation.command(world)));
  const locks = locksIn(world, 'hub.git');
  const hubLocked = locks.length > 0;
  if (wrong === undefined) return { failures: [], hubLocked };
  if (!hubLocked) return { failures: [`not healed: ${wrong}`], hubLocked };
  const elevenMinutesAgo = Date.now() / 1000 - 660;
  for (const lock of locks) utimesSync(lock, elevenMinutesAgo, elevenMinutesAgo);
  const again = wrongEnd(operation, await autosync(world, operation.command(world)));
  return { failures: again === undefined ? [] : [`not healed when the hub's lock was old: ${again}`], hubLocked };
}
