import { includesHooks, MADE_BY_US, saysMadeByUs, splitMark } from '../hooks/hgrc.js';
import { AutosyncError } from '../model/errors.js';
import type { Mirror } from '../model/mirror.js';
import { type AbsolutePath, asAbsolute } from '../model/paths.js';
import { userId } from '../system/environment.js';
import { joinPath, lstatIfPresent, readIfPresent, remove, setMode, writeAtomically } from '../system/files.js';
import {
  type BlockEdit,
  type BlockStyle,
  type FoundBlock,
  insertBlock,
  readBlock,
  removeBlock,
} from '../system/managed-block.js';
import { printable } from '../system/printable.js';
import { quoteShell } from '../system/quote.js';

/** A source in whose `.hg/hgrc` our hooks stand, and the program that they call. */
export type HookedSource = { readonly mirror: Pick<Mirror, 'name' | 'source'>; readonly launcher: AbsolutePath };

const style = (name: string): BlockStyle => ({
  begin: `# >>> autosync mirror ${name} >>>`,
  end: `# <<< autosync mirror ${name} <<<`,
});

/** After a push from elsewhere, or a pull; and after a commit made here. */
const EVENTS = ['changegroup', 'commit'] as const;

/** The lines of the block; one more says when the file was made for them. */
const render = ({ mirror, launcher }: HookedSource, isMade: boolean): string =>
  [
    ...(isMade ? [MADE_BY_US] : []),
    '[hooks]',
    ...EVENTS.map((event) => `${event}.autosync-mirror-${mirror.name} = ${quoteShell(launcher)} hook ${event}`),
    '',
  ].join('\n');

const hgrcOf = ({ source }: Pick<Mirror, 'source'>): AbsolutePath => joinPath(asAbsolute(source), '.hg', 'hgrc');

/** What the hooks of a repository that is installed, too, are in. */
const besideOf = ({ source }: Pick<Mirror, 'source'>): AbsolutePath =>
  joinPath(asAbsolute(source), '.hg', 'autosync.rc');

const EMPTY = Buffer.alloc(0);

/** Puts the hooks into the source's own configuration; each returns at once, and leaves the work to the launcher. */
export function installSourceHook(hooked: HookedSource): void {
  if (/[\n\r]/.test(hooked.launcher)) throw refusal(hooked.launcher, 'its name has a line break in it');
  const isMade = isMadeByUs(hooked.mirror);
  edit(hooked.mirror, (text) => insertBlock(text, render(hooked, isMade), style(hooked.mirror.name)));
}

/** Tells whether there would be no configuration but for lines of ours, whichever of us came first. */
function isMadeByUs(mirror: Pick<Mirror, 'source'>): boolean {
  const text = readIfPresent(hgrcOf(mirror));
  if (text === undefined) return true;
  return saysMadeByUs(text) || (includesHooks(text) && saysMadeByUs(readIfPresent(besideOf(mirror)) ?? EMPTY));
}

/** Takes the hooks out: what others have written stays, byte for byte. */
export function removeSourceHook(mirror: Pick<Mirror, 'name' | 'source'>): void {
  if (lookFor(mirror).kind !== 'absent') edit(mirror, (text) => removeBlock(text, style(mirror.name)));
}

/** Tells whether the hooks are in place as they should be. */
export function hasSourceHook(hooked: HookedSource): boolean {
  const found = lookFor(hooked.mirror);
  return found.kind === 'present' && [true, false].some((isMade) => found.body === render(hooked, isMade));
}

function lookFor(mirror: Pick<Mirror, 'name' | 'source'>): FoundBlock {
  const [, text] = splitMark(readIfPresent(hgrcOf(mirror)) ?? EMPTY);
  return readBlock(text, style(mirror.name));
}

function edit(mirror: Pick<Mirror, 'name' | 'source'>, change: (text: Buffer) => BlockEdit): void {
  const file = hgrcOf(mirror);
  const found = lstatIfPresent(file);
  if (found !== undefined && !found.isFile()) throw refusal(file, 'it is no plain file');
  // Written anew it would be ours, and hg runs no hook that another user has put into a file.
  if (found !== undefined && userId() !== undefined && found.uid !== userId()) {
    throw refusal(file, `it belongs to another user (uid ${found.uid})`);
  }
  const isMade = isMadeByUs(mirror);
  const [mark, text] = splitMark(readIfPresent(file) ?? EMPTY);
  const edited = change(text);
  if (edited.kind === 'unbalanced')
    throw refusal(file, `its autosync markers do not pair up (${edited.lines.join(', ')})`);
  if (mark.length + edited.text.length === 0 && isMade) {
    remove(file);
    return;
  }
  writeAtomically(file, Buffer.concat([mark, edited.text]), 0o644);
  // What is written anew gets its bits only as far as the umask lets.
  if (found !== undefined) setMode(file, found.mode & 0o7777);
}

const refusal = (file: string, why: string): AutosyncError =>
  new AutosyncError('failed', `'${printable(file)}' cannot hold the hooks: ${why}`, [
    'autosync mirror add --trigger schedule does without them',
  ]);
