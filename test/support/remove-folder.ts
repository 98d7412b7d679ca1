import { rmSync } from 'node:fs';

/** Half a minute in all. */
const TRIES = 300;
const PAUSE_MS = 100;

/** Removes a folder in which a run that a hook began may just be ending: what it writes meanwhile is removed, too. */
export function removeFolder(folder: string): void {
  for (let tries = 1; ; tries += 1) {
    try {
      rmSync(folder, { recursive: true, force: true });
      return;
    } catch (error) {
      if (tries === TRIES) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
    }
  }
}
