import { existsSync, lutimesSync, rmSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { isAtOrBelow } from '../../src/vcs/conflict-copy.js';
import type { Operation } from './operations.js';
import {
  compareStandings,
  type Heads,
  locksIn,
  lostOf,
  onTheWay,
  pictureOf,
  standingOf,
  statusOf,
  wrongWith,
} from './oracle.js';
import { discard, fresh, keep, lastCommand, type Reference, readIfThere, topOf, wrongEnd } from './reference.js';
import { autosync, type Ended, wordsOf } from './run-autosync.js';
import { type Attack, strike } from './strike.js';
import { contentOf, pathsBelow, type SweepWorld } from './sweep-world.js';

/** What came of an attack. */
export type Outcome = {
  readonly happened: number;
  readonly failures: readonly string[];
  /** The hub's own git left a lock, which is removed when it is in the way of a push and ten minutes old. */
  readonly hubLocked: boolean;
};

/** Attacks an operation once, lets autosync heal, and names every promise that was broken. */
export async function attack(reference: Reference, what: Attack): Promise<Outcome> {
  const { operation, template } = reference;
  const world = await fresh(operation, template);
  const top = topOf(operation, world);
  const first = await headsOf(world, top);
  const owned = world.here.committed();
  const struck = await strike(operation, what, world);
  const failures: string[] = [];
  if (isError(what) || what.kind === 'kill-child')
    failures.push(...(await wrongAnswer(reference, struck.ended, { world, top })));
  if (what.kind !== 'save') failures.push(...wrongAtDeath(reference, { world, top }));
  if (isError(what)) {
    failures.push(...absentAtTheEnd(reference, what, top));
    const committed = new Set(world.here.committed());
    const stays = (path: string): boolean => reference.before.has(path) && reference.after.has(path);
    const removed = owned.filter((path) => stays(path) && !committed.has(path));
    failures.push(...named('committed as removed', removed));
  }
  const healed = await heal(operation, world);
  failures.push(...healed.failures);
  failures.push(...named('lost', await lostOf(world, top, owedIn(reference, what))));
  failures.push(...named('lost what was saved', await lostOf(world, top, struck.saved, true)));
  const kept = operation.replacesUnsent ? { ...first, here: first.hub } : first;
  failures.push(...(await wrongWith(world, top, kept)));
  const before = pictureOf(world, top);
  const last = await autosync(world, lastCommand(operation)(world));
  if (operation.verdict === 'synced') failures.push(...(await wrongSync(last, world, top)));
  if (pictureOf(world, top) !== before) failures.push('the last run changed something');
  const wrong = await wrongStanding(reference, what, { world, top });
  // A run that could not bring anything in has put its work aside; there it stays.
  const isAside = isError(what) && struck.ended.out.includes("the work is safe on 'autosync/here/main'");
  failures.push(
    ...wrong.filter(
      (words) => !isAside || !/^left too many: .*\/(aside|aside-sent|autosync\/here)\/main"$/.test(words),
    ),
  );
  if (failures.length > 0) failures.push(...(await keep(world)));
  discard(world);
  return { happened: struck.happened, failures, hubLocked: healed.hubLocked };
}

/** A world, and the working tree in it that is judged. */
type Place = { readonly world: SweepWorld; readonly top: string };

async function wrongStanding(
  { standing, operation }: Reference,
  what: Attack,
  { world, top }: Place,
): Promise<readonly string[]> {
  for (const lock of locksIn(world, world.vcs.hub)) rmSync(lock);
  const found = await standingOf(world, top);
  if (what.kind !== 'save') return compareStandings(found, standing);
  const known = standing.status.split('\n');
  const unclean = operation.verdict === 'synced' ? found.status.split('\n') : [];
  return [
    ...named('left', locksIn(world, '.')),
    ...named(
      'status',
      unclean.filter((line) => !known.includes(line)),
    ),
  ];
}

/** What stood here before must not be lost; what a program saves to is its own to replace. */
function owedIn({ before, operation }: Reference, what: Attack): readonly string[] {
  const files = [...before].filter(([path]) => what.kind !== 'save' || path !== what.path);
  return [...files.map(([, file]) => contentOf(file)), ...(operation.owed ?? [])];
}

/** What the last run says must be so. */
async function wrongSync(last: Ended, world: SweepWorld, top: string): Promise<readonly string[]> {
  if (last.code !== 0) return [`the last run: ${wordsOf(last)}`];
  const { here, hub } = await headsOf(world, top);
  return here === hub ? [] : [`the hub has ${hub} and here is ${here}`];
}

const named = (what: string, found: readonly string[]): readonly string[] =>
  found.map((item) => `${what}: ${JSON.stringify(item)}`);

const contentsOf = (files: ReadonlyMap<string, string>): readonly string[] => [...files.values()].map(contentOf);

async function headsOf(world: SweepWorld, top: string): Promise<Heads> {
  const { vcs } = world;
  return { hub: await vcs.hubHead(world.hub), here: existsSync(top) ? await vcs.headOf(top) : undefined };
}

/** A run that met an error may fail, but in words that a person can use; and what it says must be so. */
async function wrongAnswer({ standing }: Reference, ended: Ended, { world, top }: Place): Promise<readonly string[]> {
  const { code, out, err } = ended;
  if (/internal error|\n\s+at /.test(out + err) || code === 70) return [`no words for a person: ${wordsOf(ended)}`];
  if (code !== 0 || !/"verdict": ?"synced"/.test(out)) return [];
  const heads = await headsOf(world, top);
  if (heads.here !== heads.hub) return [`said 'synced', but the hub has ${heads.hub} and here is ${heads.here}`];
  const known = standing.status.split('\n');
  const leftOut = leftOutIn(out);
  const isNamed = (line: string): boolean => leftOut.some((path) => isAtOrBelow(path, line) || isAtOrBelow(line, path));
  const lines = (await statusOf(world, top)).split('\n').filter((line) => line !== '' && !known.includes(line));
  const overlooked = lines.filter((line) => !isNamed(line.replace(/^ *\S+ +"?|\/?"?$/g, '')));
  return named("said 'synced', but there is", overlooked);
}

/** Returns the paths that a report in JSON names as left out. */
const leftOutIn = (out: string): readonly string[] =>
  [...out.matchAll(/"quarantined": \[([^\]]*)\]/g)]
    .flatMap(([, list = '']) => [...list.matchAll(/"path": "(.*)"/g)])
    .map(([, path = '']) => path);

