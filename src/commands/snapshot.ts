import type { Argv } from 'yargs';
import { sweep } from '../engine/sweep.js';
import { targetOf } from '../engine/target.js';
import { exitCode } from '../engine/verdict.js';
import { RUN_BY_HAND } from '../engine/visit.js';
import { mirrorExitCode } from '../mirror/verdict.js';
import { AutosyncError } from '../model/errors.js';
import { EXIT, type ExitCode } from '../model/exit-codes.js';
import type { RepoReport, RunReport } from '../model/report.js';
import { parseSchedule } from '../scheduler/schedule-text.js';
import { listMirrors } from '../store/mirror-registry.js';
import { listRepos } from '../store/registry.js';
import { say, sayJson, warn } from '../system/terminal.js';
import { type Arguments, type Command, isOn, textOf, withJson, withRepos, wordsOf } from './command.js';
import { type DueReports, runDue, runSpool } from './due.js';
import { describeMirror } from './mirror-report.js';
import { describeReport } from './render.js';
import { installedRepos, runTargets } from './targets.js';
import { type Wiring, wire } from './wiring.js';

/** `autosync snapshot [repo…]`, alias `sync`. */
export const command: Command = {
  options: (yargs: Argv) =>
    withRepos(withJson(yargs), 'A repository (default: the one around this folder)')
      .option('due', {
        type: 'boolean',
        default: false,
        describe: 'Those that are due by their schedule, as the scheduler calls it',
      })
      .option('spool', {
        type: 'boolean',
        default: false,
        describe: 'Those that hooks have asked for, as the hooks call it',
      })
      .option('dry-run', { type: 'boolean', default: false, describe: 'Say what would be committed, and do nothing' })
      .option('pull', { type: 'boolean', default: true, describe: 'Bring in what the hub has (--no-pull: do not)' })
      .option('push', { type: 'boolean', default: true, describe: 'Send what is new here (--no-push: do not)' })
      .option('allow-deletions', {
        type: 'boolean',
        default: false,
        describe: 'Believe that a folder was emptied on purpose',
      })
      .option('message', { alias: 'm', type: 'string', describe: 'The first line of the commit message' })
      .example('$0 snapshot', 'commit, fetch, merge and push the repository around this folder, now')
      .example('$0 snapshot --all --json', 'the same for every installed repository, answered in JSON'),
  run: async (args: Arguments): Promise<ExitCode> => {
    const wiring = wire();
    const { clock } = wiring.engine;
    const [startedAt, began] = [new Date(clock.now()).toISOString(), clock.monotonic()];
    const { repos, mirrors } = await runWanted(wiring, args);
    if (isOn(args, 'json')) {
      const durationMs = Math.round(clock.monotonic() - began);
      const ran = mirrors.length === 0 ? {} : { mirrors };
      sayJson({ schema: 1, startedAt, durationMs, repos, ...ran } satisfies RunReport & Partial<DueReports>);
    } else {
      for (const report of repos) for (const line of describeReport(report)) say(line);
      for (const report of mirrors) for (const line of describeMirror(report)) say(line);
    }
    return jointExitCode([...repos, ...unusable(wiring, args)], mirrors);
  },
};

/** Where all were wanted, what stands in a file that cannot be used has failed; of repositories it has been said. */
function unusable({ locations }: Wiring, args: Arguments): readonly Outcome[] {
  const mirrors = isOn(args, 'due') ? listMirrors(locations, parseSchedule).problems : [];
  for (const { message } of mirrors) warn(`autosync: ${message}`);
  const repos = isOn(args, 'due') || isOn(args, 'all') ? listRepos(locations, parseSchedule).problems : [];
  return [...repos, ...mirrors].map(() => ({ verdict: 'failed', blocked: null }));
}

type Outcome = Pick<RepoReport, 'verdict' | 'blocked'>;

function jointExitCode(repos: readonly Outcome[], mirrors: DueReports['mirrors']): ExitCode {
  if (mirrors.length === 0) return exitCode(repos);
  if (repos.length === 0) return mirrorExitCode(mirrors);
  const [one, other] = [exitCode(repos), mirrorExitCode(mirrors)];
  return one === other ? one : EXIT.someFailed;
}

async function runWanted(wiring: Wiring, args: Arguments): Promise<DueReports> {
  const typed = wordsOf(args, 'repo');
  const wide = ['due', 'spool', 'all'].filter((name) => isOn(args, name));
  if (wide.length > 1 || (wide.length === 1 && typed.length > 0)) {
    throw new AutosyncError(
      'usage',
      `option '--${wide[0]}' cannot be combined with ${typed.length > 0 ? 'a repository' : `'--${wide[1]}'`}`,
    );
  }
  if (isOn(args, 'due')) return await runDue(wiring);
  if (isOn(args, 'spool')) return await runSpool(wiring);
  const { locations, engine } = wiring;
  const targets = isOn(args, 'all') ? installedRepos(locations).map(targetOf) : await runTargets(locations, typed);
  const repos = await sweep(engine, targets, {
    ...RUN_BY_HAND,
    pull: args['pull'] !== false,
    push: args['push'] !== false,
    dryRun: isOn(args, 'dry-run'),
    allowDeletions: isOn(args, 'allow-deletions'),
    message: textOf(args, 'message'),
  });
  return { repos, mirrors: [] };
}
