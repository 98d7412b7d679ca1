import type { Argv } from 'yargs';
import { AutosyncError } from '../model/errors.js';
import { EXIT, type ExitCode } from '../model/exit-codes.js';
import type { RegisteredRepo } from '../model/repo.js';
import { parseDuration } from '../store/duration.js';
import { type RepoState, updateState } from '../store/state.js';
import { say, sayJson } from '../system/terminal.js';
import { type Arguments, type Command, isOn, textOf, withJson, withRepos, wordsOf } from './command.js';
import { shownPath } from './render.js';
import { installedRepos, namedToChange } from './targets.js';
import { type Wiring, wire } from './wiring.js';

/** `autosync pause [repo…]`. */
export const command: Command = {
  options: (yargs: Argv) =>
    withRepos(withJson(yargs), 'An installed repository (default: the one around this folder)')
      .option('for', { type: 'string', describe: 'How long: 30m, 2h, 1d (default: until resumed)' })
      .example('$0 pause ~/notes --for 2h', 'leave ~/notes alone for two hours'),
  run: async (args: Arguments): Promise<ExitCode> => {
    const wiring = wire();
    const pausedUntil = readUntil(textOf(args, 'for'), wiring.engine.clock.now());
    const repos = wantedRepos(wiring, args);
    for (const { id } of repos) {
      await updateState(wiring.locations, { id, change: (state) => ({ ...state, pausedUntil }) });
    }
    const until = typeof pausedUntil === 'number' ? new Date(pausedUntil).toISOString() : null;
    if (isOn(args, 'json')) sayJson({ schema: 1, paused: repos.map(({ path }) => path), until });
    else
      for (const { path } of repos)
        say(`paused ${shownPath(path)} ${until === null ? 'until resumed' : `until ${until}`}`);
    return EXIT.done;
  },
};

/** Returns the repositories that `pause` and `resume` are about. */
export function wantedRepos({ locations }: Wiring, args: Arguments): readonly RegisteredRepo[] {
  const typed = wordsOf(args, 'repo');
  if (!isOn(args, 'all')) return namedToChange(locations, typed);
  if (typed.length > 0) throw new AutosyncError('usage', "option '--all' cannot be combined with a repository");
  return installedRepos(locations);
}

function readUntil(text: string | undefined, now: number): NonNullable<RepoState['pausedUntil']> {
  if (text === undefined) return 'until-resumed';
  const seconds = parseDuration(text);
  const until = now + (seconds ?? 0) * 1000;
  // What is further ahead than any date can be written is no time to come.
  if (until > now && !Number.isNaN(new Date(until).getTime())) return until;
  throw new AutosyncError('usage', `'${text}' is not a duration`, ["for example '30m', '2h' or '1d'"]);
}
