import { vi } from 'vitest';
import type { Arguments, Command } from '../../src/commands/command.js';
import type { InstallWish } from '../../src/commands/install-settings.js';
import { inspectCandidate, install } from '../../src/commands/installation.js';
import { wire } from '../../src/commands/wiring.js';
import { AutosyncError } from '../../src/model/errors.js';
import { asAbsolute } from '../../src/model/paths.js';
import type { Ended } from './cli.js';
import { WISH } from './hook-trial.js';

/** Runs a command in this process, with the folders of its environment, and tells how it ended. */
export async function runCommand(command: Command, args: Arguments): Promise<Ended> {
  const said = { out: '', err: '' };
  const out = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    said.out += String(text);
    return true;
  });
  const err = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    said.err += String(text);
    return true;
  });
  try {
    return { code: await command.run(args), ...said };
  } catch (error) {
    if (!(error instanceof AutosyncError)) throw error;
    return { code: error.kind === 'usage' ? 2 : 1, out: said.out, err: `${said.err}${error.message}\n` };
  } finally {
    out.mockRestore();
    err.mockRestore();
  }
}

/** Installs repositories as `autosync install` does, but for the first run. */
export async function installHere(tops: readonly string[], wish: Partial<InstallWish> = {}): Promise<void> {
  const wiring = wire();
  const wanted = { ...WISH, ...wish };
  const trees = await Promise.all(tops.map((top) => inspectCandidate(wiring, asAbsolute(top), wanted)));
  await install(wiring, trees, wanted);
}
