import type { Argv } from 'yargs';
import { type Target, targetOf } from '../engine/target.js';
import { AutosyncError } from '../model/errors.js';
import { EXIT, type ExitCode } from '../model/exit-codes.js';
import type { RepoReport, RunReport } from '../model/report.js';
import { scheduleText } from '../scheduler/schedule-text.js';
import { renderDuration } from '../store/duration.js';
import { platform } from '../system/environment.js';
import { onEndWanted } from '../system/signals.js';
import { say, sayJsonLine, warn } from '../system/terminal.js';
import type { WatchLoss } from '../system/watch-tree.js';
import { type Arguments, type Command, isOn, withJson, withRepos, wordsOf } from './command.js';
import { keepWatching, LOOK_MS, type Watcher } from './keep-watching.js';
import { describeReport, shownPath } from './render.js';
import { installedRepos, runTargets } from './targets.js';
import { wire } from './wiring.js';

/** Repositories that run at the same time. */
const WIDTH = 4;

/** `autosync watch [repo…]`. */
export const command: Command = {
  options: (yargs: Argv) =>
    withRepos(withJson(yargs), 'A repository (default: the one around this folder)')
      .example('$0 watch', 'a run soon after each save in the repository around this folder, until Ctrl-C')
      .example('$0 watch --all --json', 'the same for every installed repository, each run a line of JSON'),
  run: async (args: Arguments): Promise<ExitCode> => {
    const wiring = wire();
    const targets = await wantedTargets(wiring.locations, args);
    const wakers: (() => void)[] = [];
    let isOver = false;
    const end = (): void => {
      isOver = true;
      for (const wake of wakers) wake();
    };
    const forget = onEndWanted(end);
    const watcher: Watcher = {
      ...teller(isOn(args, 'json')),
      isOver: () => isOver,
      onOver: (wake) => void wakers.push(wake),
      inTurn: turns(WIDTH),
    };
    const ends = await Promise.allSettled(
      targets.map((target) => keepWatching(wiring, target, watcher).catch((error) => fail(error, end))),
    );
    forget();
    for (const ended of ends) if (ended.status === 'rejected') throw ended.reason;
    return EXIT.done;
  },
};

/** A failure that nobody foresaw ends all of it, after the runs under way, and is told. */
function fail(error: unknown, end: () => void): never {
  end();
  throw error;
}

async function wantedTargets(
  places: ReturnType<typeof wire>['locations'],
  args: Arguments,
): Promise<readonly Target[]> {
  const typed = wordsOf(args, 'repo');
  if (!isOn(args, 'all')) {
    const targets = await runTargets(places, typed);
    return [...new Map(targets.map((target) => [target.path, target])).values()];
  }
  if (typed.length > 0) throw new AutosyncError('usage', "option '--all' cannot be combined with a repository");
  const repos = installedRepos(places);
  if (repos.length > 0) return repos.map(targetOf);
  throw new AutosyncError('usage', 'no repository is installed', ['autosync install <repo>']);
}

/** Lets so many do their work at the same time; the others wait for their turn. */
function turns(width: number): Watcher['inTurn'] {
  let free = width;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) free += 1;
      else next();
    }
  };
}

type Telling = Pick<Watcher, 'onReport' | 'onWatching' | 'onLoss' | 'onUninstalled'>;

/** Says what happens: reports on standard output, as JSON one in a line; about the watch itself on standard error. */
function teller(json: boolean): Telling {
  const last = new Map<string, string>();
  return {
    onWatching: ({ path, settings }) => {
      const when = `${renderDuration(settings.settleSeconds)} after a save, and ${scheduleText(settings.schedule)}`;
      warn(`watching ${shownPath(path)}: a run ${when}; Ctrl-C ends it`);
    },
    onLoss: ({ path }, loss) => {
      for (const line of lossWords(shownPath(path), loss)) warn(line);
    },
    onUninstalled: ({ path }) => warn(`${shownPath(path)} was uninstalled: it is watched no longer`),
    onReport: (report) => {
      if (json) sayJsonLine(runReport(report));
      else if (isNews(report, last.get(report.path))) for (const line of describeReport(report)) say(line);
      last.set(report.path, standing(report));
    },
  };
}

/** The JSON of one run, as `snapshot` has it. */
const runReport = (report: RepoReport): RunReport => ({
  schema: 1,
  startedAt: new Date(Date.now() - report.durationMs).toISOString(),
  durationMs: report.durationMs,
  repos: [report],
});

const standing = ({ verdict, why }: RepoReport): string => `${verdict} ${why}`;

/** A run that found nothing, and leaves the repository as it stood, is not worth a line. */
const isNews = (report: RepoReport, before: string | undefined): boolean =>
  standing(report) !== before ||
  report.push.kind === 'pushed' ||
  ['committed', 'refused'].includes(report.commit.kind) ||
  ['merged', 'fast-forwarded'].includes(report.integrate.kind);

/** Says in clear words what is no longer seen, what mends it, and what happens until then. */
function lossWords(shown: string, { kind, why }: WatchLoss): readonly string[] {
  const instead = `until then it is looked at every ${LOOK_MS / 1000} seconds`;
  switch (kind) {
    case 'limit':
      return [
        `autosync: '${shown}' cannot be watched as a whole: the system's limit is reached (${why})`,
        `  ${platform === 'linux' ? RAISE_LIMIT : 'close programs that watch many folders'}; ${instead}`,
      ];
    case 'gone':
      return [
        `autosync: '${shown}' is gone: it was removed, or has another name`,
        `  autosync install <its new path>, or autosync uninstall '${shown}'; if it comes back, it is watched again`,
      ];
    case 'failed':
      return [`autosync: '${shown}' cannot be watched: ${why}`, `  ${instead}`];
  }
}

const RAISE_LIMIT =
  'sudo sysctl fs.inotify.max_user_watches=1048576 fs.inotify.max_user_instances=1024 raises it until the next start';
