import { watch } from 'chokidar';
import { errorCode, errorMessage } from '../model/errors.js';
import type { AbsolutePath } from '../model/paths.js';

/** Why a folder is watched no longer, or not as a whole. */
export type WatchLoss =
  /** The system gives no more watches, or no more open files. */
  | { readonly kind: 'limit'; readonly why: string }
  /** The folder was removed, or has another name. */
  | { readonly kind: 'gone'; readonly why: string }
  | { readonly kind: 'failed'; readonly why: string };

/** A folder to watch; a loss is told once, and then nothing more comes. */
export type WatchRequest = {
  readonly top: AbsolutePath;
  /** Full paths of folders that need not be watched. */
  readonly except: readonly AbsolutePath[];
  /** Called for every event, with the name that it is about where that is known. */
  readonly onEvent: (name: string) => void;
  readonly onLost: (loss: WatchLoss) => void;
};

/** A folder that is being watched. */
export type TreeWatch = { readonly close: () => Promise<void> };

const METADATA = new Set(['.git', '.hg']);

const LIMITS = ['ENOSPC', 'EMFILE', 'ENFILE'];

/**
 * Watches a folder and those below it, without following links; returns when all of them are watched, or one is not.
 * Only folders are watched, not files: a folder tells of its files, so that a hundred thousand files cost no more than
 * the folders they are in. What lies inside a repository's metadata is nobody's save.
 */
export async function watchTree({ top, except, onEvent, onLost }: WatchRequest): Promise<TreeWatch> {
  const excepted = new Set<string>(except);
  let isLost = false;
  const watcher = watch(top, {
    ignoreInitial: true,
    followSymlinks: false,
    atomic: false,
    ignored: (path, stats) =>
      path !== top && (METADATA.has(lastPart(path)) || excepted.has(path) || stats?.isDirectory() === false),
  });
  const lose = (loss: WatchLoss): void => {
    if (isLost) return;
    isLost = true;
    onLost(loss);
  };
  watcher.on('raw', (_event, name) => {
    const text = String(name ?? '');
    if (!(isLost || METADATA.has(text))) onEvent(text);
  });
  watcher.on('unlinkDir', (path) => {
    if (path === top) lose({ kind: 'gone', why: `'${top}' is no longer there` });
  });
  await new Promise<void>((resolve) => {
    watcher.on('ready', resolve);
    watcher.on('error', (error) => {
      // A folder that went away, or that we may not look into, is no reason to stop: the rest is watched.
      if (['ENOENT', 'EACCES', 'EPERM', 'ENOTDIR', 'ELOOP'].includes(errorCode(error) ?? '')) return;
      lose({ kind: LIMITS.includes(errorCode(error) ?? '') ? 'limit' : 'failed', why: errorMessage(error) });
      resolve();
    });
  });
  return { close: () => watcher.close() };
}

const lastPart = (path: string): string => path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
