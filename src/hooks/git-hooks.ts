import { dirname } from 'node:path';
import { AutosyncError } from '../model/errors.js';
import type { AbsolutePath } from '../model/paths.js';
import { orEnvironmentError } from '../store/own-file.js';
import {
  exists,
  isFolder,
  lstatIfPresent,
  makeSharedFolder,
  move,
  readIfPresent,
  remove,
  removeEmptyFolder,
  symbolicLink,
} from '../system/files.js';
import { readBlock, removeBlock } from '../system/managed-block.js';
import { decodePath } from '../system/path-bytes.js';
import { printable } from '../system/printable.js';
import { removeSections } from './config-block.js';
import { type HookPlace, type HookPlan, hasAlias, hookPlace, planHook } from './git-hook-plan.js';
import { EMPTY_HOOK, HOOK_BLOCK, readBefore, renderWrapper } from './hook-block.js';
import {
  HOOK_EVENTS,
  type HookFile,
  type HookInstaller,
  type HookRequest,
  type HookResult,
  type HookState,
} from './hook-installer.js';
import { holdsBlock, movedHooks } from './moved-hooks.js';
import { besideOf, putInPlace } from './put-in-place.js';

/** For a new hook: to be read and run by everybody whom the person's umask lets. */
const NEW_MODE = 0o755;

const EMPTY = Buffer.alloc(0);

type WritePlan = Extract<HookPlan, { kind: 'write' }>;

/**
 * Hooks as git has always had them: scripts in the repository's own `hooks` folder (githooks(5)). Ours is a block right
 * below the first line, because many a hook ends in `exec`; a hook that takes no lines of shell is moved aside and run
 * by a script in its place.
 */
export const gitHooks: HookInstaller = {
  handles: (site) => site.vcs === 'git' && site.owner === 'own',
  render: (request) => (whyNotIn(request.site.folder) === undefined ? writes(request).flatMap(filesOf) : []),
  install,
  uninstall,
  state,
};

const plans = (request: HookRequest): readonly HookPlan[] => HOOK_EVENTS.map((event) => planHook(request, event));

const writes = (request: HookRequest): readonly WritePlan[] => plans(request).filter((plan) => plan.kind === 'write');

const notesOf = (all: readonly HookPlan[]): readonly string[] =>
  all.flatMap((plan) => (plan.kind === 'leave' ? [plan.why] : []));

/** Says why nothing of ours may be written into a hooks folder, if so. */
function whyNotIn(folder: AbsolutePath): string | undefined {
  const found = lstatIfPresent(folder);
  if (found === undefined || found.isDirectory()) return undefined;
  const what = isFolder(folder) ? 'is a link to a folder that others may use too' : 'is no folder';
  return `'${printable(folder)}' ${what}; the scheduler does the work`;
}

function filesOf({ place, text, change, moves, wraps }: WritePlan): readonly HookFile[] {
  const hook: HookFile = { path: place.path, content: decodePath(text), change };
  const kept: HookFile = { path: place.kept, content: '', change: 'create', movedFrom: place.path };
  const alias: HookFile = { path: place.alias, content: place.aliasTarget, change: 'create' };
  return [...(moves ? [kept] : []), ...(wraps && !hasAlias(place) ? [alias] : []), hook];
}

function install(request: HookRequest): HookResult {
  const { folder } = request.site;
  return orEnvironmentError('write', folder, () => {
    const problem = whyNotIn(folder);
    if (problem !== undefined) return { kind: 'left-alone', why: problem };
    const moved = allMoved(folder);
    for (const place of moved) restore(place);
    for (const place of moved) clearAway(place);
    const all = plans(request);
    const placed = all.filter((plan) => plan.kind === 'write');
    const notes = notesOf(all);
    if (placed.length === 0) return { kind: 'left-alone', why: notes.join('; ') };
    const changed = placed.filter((plan) => plan.change !== 'none');
    for (const plan of changed) apply(plan);
    const files = placed.map((plan) => plan.place.path);
    return { kind: changed.length + moved.length > 0 ? 'installed' : 'unchanged', files, notes };
  });
}

function apply({ place, text, mode, moves, wraps }: WritePlan): void {
  makeSharedFolder(dirname(place.path));
  if (wraps && !hasAlias(place)) {
    makeSharedFolder(dirname(place.alias));
    symbolicLink(place.aliasTarget, place.alias);
  }
  if (moves) move(place.path, place.kept);
  try {
    putInPlace(place.path, text, mode === undefined ? { fresh: NEW_MODE } : { kept: mode });
  } catch (error) {
    if (moves) move(place.kept, place.path);
    throw error;
  }
}

const allMoved = (folder: AbsolutePath): readonly HookPlace[] =>
  HOOK_EVENTS.flatMap((event) => movedHooks(hookPlace(folder, event)));

/** Tells whether any hook in a folder has our lines. */
export const hasScripts = ({ site: { folder } }: HookRequest): boolean =>
  whyNotIn(folder) === undefined &&
  (allMoved(folder).length > 0 || HOOK_EVENTS.some((event) => holdsBlock(hookPlace(folder, event).path)));

