import { AutosyncError } from '../model/errors.js';
import type { Mirror } from '../model/mirror.js';
import { type AbsolutePath, asAbsolute } from '../model/paths.js';
import { userId } from '../system/environment.js';
import { joinPath, lstatIfPresent, readIfPresent, remove, writeAtomically } from '../system/files.js';
import { type BlockEdit, type BlockStyle, insertBlock, readBlock, removeBlock } from '../system/managed-block.js';
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

const render = ({ mirror, launcher }: HookedSource): string =>
  [
    '[hooks]',
    ...EVENTS.map((event) => `${event}.autosync-mirror-${mirror.name} = ${quoteShell(launcher)} hook ${event}`),
    '',
  ].join('\n');

const hgrcOf = ({ source }: Pick<Mirror, 'source'>): AbsolutePath => joinPath(asAbsolute(source), '.hg', 'hgrc');

/** Puts the hooks into the source's own configuration; each returns at once, and leaves the work to the launcher. */
export function installSourceHook(hooked: HookedSource): void {
  if (/[\n\r]/.test(hooked.launcher)) throw refusal(hooked.launcher, 'its name has a line break in it');
  edit(hooked.mirror, (text) => insertBlock(text, render(hooked), style(hooked.mirror.name)));
}

/** Takes the hooks out: what others have written stays, byte for byte. */
export function removeSourceHook(mirror: Pick<Mirror, 'name' | 'source'>): void {
  if (lstatIfPresent(hgrcOf(mirror)) === undefined) return;
  edit(mirror, (text) => removeBlock(text, style(mirror.name)));
}

/** Tells whether the hooks are in place as they should be. */
export function hasSourceHook(hooked: HookedSource): boolean {
  const found = readBlock(readIfPresent(hgrcOf(hooked.mirror)) ?? Buffer.alloc(0), style(hooked.mirror.name));
  return found.kind === 'present' && found.body === render(hooked);
}

function edit(mirror: Pick<Mirror, 'name' | 'source'>, change: (text: Buffer) => BlockEdit): void {
  const file = hgrcOf(mirror);
  const found = lstatIfPresent(file);
  if (found !== undefined && !found.isFile()) throw refusal(file, 'it is no plain file');
  // Written anew it would be ours, and hg runs no hook that another user has put into a file.
  if (found !== undefined && userId() !== undefined && found.uid !== userId()) {
    throw refusal(file, `it belongs to another user (uid ${found.uid})`);
  }
  const edited = change(readIfPresent(file) ?? Buffer.alloc(0));
  if (edited.kind === 'unbalanced')
    throw refusal(file, `its autosync markers do not pair up (${edited.lines.join(', ')})`);
  if (edited.text.length === 0) remove(file);
  else writeAtomically(file, edited.text, found === undefined ? 0o644 : found.mode & 0o777);
}

const refusal = (file: string, why: string): AutosyncError =>
  new AutosyncError('failed', `'${printable(file)}' cannot hold the hooks: ${why}`, [
    'autosync mirror add --trigger schedule does without them',
  ]);
