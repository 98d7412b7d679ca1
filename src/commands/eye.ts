import type { Target } from '../engine/target.js';
import { folderIdentity, joinPath } from '../system/files.js';
import { type TreeWatch, type WatchLoss, watchTree } from '../system/watch-tree.js';
import { openTree } from './targets.js';
import type { Wiring } from './wiring.js';

/** Watches one working tree, as far as the system lets us. */
export type Eye = {
  /** Opens the watch if it is not open, or is to be opened anew; returns why it cannot be. */
  readonly open: () => Promise<WatchLoss | undefined>;
  /** Tells whether every save is seen. */
  readonly isOpen: () => boolean;
  readonly close: () => Promise<void>;
};

/** Files whose content decides what need not be watched. */
const IGNORE_FILES = new Set(['.gitignore', '.hgignore']);

/** Returns an eye on a target's folder; `onEvent` is called whenever something moved there, or the sight was lost. */
export function createEye(wiring: Wiring, target: Target, onEvent: () => void): Eye {
  let watch: TreeWatch | undefined;
  let loss: WatchLoss | undefined;
  let rulesMoved = false;
  let seen: string | undefined;
  const lose = (found: WatchLoss): void => {
    loss = found;
    onEvent();
  };
  const close = async (): Promise<void> => {
    const open = watch;
    watch = undefined;
    await open?.close();
  };
  const isSamePlace = (): boolean => folderIdentity(target.path) === seen;
  return {
    isOpen: () => watch !== undefined && loss === undefined && !rulesMoved && isSamePlace(),
    close,
    open: async () => {
      await close();
      loss = undefined;
      rulesMoved = false;
      seen = folderIdentity(target.path);
      if (seen === undefined) return { kind: 'gone', why: `'${target.path}' is no longer there` };
      watch = await watchTree({
        top: target.path,
        except: await exceptedFolders(wiring, target),
        onEvent: (name) => {
          if (IGNORE_FILES.has(name)) rulesMoved = true;
          onEvent();
        },
        onLost: lose,
      });
      return loss;
    },
  };
}

/** What cannot be asked now is watched: too much is seen then, and nothing missed. */
async function exceptedFolders({ locations }: Wiring, target: Target): Promise<ReturnType<typeof joinPath>[]> {
  try {
    const tree = await openTree(locations, target.path, target.registered);
    return (await tree.ignoredFolders()).map((folder) => joinPath(target.path, folder));
  } catch {
    return [];
  }
}
