import type { Argv } from 'yargs';
import { AutosyncError } from '../model/errors.js';
import { EXIT, type ExitCode } from '../model/exit-codes.js';
import { withLock } from '../store/lock.js';
import { joinPath, makeFolder } from '../system/files.js';
import { foreign, say, sayJson, warn } from '../system/terminal.js';
import { type Arguments, type Command, isOn, withJson, wordsOf } from './command.js';
import { refreshEntry } from './entry.js';
import { namedMirrors, takeMirrorsBack } from './mirrors.js';
import { installedRepos } from './targets.js';
import { wire } from './wiring.js';

/** Half a minute: an installation that is under way is let end. */
const WAIT_MS = 30_000;

/** `autosync mirror remove <name…>`. */
export const command: Command = {
  options: (yargs: Argv) =>
    withJson(yargs)
      .positional('name', { type: 'string', array: true, describe: 'A mirror' })
      .example('$0 mirror remove project', 'take the mirror back; both repositories stay as they are'),
  run: async (args: Arguments): Promise<ExitCode> => {
    const { locations, schedulers } = wire();
    const names = wordsOf(args, 'name');
    if (names.length === 0) throw new AutosyncError('usage', 'no mirror is named', ['autosync mirror list']);
    const mirrors = namedMirrors(locations, names);
    makeFolder(locations.state);
    const troubles = await withLock(joinPath(locations.state, 'install.lock'), { waitMs: WAIT_MS }, async () => {
      const found = await takeMirrorsBack(locations, mirrors);
      await refreshEntry(schedulers, locations, installedRepos(locations));
      return found;
    });
    const gone = mirrors.map(({ name }) => name).filter((name) => !troubles.some((one) => one.startsWith(`${name}:`)));
    if (isOn(args, 'json')) sayJson({ schema: 1, removed: gone, troubles });
    else for (const name of gone) say(`removed ${name}; what it has pushed stays`);
    for (const trouble of troubles) warn(`autosync: ${foreign(trouble)}`);
    return troubles.length === 0 ? EXIT.done : EXIT.failed;
  },
};
