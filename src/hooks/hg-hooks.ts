import { AutosyncError } from '../model/errors.js';
import type { AbsolutePath } from '../model/paths.js';
import { orEnvironmentError } from '../store/own-file.js';
import { userId } from '../system/environment.js';
import {
  isFolder,
  isReadable,
  joinPath,
  lstatIfPresent,
  readIfPresent,
  readTextIfPresent,
  remove,
} from '../system/files.js';
import { readTemplate } from '../system/package.js';
import { decodePath } from '../system/path-bytes.js';
import { printable } from '../system/printable.js';
import { quoteShell } from '../system/quote.js';
import { fillTemplate } from '../system/template.js';
import { includesHooks, saysMadeByUs, withHooks, withoutHooks } from './hgrc.js';
import type { HookFile, HookInstaller, HookRequest, HookResult, HookState } from './hook-installer.js';
import { besideOf, type FileMode, putInPlace } from './put-in-place.js';

/** For new files: to be read by everybody whom the person's umask lets. */
const NEW_MODE = 0o644;

/**
 * Hooks as hg has them: lines of configuration (`[hooks]` in hgrc(5)). Ours are in a file of their own beside the
 * repository's `hgrc`, which gets one line that includes it; hg overlooks the line when the file is gone.
 */
export const hgHooks: HookInstaller = {
  handles: (site) => site.vcs === 'hg' && site.owner === 'own',
  render: (request) => (whyNot(request) === undefined ? plan(request).map(asHookFile) : []),
  install,
  uninstall,
  state,
};

const hgrcOf = ({ site }: HookRequest): AbsolutePath => joinPath(site.folder, 'hgrc');
const hooksOf = ({ site }: HookRequest): AbsolutePath => joinPath(site.folder, 'autosync.rc');

/** Says why nothing of ours may be written here, if so. */
function whyNot(request: HookRequest): string | undefined {
  const reason = whyNotInto(hgrcOf(request)) ?? whyNotCalled(request.launcher);
  return reason === undefined ? undefined : `${reason}; the scheduler does the work`;
}

function whyNotInto(hgrc: AbsolutePath): string | undefined {
  const found = lstatIfPresent(hgrc);
  if (found === undefined) return undefined;
  const name = `'${printable(hgrc)}'`;
  if (found.isSymbolicLink()) return `${name} is a link to a file that others may use too`;
  if (!found.isFile()) return `${name} is no file`;
  const own = userId();
  if (own !== undefined && found.uid !== own) return `${name} belongs to another user`;
  return isReadable(hgrc) ? undefined : `${name} cannot be read`;
}

/** A value in an hgrc may have several lines, but none that begins with a blank. */
const whyNotCalled = (launcher: AbsolutePath): string | undefined =>
  launcher.includes('\n') ? `'${printable(launcher)}' has a newline in its name` : undefined;

/** What one file should hold. */
type PlannedFile = {
  readonly path: AbsolutePath;
  readonly text: Buffer;
  readonly mode: FileMode;
  readonly change: HookFile['change'];
};

/** Our own file first: the line is never there without it. */
function plan(request: HookRequest): readonly [hooks: PlannedFile, hgrc: PlannedFile] {
  const hgrc = planFile(hgrcOf(request), withHooks, undefined);
  const text = Buffer.from(renderHooks(request, before(request)));
  // Whoever may read the one must be able to read the other: hg gives up over an include that it may not read.
  return [planFile(hooksOf(request), () => text, hgrc.mode), hgrc];
}

function planFile(path: AbsolutePath, edit: (text: Buffer) => Buffer, wanted: FileMode | undefined): PlannedFile {
  const found = lstatIfPresent(path);
  const text = found === undefined ? undefined : readIfPresent(path);
  const edited = edit(text ?? Buffer.alloc(0));
  const there: FileMode = found === undefined ? { fresh: NEW_MODE } : { kept: found.mode & 0o7777 };
  const mode = wanted ?? there;
  if (text === undefined) return { path, text: edited, mode, change: 'create' };
  const hasMode = 'fresh' in mode || ('kept' in there && there.kept === mode.kept);
  return { path, text: edited, mode, change: edited.equals(text) && hasMode ? 'none' : 'edit' };
}

const asHookFile = ({ path, text, change }: PlannedFile): HookFile => ({ path, content: decodePath(text), change });

/** What was there before our line; our own file says it, so that uninstalling needs no other record. */
type Before = 'no hgrc' | 'an hgrc';

const BEFORE = /^# Before that there was '(no hgrc|an hgrc)'\.$/m;

function before(request: HookRequest): Before {
  const text = readIfPresent(hgrcOf(request));
  if (text === undefined) return 'no hgrc';
  if (!includesHooks(text)) return saysMadeByUs(text) ? 'no hgrc' : 'an hgrc';
  const said = BEFORE.exec(readTextIfPresent(hooksOf(request)) ?? '')?.[1];
  if (said === undefined) return withoutHooks(text).length === 0 ? 'no hgrc' : 'an hgrc';
  return said === 'no hgrc' ? 'no hgrc' : 'an hgrc';
}

const renderHooks = ({ launcher }: HookRequest, said: Before): string =>
  fillTemplate(readTemplate('hg/autosync.rc'), { before: said, launcher }, quoteShell);

function install(request: HookRequest): HookResult {
  return orEnvironmentError('write', request.site.folder, () => {
    const problem = whyNot(request);
    if (problem !== undefined) return { kind: 'left-alone', why: problem };
    const files = plan(request);
    const changed = files.filter(({ change }) => change !== 'none');
    for (const { path, text, mode } of changed) putInPlace(path, text, mode);
    return { kind: changed.length > 0 ? 'installed' : 'unchanged', files: files.map(({ path }) => path), notes: [] };
  });
}

function uninstall(request: HookRequest): void {
  orEnvironmentError('restore', hgrcOf(request), () => {
    const problem = whyNotInto(hgrcOf(request));
    if (problem === undefined) takeLineBack(request);
    for (const path of [hgrcOf(request), hooksOf(request)]) remove(besideOf(path));
    remove(hooksOf(request));
    if (problem !== undefined) refuseIncluded(hgrcOf(request), problem);
  });
}

/** Without our file the line does nothing, but nobody may believe that it is gone. */
function refuseIncluded(hgrc: AbsolutePath, problem: string): void {
  if (!isReadable(hgrc) || isFolder(hgrc) || !includesHooks(readIfPresent(hgrc) ?? Buffer.alloc(0))) return;
  throw new AutosyncError('failed', `${problem}, and still includes autosync's hooks`, [
    "remove its line '%include autosync.rc' by hand",
  ]);
}

function takeLineBack(request: HookRequest): void {
  const hgrc = hgrcOf(request);
  const [found, text] = [lstatIfPresent(hgrc), readIfPresent(hgrc)];
  if (found === undefined || text === undefined || !includesHooks(text)) return;
  const rest = withoutHooks(text);
  if (rest.length === 0 && before(request) === 'no hgrc') remove(hgrc);
  else putInPlace(hgrc, rest, { kept: found.mode & 0o7777 });
}

function state(request: HookRequest): HookState {
  const problem = whyNot(request);
  if (problem !== undefined) return { kind: 'not-ours-to-write', detail: problem };
  const missing = plan(request).filter(({ change }) => change !== 'none');
  if (missing.length === 0) return { kind: 'present', detail: '' };
  const names = missing.map(({ path }) => `'${printable(path)}'`);
  return { kind: 'missing', detail: `not in place: ${names.join(', ')}` };
}
