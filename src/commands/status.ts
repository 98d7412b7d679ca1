import type { Argv } from 'yargs';
import { EXIT, type ExitCode } from '../model/exit-codes.js';
import { wantsNoScheduler } from '../store/no-scheduler.js';
import { fewAtATime } from '../system/at-a-time.js';
import { colour, say, sayJson, terminalColumns } from '../system/terminal.js';
import { type Arguments, type Command, isOn, withJson, wordsOf } from './command.js';
import { entryFor, presentScheduler } from './entry.js';
import { mirrorRows, mirrorTable } from './mirror-rows.js';
import { installedMirrors } from './mirrors.js';
import { statusRow } from './status-row.js';
import { statusLines } from './status-view.js';
import { installedRepos, namedRepos } from './targets.js';
import { unreadableRegistrations } from './unreadable.js';
import { type Wiring, wire } from './wiring.js';

/** `autosync status [repo…]`. */
export const command: Command = {
  options: (yargs: Argv) =>
    withJson(yargs)
      .positional('repo', { type: 'string', array: true, describe: 'An installed repository (default: all of them)' })
      .example('$0 status', 'what needs you, and then all the rest')
      .example('$0 status ~/notes --json', 'the same of one repository, for a program'),
  run: async (args: Arguments): Promise<ExitCode> => {
    const wiring = wire();
    const typed = wordsOf(args, 'repo');
    const repos = typed.length === 0 ? installedRepos(wiring.locations) : namedRepos(wiring.locations, typed);
    const scheduler = await presentScheduler(wiring.schedulers, entryFor(wiring.locations, repos));
    const rows = await fewAtATime(repos, (repo) => statusRow(wiring, repo, scheduler !== undefined));
    const mirrors = typed.length === 0 ? await mirrorRows(wiring, installedMirrors(wiring.locations)) : [];
    // Of what stands in a file that cannot be used nobody can say how it is.
    const isAll = typed.length > 0 || unreadableRegistrations(wiring.locations).length === 0;
    const code = isAll ? EXIT.done : EXIT.failed;
    if (isOn(args, 'json')) {
      sayJson({ schema: 1, scheduler: scheduler?.kind ?? null, repos: rows, mirrors });
      return code;
    }
    const now = wiring.engine.clock.now();
    if (rows.length > 0 || mirrors.length === 0)
      for (const line of statusLines(rows, { now, columns: terminalColumns() })) say(line);
    for (const line of mirrors.length > 0 ? mirrorTable(mirrors, now) : []) say(line);
    if (rows.length > 0 && scheduler === undefined) say(colour('yellow', unscheduled(wiring)));
    return code;
  },
};

/** Says that nothing runs by itself, and what to do about it. */
function unscheduled({ locations }: Wiring): string {
  const what = 'no scheduler calls autosync on this machine';
  return wantsNoScheduler(locations) ? `${what}, as was wanted: autosync snapshot --all` : `${what}: autosync doctor`;
}
