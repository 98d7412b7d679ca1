import type { Argv } from 'yargs';
import { EXIT, type ExitCode } from '../model/exit-codes.js';
import { updateState } from '../store/state.js';
import { say, sayJson } from '../system/terminal.js';
import { type Arguments, type Command, isOn, withJson, withRepos } from './command.js';
import { wantedRepos } from './pause.js';
import { shownPath } from './render.js';
import { wire } from './wiring.js';

/** `autosync resume [repo…]`. */
export const command: Command = {
  options: (yargs: Argv) =>
    withRepos(withJson(yargs), 'An installed repository (default: the one around this folder)').example(
      '$0 resume ~/notes',
      'go on with ~/notes at its next slot',
    ),
  run: async (args: Arguments): Promise<ExitCode> => {
    const wiring = wire();
    const repos = wantedRepos(wiring, args);
    for (const { id } of repos) {
      await updateState(wiring.locations, { id, change: ({ pausedUntil: _over, ...state }) => state });
    }
    if (isOn(args, 'json')) sayJson({ schema: 1, resumed: repos.map(({ path }) => path) });
    else for (const { path } of repos) say(`resumed ${shownPath(path)}`);
    return EXIT.done;
  },
};
