import { dirname } from 'node:path/posix';
import { READ_ERRORS } from '../support/cut.js';
import type { Operation } from './operations.js';
import type { Reference } from './reference.js';
import type { Attack } from './strike.js';
import type { Round } from './sweep.js';

/** So often a call that reads is attacked of those that are made again and again: a status of the same file, say. */
const MOST_ALIKE = 4;

/** Which calls that read can fail with an error. */
const MISREADING: Readonly<Record<(typeof READ_ERRORS)[number], RegExp>> = {
  EIO: /^/,
  EACCES: /^(open|stat|access|readlink) /,
  EMFILE: /^open /,
};

/** Lists the attacks in which a path of the working tree cannot be read at all. */
export function badPaths({ before, after }: Reference): readonly Attack[] {
  const files = [...new Set([...before.keys(), ...after.keys()])];
  const folders = files.flatMap((path) => (path.includes('/') ? [`${dirname(path)}/`] : []));
  // The name of a copy has the day in it.
  const paths = [...new Set([...files, ...folders])].filter((path) => !path.includes('(conflict'));
  return (['EIO', 'EACCES'] as const).flatMap((error) =>
    paths.map((path): Attack => ({ kind: 'misread', error, path, at: 1 })),
  );
}

/** Lists one part of the attacks on single calls that read. */
export async function readsOfRound(reference: Reference, { seed, stride, round }: Round): Promise<readonly Attack[]> {
  const places = await placesIn(reference);
  const turn = Math.floor(round / stride);
  return places.flatMap(({ at, errors }, n): readonly Attack[] => {
    const error = errors[(seed + turn + n) % errors.length];
    const isNow = n % stride === (seed + round) % stride && turn < errors.length;
    return isNow && error !== undefined ? [{ kind: 'misread', error, at }] : [];
  });
}

/** Returns one such attack, at a call that differs from seed to seed. */
export async function someRead(reference: Reference, seed: number): Promise<Attack> {
  const places = await placesIn(reference);
  const { at = 1, errors = READ_ERRORS } = places[(seed * 7919) % places.length] ?? {};
  return { kind: 'misread', error: errors[seed % errors.length] ?? 'EIO', at };
}

/** A call that reads, counted from one, and the errors with which it can fail. */
type ReadCall = { readonly at: number; readonly errors: readonly (typeof READ_ERRORS)[number][] };

/**
 * Returns the calls that are attacked. The hub's own are not among them: git there takes a listing that breaks off for a
 * whole one, and so loses what was just sent to it. Nor are the person's folders being listed: what git does not find
 * there then, nobody misses. Nor does it matter how git finds out what kind of disk a clone lies on.
 */
async function placesIn({ operation, reads }: Reference): Promise<readonly ReadCall[]> {
  const seen = new Map<string, number>();
  return (await reads()).flatMap((call, n) => {
    const alike = call.replaceAll(/\b[0-9a-f]{38,40}\b|\/[0-9a-f]{2}\/|\d{4,}/g, '#');
    const count = (seen.get(alike) ?? 0) + 1;
    seen.set(alike, count);
    if (count > MOST_ALIKE || !isOurs(operation, call)) return [];
    return [{ at: n + 1, errors: READ_ERRORS.filter((error) => MISREADING[error].test(call)) }];
  });
}

function isOurs({ vcs: { hub, name } }: Operation, call: string): boolean {
  if (call.includes(`/${hub}`) || /^stat .*\/cloned\/\.git\/config$/.test(call)) return false;
  return !call.startsWith('list ') || call.includes(`/.${name}`);
}