/** At the moment of death every file is whole, as it was or as it shall be, and what is in no commit is somewhere. */
function wrongAtDeath({ before, after }: Reference, { world, top }: Place): readonly string[] {
  const files = readIfThere(top);
  const known = new Set([...before.values(), ...after.values()]);
  const torn = [...files].filter(([path, file]) => {
    const own = [before.get(path), after.get(path)].filter((version) => version !== undefined);
    return own.length > 0 ? !own.includes(file) : !known.has(file);
  });
  const there = new Set([...contentsOf(files), ...onTheWay(world, top)]);
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

/**
 * A run that has ended leaves every file in its place, also when it failed: nobody may take its name for free. Only where
 * no file can be given a name any more, the one that was on its way just then stays in our folder.
 */
function absentAtTheEnd({ before, after }: Reference, what: ErrorAttack, top: string): readonly string[] {
  const files = readIfThere(top);
  const absent = [...before.keys()].filter((path) => after.has(path) && !files.has(path));
  const refusesAll = what.kind === 'error' && what.sticky && ['EIO', 'EROFS', 'EACCES'].includes(what.error);
  return refusesAll && absent.length === 1 ? [] : named('absent', absent);
}

type ErrorAttack = Extract<Attack, { kind: 'error' | 'misread' }>;

const isError = (what: Attack): what is ErrorAttack => what.kind === 'error' || what.kind === 'misread';

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
  const locks = locksIn(world, world.vcs.hub);
  const hubLocked = locks.length > 0;
  // A run that has to do without the hub anyway may end as it should, and yet has not put its work aside there.
  if (!hubLocked) return { failures: wrong === undefined ? [] : [`not healed: ${wrong}`], hubLocked };
  const elevenMinutesAgo = Date.now() / 1000 - 660;
  // Mercurial's is a link.
  for (const lock of locks) lutimesSync(lock, elevenMinutesAgo, elevenMinutesAgo);
  const again = wrongEnd(operation, await autosync(world, operation.command(world)));
  return { failures: again === undefined ? [] : [`not healed when the hub's lock was old: ${again}`], hubLocked };
}
