import type { Argv } from 'yargs';
import type { ExitCode } from '../model/exit-codes.js';
import { type Arguments, type Command, isOn, withJson, wordsOf } from './command.js';
import { tellInboxes } from './inboxes.js';
import { installedRepos, namedRepos } from './targets.js';
import { wire } from './wiring.js';

/** `autosync conflicts [repo…]`. */
export const command: Command = {
  options: (yargs: Argv) =>
    withJson(yargs)
      .positional('repo', { type: 'string', array: true, describe: 'An installed repository (default: all of them)' })
      .example('$0 conflicts', 'what waits for you, and since when')
      .example('$0 resolve notes/a.md --keep mine', 'decide one of them'),
  run: async (args: Arguments): Promise<ExitCode> => {
    const wiring = wire();
    const typed = wordsOf(args, 'repo');
    const repos = typed.length === 0 ? installedRepos(wiring.locations) : namedRepos(wiring.locations, typed);
    return await tellInboxes(wiring, repos, isOn(args, 'json'));
  },
};
