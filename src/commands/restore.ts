import type { Argv } from 'yargs';
import { changeFiles, doAndPublish } from '../engine/deed.js';
import { planRestore, type RestorePlan, type RestoreRequest } from '../engine/restore.js';
import { exitCode } from '../engine/verdict.js';
import { parseWhen, WHEN_FORMS } from '../engine/when.js';
import { AutosyncError } from '../model/errors.js';
import type { ExitCode } from '../model/exit-codes.js';
import type { RepoReport } from '../model/report.js';
import { printable } from '../system/printable.js';
import { foreign, say, sayJson } from '../system/terminal.js';
import type { Moment } from '../vcs/versions.js';
import { type Arguments, type Command, isOn, textOf, withJson } from './command.js';
import { pathInRepo, pathInSame } from './path-in-repo.js';
import { describeReport, firstLine, shownId, shownTime } from './render.js';
import { wire } from './wiring.js';

/** `autosync restore <path> --at <when|id>`. */
export const command: Command = {
  options: (yargs: Argv) =>
    withJson(yargs)
      .positional('path', { type: 'string', describe: 'A file or folder, which may be gone' })
      .option('at', { type: 'string', describe: "When: '2026-11-20', '10:30', '2 days ago', or a version's id" })
      .option('to', { type: 'string', describe: 'Put it there; nothing may stand there' })
      .example("$0 restore notes/a.md --at 'yesterday 18:00'", 'as it was then; what it is now is committed first')
      .example('$0 restore notes --at 4eb9ad2c01 --to notes-before', 'a whole folder, beside the one there is'),
  run: async (args: Arguments): Promise<ExitCode> => {
    const wiring = wire();
    const typed = textOf(args, 'at');
    if (typed === undefined) throw new AutosyncError('usage', "option '--at' is missing", [`expected ${WHEN_FORMS}`]);
    const moment = readMoment(typed, wiring.engine.clock.now());
    const found = await pathInRepo(wiring, textOf(args, 'path') ?? '');
    const elsewhere = textOf(args, 'to');
    const to = elsewhere === undefined ? undefined : pathInSame(found, elsewhere);
    const request: RestoreRequest = { path: found.path, moment, typed, to };
    const { target } = found;
    const { result, report } = await doAndPublish(wiring.engine, target, (tree) =>
      changeFiles(
        wiring.engine,
        { tree, target },
        { kind: 'restore', plan: (here, present) => planRestore(here, present, request) },
      ),
    );
    const { plan, head } = result;
    if (isOn(args, 'json')) sayJson(asJson(plan, head, report));
    else show(plan, head, report);
    return exitCode([report]);
  },
};

function readMoment(typed: string, now: number): Moment {
  const when = parseWhen(typed, now);
  if (when.kind !== 'wrong') return when;
  throw new AutosyncError('usage', `'${printable(typed)}' ${when.why}`, [`expected ${WHEN_FORMS}`]);
}

const asJson = ({ revision, from, files }: RestorePlan, head: string | undefined, report: RepoReport): unknown => ({
  schema: 1,
  restored: head === undefined ? [] : files,
  from: { id: revision.id, at: new Date(revision.at).toISOString(), path: from },
  commit: head ?? null,
  report,
});

function show({ revision, files }: RestorePlan, head: string | undefined, report: RepoReport): void {
  const [only] = files;
  const what = only !== undefined && files.length === 1 ? `'${printable(only)}'` : `${files.length} files`;
  const when = `${shownId(revision.id)}, ${shownTime(revision.at)}, ${foreign(firstLine(revision.message))}`;
  say(head === undefined ? `${what}: as it was then already (${when})` : `restored ${what} (${when})`);
  for (const line of describeReport(report)) say(line);
}
