import { isAncestor } from './refs.js';
import type { Repository } from './repository.js';

/** Pins are kept for thirty days. */
const PIN_AGE_MS = 30 * 24 * 3_600_000;

/** Removes pins older than thirty days, and lets git tidy its objects when it thinks that worth while. */
export async function housekeeping(repository: Repository): Promise<void> {
  const pins = await readPins(repository);
  const old = pins.filter(({ at }) => at > 0 && repository.now() - at > PIN_AGE_MS);
  await removeRefs(
    repository,
    old.map(({ ref }) => ref),
  );
  // In the foreground: what runs in the background would outlive the run, or be ended with it in the middle.
  await repository.git.run(['-c', 'gc.auto=6700', '-c', 'gc.autoDetach=false', 'gc', '--auto', '--quiet']);
}

/** Takes back every ref of ours that protects nothing: what a pin alone still holds is kept. */
export async function removeOwnRefs(repository: Repository): Promise<void> {
  const refs: string[] = [];
  for (const { ref, id } of await readOwnRefs(repository)) {
    const needed = ref.startsWith('refs/autosync/pin/') && !(await isAncestor(repository, id, 'HEAD'));
    if (!needed) refs.push(ref);
  }
  await removeRefs(repository, refs);
}

type OwnRef = { readonly ref: string; readonly id: string };

async function readOwnRefs(repository: Repository): Promise<readonly OwnRef[]> {
  const text = await repository.git.text(['for-each-ref', '--format=%(objectname) %(refname)', 'refs/autosync/']);
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => ({ id: line.slice(0, line.indexOf(' ')), ref: line.slice(line.indexOf(' ') + 1) }));
}

async function readPins(repository: Repository): Promise<readonly (OwnRef & { readonly at: number })[]> {
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
