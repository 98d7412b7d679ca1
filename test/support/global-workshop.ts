import { chmodSync, mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { removeFolder } from './remove-folder.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** The folder below which everything that this project's tests write lives. */
    readonly workshop: string;
  }
}

/** Makes the one folder in which a project's tests work, and takes it away, with all that they left, at the end. */
export default function setup(project: TestProject): () => void {
  // Short: a socket's path may have no more than 107 bytes. Real: macOS's temporary folder is a link.
  const workshop = realpathSync(mkdtempSync(join(tmpdir(), 'as-')));
  project.provide('workshop', workshop);
  return () => removeAll(workshop);
}

function removeAll(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true });
  } catch {
    openUp(folder);
    removeFolder(folder);
  }
}

/** Gives back the permissions that tests took away, so that everything can be removed. */
function openUp(folder: string): void {
  try {
    chmodSync(folder, 0o700);
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (entry.isDirectory()) openUp(join(folder, entry.name));
    }
  } catch {
    // Gone meanwhile, by whoever was still at work in there.
  }
}
