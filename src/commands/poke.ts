import { isAbsolute, resolve } from 'node:path';
import type { Argv } from 'yargs';
import { AutosyncError } from '../model/errors.js';
import { EXIT, type ExitCode } from '../model/exit-codes.js';
import { type AbsolutePath, asAbsolute } from '../model/paths.js';
import { parseSchedule } from '../scheduler/schedule-text.js';
import { locations } from '../store/locations.js';
import { findRepoFor } from '../store/registry.js';
import { RUNNING_MARKER, variable, workingFolder } from '../system/environment.js';
import { foreign, warn } from '../system/terminal.js';
import { askForRun } from './ask-for-run.js';
import { type Arguments, type Command, wordsOf } from './command.js';

/** Whatever is saved there, a commit message among it, is part of what git or hg are doing. */
const IN_METADATA = /[/\\]\.(git|hg)([/\\]|$)/;

/** `autosync poke <path…>`: what an editor calls after a save. It loads little, waits for nothing and never fails. */
export const command: Command = {
  options: (yargs: Argv) =>
    yargs
      .positional('path', {
        type: 'string',
        array: true,
        describe: 'What was saved: a file or a folder, which may be gone again',
      })
      .example('$0 poke notes/a.md', 'ask for a run of the repository around notes/a.md, and return at once'),
  run: async (args: Arguments): Promise<ExitCode> => poke(wordsOf(args, 'path')),
};

/** Asks for a run of each repository around some paths; `cli.ts` comes here directly where there are no options to read. */
export function poke(typed: readonly string[]): ExitCode {
  if (variable(RUNNING_MARKER) !== undefined) return EXIT.done;
  try {
    const paths = typed.map((path) => asAbsolute(isAbsolute(path) ? resolve(path) : resolve(workingFolder(), path)));
    pokeAll(paths.filter((path) => !IN_METADATA.test(path)));
  } catch (error) {
    // An editor that shows an error at each save helps nobody: `autosync doctor` and `status` are for that.
    if (!(error instanceof AutosyncError)) throw error;
    warn(`autosync: ${foreign(error.message)}`);
  }
  return EXIT.done;
}

function pokeAll(paths: readonly AbsolutePath[]): void {
  const places = locations();
  const repos = new Set<AbsolutePath>();
  for (const path of paths) {
    const repo = findRepoFor(places, { path, parseSchedule });
    if (repo === undefined) warn(`autosync: '${foreign(path)}' is in no installed repository`);
    else repos.add(repo.path);
  }
  for (const path of repos) askForRun(places, { event: 'poke', path });
}
