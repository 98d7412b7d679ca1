import { AutosyncError } from '../model/errors.js';
import type { AbsolutePath } from '../model/paths.js';
import { orEnvironmentError } from '../store/own-file.js';
import { createExclusively, lstatIfPresent, move, readIfPresent, realPath, remove, setMode } from '../system/files.js';
import { removeBlock } from '../system/managed-block.js';
import { readTemplate } from '../system/package.js';
import { printable } from '../system/printable.js';
import { quoteGitConfig, quoteShell } from '../system/quote.js';
import { fillTemplate } from '../system/template.js';
import { HOOK_BLOCK } from './hook-block.js';
import { HOOK_EVENTS, type HookEvent, type HookRequest } from './hook-installer.js';

const REMARK = `# 'autosync install' has put this here, 'autosync uninstall' takes it back; edits in here are lost.\n`;

/** Returns the sections that have git itself start the launcher, one for each event: a command is not told which it was. */
export const renderSections = (request: HookRequest): string =>
  REMARK + HOOK_EVENTS.map((event) => renderSection(request, event)).join('');

function renderSection({ launcher }: HookRequest, event: HookEvent): string {
  const command = fillTemplate(readTemplate('git/hook-command.sh'), { launcher, event }, quoteShell).trimEnd();
  // A hook's name may not be that of an event.
  const values = { name: `autosync-${event}`, event, command };
  return fillTemplate(readTemplate('git/hook-section.ini'), values, quoteGitConfig);
}

/** Takes our sections out of a repository's configuration, whichever git is there now. */
export function removeSections({ site }: HookRequest): void {
  const file = site.config?.file;
  const text = file === undefined ? undefined : readIfPresent(file);
  if (file === undefined || text === undefined) return;
  const edit = removeBlock(text, HOOK_BLOCK);
  if (edit.kind === 'unchanged') return;
  const byHand = `remove autosync's lines there by hand: from '${HOOK_BLOCK.begin}' to '${HOOK_BLOCK.end}'`;
  if (edit.kind === 'unbalanced') throw new AutosyncError('failed', tornIn(file, edit.lines), [byHand]);
  if (!replaceConfig(file, edit.text)) {
    throw new AutosyncError('failed', `'${printable(file)}' is locked by another program`, [
      `if no git is at work there, remove '${printable(file)}.lock'`,
    ]);
  }
}

/**
 * Replaces git's configuration as git does: the new one is written to `config.lock`, which nobody else can have
 * meanwhile, and moved over the old one. Returns false when somebody has it.
 */
export function replaceConfig(named: AbsolutePath, text: Buffer): boolean {
  return orEnvironmentError('write', named, () => {
    const file = realPath(named);
    const lock = `${file}.lock`;
    const mode = (lstatIfPresent(file)?.mode ?? 0o644) & 0o7777;
    try {
      // The very same text can only be our own, from a run that was killed.
      if (!createExclusively(lock, text, mode) && readIfPresent(lock)?.equals(text) !== true) return false;
      setMode(lock, mode);
      move(lock, file);
      return true;
    } catch (error) {
      const written = readIfPresent(lock);
      if (written?.equals(text.subarray(0, written.length)) === true) remove(lock);
      throw error;
    }
  });
}

/** Says that nobody can tell which lines of a configuration are ours. */
export const tornIn = (file: AbsolutePath, lines: readonly number[]): string =>
  `'${printable(file)}' has autosync's markers, but not in a pair (lines ${lines.join(', ')})`;
