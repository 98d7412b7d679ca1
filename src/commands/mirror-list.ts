import type { Argv } from 'yargs';
import { EXIT, type ExitCode } from '../model/exit-codes.js';
import { say, sayJson } from '../system/terminal.js';
import { type Arguments, type Command, isOn, withJson } from './command.js';
import { mirrorRows, mirrorTable } from './mirror-rows.js';
import { readMirrors } from './mirrors.js';
import { wire } from './wiring.js';

/** `autosync mirror list`. */
export const command: Command = {
  options: (yargs: Argv) => withJson(yargs).example('$0 mirror list', 'what is mirrored where, and how far it is'),
  run: async (args: Arguments): Promise<ExitCode> => {
    const wiring = wire();
    const { mirrors, problems } = readMirrors(wiring.locations);
    const rows = await mirrorRows(wiring, mirrors);
    const isAll = problems.length === 0;
    if (isOn(args, 'json')) sayJson({ schema: 1, mirrors: rows });
    else if (rows.length > 0) for (const line of mirrorTable(rows, wiring.engine.clock.now())) say(line);
    else if (isAll) say('there is no mirror; autosync mirror add <source> <destination>');
    // Of what stands in a file that cannot be used nobody can say how it is.
    return isAll ? EXIT.done : EXIT.failed;
  },
};
