import type { Argv } from 'yargs';
import { AutosyncError } from '../model/errors.js';
import { EXIT, type ExitCode } from '../model/exit-codes.js';
import { type LogEntry, readLog } from '../store/log.js';
import { printable } from '../system/printable.js';
import { foreign, say } from '../system/terminal.js';
import { type Arguments, type Command, isOn, textOf, withJson } from './command.js';
import { shownPath } from './render.js';
import { absolute, namedRepos } from './targets.js';
import { type Wiring, wire } from './wiring.js';

/** How often a followed log is looked at. */
const FOLLOW_MS = 500;

/** `autosync log [repo]`. */
export const command: Command = {
  options: (yargs: Argv) =>
    withJson(yargs)
      .positional('repo', { type: 'string', describe: 'A repository (default: all of them)' })
      .option('n', { alias: 'lines', type: 'number', default: 20, describe: 'How many entries' })
      .option('follow', { alias: 'f', type: 'boolean', default: false, describe: 'Go on with what is added' })
      .example('$0 log -n 5', 'the last five things that autosync did'),
  run: async (args: Arguments): Promise<ExitCode> => {
    const wiring = wire();
    const limit = Number(args['n']);
    if (!Number.isInteger(limit) || limit < 0) throw new AutosyncError('usage', "option '-n' takes a whole number");
    const repo = pathOf(wiring, textOf(args, 'repo'));
    const read = (most: number): readonly LogEntry[] =>
      readLog(wiring.locations, { limit: most, ...(repo === undefined ? {} : { repo }) });
    const entries = read(limit);
    for (const entry of entries) show(entry, isOn(args, 'json'));
    if (isOn(args, 'follow')) await follow(wiring, () => read(1000), isOn(args, 'json'));
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

async function follow({ engine }: Wiring, read: () => readonly LogEntry[], json: boolean): Promise<never> {
  const known = new Set(read().map((entry) => JSON.stringify(entry)));
  for (;;) {
    await engine.clock.sleep(FOLLOW_MS);
    for (const entry of read()) {
      const text = JSON.stringify(entry);
      if (known.has(text)) continue;
      known.add(text);
      show(entry, json);
    }
  }
}

function show(entry: LogEntry, json: boolean): void {
  if (json) {
    say(JSON.stringify(entry));
    return;
  }
  const what = text(entry['verdict']) ?? text(entry.event) ?? '';
  const more = [text(entry['why']), subject(entry), text(entry['title'])].filter(
    (part) => part !== undefined && part !== '',
  );
  const at = entry.at.replace('T', ' ').replace(/\.\d+Z$/, 'Z');
  say(
    `${printable(at)}  ${shownPath(entry.repo)}  ${printable(what)}${more.length === 0 ? '' : `  ${foreign(more.join('; '))}`}`,
  );
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** The first line of what was committed; a run that committed nothing has a single word there. */
function subject(entry: LogEntry): string | undefined {
  const line = text(entry['commit'])?.split('\n')[0];
  return line === undefined || /^(clean|skipped|refused)$/.test(line) ? undefined : line;
}
