import type { Argv } from 'yargs';
import { AutosyncError, errorMessage } from '../model/errors.js';
import { EXIT, type ExitCode } from '../model/exit-codes.js';
import { parseSchedule } from '../scheduler/schedule-text.js';
import { readSettings } from '../store/config.js';
import { listMirrors } from '../store/mirror-registry.js';
import { listRepos } from '../store/registry.js';
import { colour, foreign, say, sayJson } from '../system/terminal.js';
import { type Check, machineChecks, repoChecks } from './checks.js';
import { type Arguments, type Command, isOn, withJson, wordsOf } from './command.js';
import type { Finding } from './finding.js';
import { mirrorChecks } from './mirror-checks.js';
import { shownPath, table } from './render.js';
import { namedRepos, namedToChange } from './targets.js';
import { unreadableRegistrations } from './unreadable.js';
import { type Wiring, wire } from './wiring.js';

/** What a check is about: a repository's path, a mirror's name, or the machine where both are null. */
type Subject = { readonly repo: string | null; readonly mirror: string | null };

type Row = Subject & { readonly check: string } & Omit<Finding, 'fix'> & { readonly fixed: boolean };

const MACHINE: Subject = { repo: null, mirror: null };

/** `autosync doctor [repo] [--fix]`. */
export const command: Command = {
  options: (yargs: Argv) =>
    withJson(yargs)
      .positional('repo', { type: 'string', array: true, describe: 'An installed repository (default: all of them)' })
      .option('fix', { type: 'boolean', default: false, describe: 'Mend what can be mended without a risk' })
      .example('$0 doctor --fix', 'look at everything, and mend what is safe to mend'),
  run: async (args: Arguments): Promise<ExitCode> => {
    const rows = await examine(wire(), wordsOf(args, 'repo'), isOn(args, 'fix'));
    if (isOn(args, 'json')) sayJson({ schema: 1, checks: rows });
    else for (const line of table(rows.map(asRow))) say(line);
    return rows.some(({ result, fixed }) => result === 'error' && !fixed) ? EXIT.failed : EXIT.done;
  },
};

async function examine(wiring: Wiring, typed: readonly string[], fix: boolean): Promise<readonly Row[]> {
  const { locations } = wiring;
  const configuration = await run(
    { name: 'configuration', look: async () => checkConfiguration(wiring) },
    MACHINE,
    false,
  );
  if (configuration.result === 'error') return [configuration];
  const named = fix ? namedToChange : namedRepos;
  const repos = typed.length === 0 ? listRepos(locations, parseSchedule).repos : named(locations, typed);
  const rows: Row[] = [configuration, ...unreadableRegistrations(locations).map(unreadable)];
  for (const check of machineChecks(wiring)) rows.push(await run(check, MACHINE, fix));
  for (const repo of repos) {
    for (const check of repoChecks(wiring, repo)) rows.push(await run(check, { repo: repo.path, mirror: null }, fix));
  }
  for (const mirror of typed.length === 0 ? listMirrors(locations, parseSchedule).mirrors : []) {
    const subject = { repo: null, mirror: mirror.name };
    for (const check of mirrorChecks(wiring, mirror)) rows.push(await run(check, subject, fix));
  }
  return rows;
}

function checkConfiguration({ locations }: Wiring): Finding {
  readSettings(locations, parseSchedule);
  const { repos } = listRepos(locations, parseSchedule);
  return { result: 'ok', detail: `${repos.length} installed, settings in '${locations.config}'` };
}

/** A file that cannot be used stands for a repository or a mirror with which nothing happens. */
const unreadable = ({ message, hints: [mend] }: AutosyncError): Row => ({
  ...MACHINE,
  check: 'registration',
  result: 'error',
  detail: message,
  ...(mend === undefined ? {} : { mend }),
  fixed: false,
});

async function run(check: Check, subject: Subject, wanted: boolean): Promise<Row> {
  const finding = await look(check);
  const { fix, ...shown } = finding;
  if (!wanted || fix === undefined) return { ...subject, check: check.name, ...shown, fixed: false };
  await fix();
  const again = await look(check);
  return { ...subject, check: check.name, ...shown, fixed: again.result === 'ok' };
}

/** Looks; a check that cannot be made has found that. */
export async function look(check: Check): Promise<Finding> {
  try {
    return await check.look();
  } catch (error) {
    const hint = error instanceof AutosyncError ? error.hints[0] : undefined;
    return { result: 'error', detail: errorMessage(error), ...(hint === undefined ? {} : { mend: hint }) };
  }
}

const COLOURS = { ok: 'green', warning: 'yellow', error: 'red' } as const;

function asRow({ repo, mirror, check, result, detail, mend, fixed }: Row): readonly string[] {
  const shown = fixed ? colour('green', 'fixed') : colour(COLOURS[result], result);
  const way = mend === undefined || fixed ? '' : ` → ${foreign(mend)}`;
  const subject = mirror === null ? 'machine' : `mirror ${mirror}`;
  return [repo === null ? subject : shownPath(repo), check, shown, `${foreign(detail)}${way}`];
}