function uninstall(request: HookRequest): void {
  try {
    removeScripts(request);
    removeFormer(request);
  } finally {
    // A newer git may have been the one at the installation.
    removeSections(request);
  }
}

/** Takes our lines out of the scripts in folders that git looked in once. */
export function removeFormer({ site, ...request }: HookRequest): void {
  for (const folder of site.former ?? []) removeScripts({ ...request, site: { ...site, folder } });
}

/** Takes our lines out of the scripts in a hooks folder. */
export function removeScripts({ site: { folder } }: HookRequest): void {
  if (whyNotIn(folder) === undefined) restoreAll(folder);
  refuseLinked(folder);
}

/** What a link leads to is not ours to write, and may be others' too; but nobody may believe that our lines are gone. */
function refuseLinked(folder: AbsolutePath): void {
  const linked = HOOK_EVENTS.map((event) => hookPlace(folder, event).path).filter(
    (path) => exists(path) && !isFolder(path) && readBlock(readIfPresent(path) ?? EMPTY, HOOK_BLOCK).kind !== 'absent',
  );
  if (linked.length === 0) return;
  const names = linked.map((path) => `'${printable(path)}'`).join(', ');
  throw new AutosyncError('failed', `autosync's lines are behind a link: ${names}`, [
    `remove them there by hand: they are between '${HOOK_BLOCK.begin}' and '${HOOK_BLOCK.end}'`,
  ]);
}

function restoreAll(folder: AbsolutePath): void {
  const places = HOOK_EVENTS.map((event) => hookPlace(folder, event));
  const found = orEnvironmentError('restore the hooks in', folder, () => {
    for (const place of allMoved(folder)) restore(place);
    const restored = places.map(restore);
    for (const place of places) clearAway(place);
    if (restored.includes('no folder')) removeEmptyFolder(folder);
    return restored;
  });
  const broken = places
    .filter((_, index) => found[index] === 'unbalanced')
    .map((place) => `'${printable(place.path)}'`);
  if (broken.length === 0) return;
  throw new AutosyncError('failed', `autosync's markers are not in a pair in ${broken.join(', ')}`, [
    `remove autosync's lines there by hand: they are between '${HOOK_BLOCK.begin}' and '${HOOK_BLOCK.end}'`,
  ]);
}

/** Takes our block out of a hook and returns what had been there before it, or why that could not be told. */
function restore(place: HookPlace): string | undefined {
  const found = lstatIfPresent(place.path);
  if (found === undefined) bringBack(place);
  if (found?.isFile() !== true) return undefined;
  const text = readIfPresent(place.path) ?? Buffer.alloc(0);
  const block = readBlock(text, HOOK_BLOCK);
  const rest = removeBlock(text, HOOK_BLOCK);
  if (block.kind === 'unbalanced' || rest.kind === 'unbalanced') return 'unbalanced';
  if (block.kind === 'absent') return undefined;
  const before = readBefore(block.body);
  if (before === 'a hook, kept aside' && rest.text.equals(renderWrapper(place.event))) bringBack(place);
  else if (before.startsWith('no ') && isEmpty(rest.text)) remove(place.path);
  else putInPlace(place.path, rest.text, { kept: found.mode & 0o7777 });
  return before;
}

const isEmpty = (hook: Buffer): boolean => hook.length === 0 || hook.equals(EMPTY_HOOK);

function bringBack(place: HookPlace): void {
  if (lstatIfPresent(place.kept) === undefined) remove(place.path);
  else move(place.kept, place.path);
}

/** Removes what stands beside a hook for our own purposes; an alias stays as long as a hook is kept. */
function clearAway(place: HookPlace): void {
  remove(besideOf(place.path));
  if (lstatIfPresent(place.kept) === undefined && hasAlias(place)) remove(place.alias);
  removeEmptyFolder(dirname(place.alias));
}

function state(request: HookRequest): HookState {
  return orEnvironmentError('look at', request.site.folder, () => look(request));
}

function look(request: HookRequest): HookState {
  const problem = whyNotIn(request.site.folder);
  if (problem !== undefined) return { kind: 'not-ours-to-write', detail: problem };
  const all = plans(request);
  const placed = all.filter((plan) => plan.kind === 'write');
  const detail = notesOf(all).join('; ');
  if (placed.length === 0) return { kind: 'not-ours-to-write', detail };
  const missing = placed.filter((plan) => plan.change !== 'none').map((plan) => plan.place.event);
  const moved = allMoved(request.site.folder).map(({ path }) => `'${printable(path)}'`);
  if (missing.length + moved.length === 0) return { kind: 'present', detail };
  const troubles = [
    ...(missing.length > 0 ? [`not in place: ${missing.join(', ')}`] : []),
    ...(moved.length > 0 ? [`moved by another tool: ${moved.join(', ')}`] : []),
  ];
  return { kind: 'missing', detail: [...troubles, ...notesOf(all)].join('; ') };
}
