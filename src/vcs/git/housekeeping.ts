import { joinPath, makeFolder, readTextIfPresent, writeAtomically } from '../../system/files.js';
import { isAncestor } from './refs.js';
import type { Repository } from './repository.js';

/** Pins are kept for thirty days. */
const PIN_DAYS = 30;
const PIN_AGE_MS = PIN_DAYS * 24 * 3_600_000;

/**
 * Removes old pins, and lets git tidy its objects when it thinks that worth while. A pin is old when its name says so and
 * it was met here, once a day, as many times: one run with a wrong clock, ahead or behind, makes none old.
 */
export async function housekeeping(repository: Repository): Promise<void> {
  const pins = await readPins(repository);
  const before = readMeetings(repository);
  const meetings = new Map(pins.map(({ ref }) => [ref, (before.get(ref) ?? 0) + 1]));
  const isOld = ({ ref, at }: Pin): boolean =>
    at > 0 && repository.now() - at > PIN_AGE_MS && (meetings.get(ref) ?? 0) >= PIN_DAYS;
  const old = pins.filter(isOld).map(({ ref }) => ref);
  await removeRefs(repository, old);
  for (const ref of old) meetings.delete(ref);
  writeMeetings(repository, meetings);
  // In the foreground: what runs in the background would outlive the run, or be ended with it in the middle.
  await repository.git.run(['-c', 'gc.auto=6700', '-c', 'gc.autoDetach=false', 'gc', '--auto', '--quiet']);
}

type Meetings = ReadonlyMap<string, number>;
type Place = Pick<Repository, 'privateFolder'>;

const meetingsFile = ({ privateFolder }: Place): ReturnType<typeof joinPath> => joinPath(privateFolder, 'pins');

/** Reads how often each pin has been met: `<times> SP <ref>` on a line. */
function readMeetings(repository: Place): Meetings {
  const lines = (readTextIfPresent(meetingsFile(repository)) ?? '').split('\n');
  const found = lines.flatMap((line) => {
    const [, times, ref] = /^(\d{1,5}) (refs\/.+)$/.exec(line) ?? [];
    return ref === undefined ? [] : [[ref, Number(times)] as const];
  });
  return new Map(found);
}

function writeMeetings(repository: Place, meetings: Meetings): void {
  makeFolder(repository.privateFolder);
  const lines = [...meetings].map(([ref, times]) => `${times} ${ref}\n`);
  writeAtomically(meetingsFile(repository), lines.join(''));
}

/** Takes back every ref of ours that protects nothing: what a pin alone still holds is kept. */
export async function removeOwnRefs(repository: Repository): Promise<void> {
  // Twice: a folder of refs that git could not look into just then is to git an empty one.
  for (let look = 1; look <= 2; look += 1) {
    const refs: string[] = [];
    for (const { ref, id } of await readOwnRefs(repository)) {
      const needed = ref.startsWith('refs/autosync/pin/') && !(await isAncestor(repository, id, 'HEAD'));
      if (!needed) refs.push(ref);
    }
    await removeRefs(repository, refs);
  }
}

type OwnRef = { readonly ref: string; readonly id: string };
type Pin = OwnRef & { readonly at: number };

async function readOwnRefs(repository: Repository): Promise<readonly OwnRef[]> {
  const text = await repository.git.text(['for-each-ref', '--format=%(objectname) %(refname)', 'refs/autosync/']);
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => ({ id: line.slice(0, line.indexOf(' ')), ref: line.slice(line.indexOf(' ') + 1) }));
}

async function readPins(repository: Repository): Promise<readonly Pin[]> {
  const refs = await readOwnRefs(repository);
  return refs
    .filter(({ ref }) => ref.startsWith('refs/autosync/pin/'))
    .map((pin) => ({ ...pin, at: pinTime(pin.ref) }));
}

/** Reads the time in a pin's name: `refs/autosync/pin/20261120T181500123Z-…`. */
function pinTime(ref: string): number {
  const found = /\/(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z/.exec(ref);
  if (found === null) return 0;
  const [, year, month, day, hour, minute, second, rest] = found;
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.${rest}Z`);
}

async function removeRefs(repository: Repository, refs: readonly string[]): Promise<void> {
  if (refs.length === 0) return;
  const input = refs.map((ref) => `delete ${ref}\0\0`).join('');
  await repository.git.output(['update-ref', '-z', '--stdin'], { input });
}
