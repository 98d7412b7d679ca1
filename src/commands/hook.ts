import type { Argv } from 'yargs';
import { AutosyncError } from '../model/errors.js';
import { EXIT, type ExitCode } from '../model/exit-codes.js';
import { RUNNING_MARKER, variable, workingFolder } from '../system/environment.js';
import { askForRun } from './ask-for-run.js';
import { type Arguments, type Command, textOf } from './command.js';
import { wire } from './wiring.js';

/** `autosync hook <event>`: what the launcher does for a hook, for callers that have no shell. */
export const command: Command = {
  options: (yargs: Argv) =>
    yargs
      .positional('event', {
        type: 'string',
        describe: 'What happened: post-commit, post-merge, post-rewrite; commit, amend, changegroup',
      })
      .example('$0 hook post-commit', 'ask for a run of the repository around this folder, and return at once'),
  run: async (args: Arguments): Promise<ExitCode> => {
    // Our own git or hg runs here: what it does is part of a run already.
    if (variable(RUNNING_MARKER) !== undefined) return EXIT.done;
    const event = textOf(args, 'event') ?? '';
    if (!/^[a-z][a-z-]*$/.test(event)) throw new AutosyncError('usage', `'${event}' is not the name of an event`);
    const { locations } = wire();
    askForRun(locations, { event, path: workingFolder() });
    return EXIT.done;
  },
};
