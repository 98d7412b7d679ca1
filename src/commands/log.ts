import type { Argv } from 'yargs';
import { AutosyncError } from '../model/errors.js';
import { EXIT, type ExitCode } from '../model/exit-codes.js';
import { type LogEntry, logStamp, readLog } from '../store/log.js';
import { hasReader, say, terminalColumns } from '../system/terminal.js';
import { type Arguments, type Command, isOn, textOf, withJson } from './command.js';
import { type LogTimes, logLines } from './log-view.js';
import { absolute, namedRepos } from './targets.js';
import { type Wiring, wire } from './wiring.js';

/** How often a followed log is looked at. */
const FOLLOW_MS = 500;

/** So many entries are not written between two looks. */
const WINDOW = 1000;

/** `autosync log [repo]`. */
export const command: Command = {
  options: (yargs: Argv) =>
    withJson(yargs)
      .positional('repo', { type: 'string', describe: 'A repository (default: all of them)' })
      .option('n', { alias: 'lines', type: 'number', default: 20, describe: 'How many entries' })
      .option('follow', { alias: 'f', type: 'boolean', default: false, describe: 'Go on with what is added' })
      .example('$0 log -n 5', 'the last five things that autosync did')
      .example('$0 log ~/notes --follow', 'what it does with ~/notes from now on, until Ctrl-C'),
  run: async (args: Arguments): Promise<ExitCode> => {
    const wiring = wire();
    const limit = Number(args['n']);
    if (!Number.isInteger(limit) || limit < 0) throw new AutosyncError('usage', "option '-n' takes a whole number");
    const follows = isOn(args, 'follow');
    const repo = pathOf(wiring, textOf(args, 'repo'));
    const read = (most: number): readonly LogEntry[] =>
      readLog(wiring.locations, { limit: most, ...(repo === undefined ? {} : { repo }) });
    const show = isOn(args, 'json') ? showJson : showText(wiring, follows);
    const stamp = logStamp(wiring.locations);
    const entries = read(follows ? Math.max(limit, WINDOW) : limit);
    show(limit === 0 ? [] : entries.slice(-limit));
    if (follows) await follow(wiring, { stamp, known: entries, read: () => read(WINDOW), show });
    return EXIT.done;
  },
};

/** A repository may have been uninstalled since: its log is still there. */
function pathOf({ locations }: Wiring, typed: string | undefined): string | undefined {
  if (typed === undefined) return undefined;
  try {
    return namedRepos(locations, [typed])[0]?.path;
  } catch {
    return absolute(typed);
  }
}

type Show = (entries: readonly LogEntry[]) => void;

const showJson: Show = (entries) => {
  for (const entry of entries) say(JSON.stringify(entry));
};

/** What goes to a file, or stays on the screen, is read later: there a time is that of the clock. */
function showText({ engine }: Wiring, follows: boolean): Show {
  const columns = terminalColumns();
  const times: LogTimes = columns === undefined ? 'utc' : follows ? 'local' : 'relative';
  return (entries) => {
    for (const line of logLines(entries, { now: engine.clock.now(), columns, times })) say(line);
  };
}

type Following = {
  readonly stamp: string;
  readonly known: readonly LogEntry[];
  readonly read: () => readonly LogEntry[];
  readonly show: Show;
};

/** Shows what is added until the person ends it, or nobody reads on; a new file, when the log is rotated, is only one more change of it. */
async function follow({ engine, locations }: Wiring, { stamp, known, read, show }: Following): Promise<void> {
  const shown = new Set(known.map((entry) => JSON.stringify(entry)));
  for (let before = stamp; hasReader(); ) {
    await engine.clock.sleep(FOLLOW_MS);
    const now = logStamp(locations);
    if (now === before) continue;
    before = now;
    const fresh = read().filter((entry) => !shown.has(JSON.stringify(entry)));
    for (const entry of fresh) shown.add(JSON.stringify(entry));
    show(fresh);
  }
}
