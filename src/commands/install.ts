import type { Argv } from 'yargs';
import { exitCode } from '../engine/verdict.js';
import { AutosyncError } from '../model/errors.js';
import { EXIT, type ExitCode } from '../model/exit-codes.js';
import type { AbsolutePath } from '../model/paths.js';
import { parseSchedule, scheduleText } from '../scheduler/schedule-text.js';
import type { Caution } from '../scheduler/scheduler.js';
import { readRepo } from '../store/registry.js';
import { printable } from '../system/printable.js';
import { foreign, say, sayJson, warn } from '../system/terminal.js';
import type { WorkingTree } from '../vcs/vcs.js';
import { type Arguments, type Command, withJson, wordsOf } from './command.js';
import { type InstallWish, installOptions, readInstallWish } from './install-settings.js';
import { type Installation, inspectCandidate, install } from './installation.js';
import { nightCautions } from './night.js';
import { planInstallation } from './plan-installation.js';
import { type Rehearsal, rehearse } from './rehearse.js';
import { describeReport, shownPath } from './render.js';
import { expandPaths } from './targets.js';
import { type Wiring, wire } from './wiring.js';

/** `autosync install <repo…>`. */
export const command: Command = {
  options: (yargs: Argv) =>
    withJson(installOptions(yargs))
      .positional('repo', {
        type: 'string',
        array: true,
        describe: 'A repository, or a quoted pattern that finds several',
      })
      .example('$0 install ~/notes', 'keep ~/notes the same on all your machines')
      .example("$0 install ~/notes --schedule '*/15 * * * *'", 'look every quarter of an hour')
      .example("$0 install '~/src/**' --dry-run", 'show what would be written, for every repository below ~/src'),
  run: async (args: Arguments): Promise<ExitCode> => {
    const wish = readInstallWish(args);
    const typed = wordsOf(args, 'repo');
    if (typed.length === 0) throw new AutosyncError('usage', 'no repository is named', ['autosync install <repo>']);
    return await installPaths(wire(), expandPaths(typed), wish);
  },
};

/** Installs the repositories in some folders, makes their first run, and tells how that went. */
export async function installPaths(
  wiring: Wiring,
  paths: readonly AbsolutePath[],
  wish: InstallWish,
): Promise<ExitCode> {
  const trees = await Promise.all(paths.map((path) => inspectCandidate(wiring, path, wish)));
  return await installTrees(wiring, trees, wish);
}

/** The same of working trees that have been looked at; `also` is added to the answer in JSON. */
export async function installTrees(
  wiring: Wiring,
  trees: readonly WorkingTree[],
  wish: InstallWish,
  also: Readonly<Record<string, unknown>> = {},
): Promise<ExitCode> {
  if (wish.dryRun) {
    showPlan(await planInstallation(wiring, trees, wish), wish, also);
    return EXIT.done;
  }
  const installation = await install(wiring, trees, wish);
  const { locations } = wiring;
  const repos = installation.repos.flatMap(
    ({ registration: { id } }) => readRepo(locations, { id, parseSchedule }) ?? [],
  );
  if (!wish.json) warn('first run, in the environment of the scheduler …');
  const rehearsals = await rehearse(wiring, installation.scheduler, repos);
  const { scheduler } = installation;
  const cautions = await nightCautions(wiring, scheduler.kind === 'chosen' ? scheduler.scheduler : undefined, repos);
  if (wish.json) showJson(installation, rehearsals, { cautions, ...also });
  else showInstallation(installation, rehearsals, cautions);
  const reports = rehearsals.map(({ report }) => report ?? { verdict: 'failed' as const, blocked: null });
  return exitCode(reports);
}

function showPlan(
  plan: Awaited<ReturnType<typeof planInstallation>>,
  { json }: InstallWish,
  also: Readonly<Record<string, unknown>>,
): void {
  if (json) {
    sayJson({ schema: 1, dryRun: true, ...plan, ...also });
    return;
  }
  for (const { path, change, content, movedFrom } of plan.files) {
    if (movedFrom !== undefined) {
      say(`--- ${printable(path)} (moved from ${printable(movedFrom)})`);
      continue;
    }
    say(`--- ${printable(path)} (${change})`);
    for (const line of content.replace(/\n$/, '').split('\n')) say(`    ${printable(line)}`);
  }
  for (const line of plan.commands) say(`$ ${printable(line)}`);
  say('nothing was changed');
}

function showJson(
  { scheduler, repos }: Installation,
  rehearsals: readonly Rehearsal[],
  also: Readonly<Record<string, unknown>>,
): void {
  sayJson({
    schema: 1,
    ...also,
    scheduler: scheduler.kind === 'chosen' ? { kind: scheduler.scheduler.kind } : scheduler,
    repos: repos.map(({ registration, hooks }, at) => {
      const { repo, report, refusal = '' } = rehearsals[at] ?? {};
      const { id, change } = registration;
      return { path: repo?.path, id, change, hooks, firstRun: report ?? null, refusal };
    }),
  });
}

function showInstallation(
  { scheduler, repos }: Installation,
  rehearsals: readonly Rehearsal[],
  cautions: readonly Caution[],
): void {
  for (const [at, { hooks }] of repos.entries()) {
    const { repo, report, refusal } = rehearsals[at] ?? {};
    if (repo === undefined) continue;
    const when = scheduleText(repo.settings.schedule);
    const door = scheduler.kind === 'chosen' ? `${scheduler.scheduler.kind}, ${when}` : 'no scheduler';
    say(`installed ${shownPath(repo.path)} (${door}; ${hookWords(hooks)})`);
    if (report !== undefined) for (const line of describeReport(report)) say(line);
    else warn(`${shownPath(repo.path)}: ${noTrace(refusal)}; autosync doctor looks for the reason`);
  }
  for (const { what, mend } of cautions) warn(`later: ${foreign(what)} → ${foreign(mend)}`);
  if (scheduler.kind === 'chosen') return;
  warn(`no scheduler calls autosync on this machine: ${scheduler.why}`);
  if (scheduler.mends.length > 0) warn(`${scheduler.mends.join(', or ')}; then: autosync doctor --fix`);
  warn('commits are pushed by hooks alone; other changes wait until you run: autosync snapshot --all');
}

const noTrace = (refusal = ''): string =>
  refusal === '' ? 'the first run left no trace' : `the first run did not take place: ${foreign(refusal)}`;

function hookWords(hooks: Installation['repos'][number]['hooks']): string {
  switch (hooks.kind) {
    case 'installed':
    case 'unchanged':
      return ['hooks in place', ...hooks.notes].join('; ');
    case 'left-alone':
      return `no hooks: ${hooks.why}`;
    case 'not-wanted':
      return 'no hooks';
  }
}
