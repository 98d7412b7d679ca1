import type { Argv } from 'yargs';
import { openTarget } from '../engine/deed.js';
import { historyOf } from '../engine/history.js';
import { AutosyncError } from '../model/errors.js';
import { EXIT, type ExitCode } from '../model/exit-codes.js';
import type { RelativePath } from '../model/paths.js';
import { printable } from '../system/printable.js';
import { foreign, say, sayJson } from '../system/terminal.js';
import type { FileVersion } from '../vcs/versions.js';
import { type Arguments, type Command, isOn, textOf, withJson } from './command.js';
import { pathInRepo } from './path-in-repo.js';
import { firstLine, shownId, shownTime, table } from './render.js';
import { wire } from './wiring.js';

/** `autosync history <path>`. */
export const command: Command = {
  options: (yargs: Argv) =>
    withJson(yargs)
      .positional('path', { type: 'string', describe: 'A file, which may be gone' })
      .option('n', { alias: 'lines', type: 'number', default: 20, describe: 'How many versions' })
      .example('$0 history notes/a.md', 'every version, newest first, through renames')
      .example("$0 restore notes/a.md --at 'yesterday 18:00'", 'bring one of them back'),
  run: async (args: Arguments): Promise<ExitCode> => {
    const wiring = wire();
    const limit = Number(args['n']);
    if (!Number.isInteger(limit) || limit < 1) throw new AutosyncError('usage', "option '-n' takes a whole number");
    const { target, path } = await pathInRepo(wiring, textOf(args, 'path') ?? '');
    const tree = await openTarget(wiring.engine, target);
    const { head } = await tree.inspect();
    const versions = head === undefined ? [] : await historyOf(tree, { path, from: head, limit });
    if (isOn(args, 'json')) sayJson({ schema: 1, repo: tree.top, path, versions: versions.map(asJson) });
    else show(versions, path);
    return versions.length === 0 ? EXIT.failed : EXIT.done;
  },
};

const asJson = ({ id, at, machine, author, message, path, change, size }: FileVersion): unknown => ({
  id,
  at: new Date(at).toISOString(),
  machine: machine ?? null,
  author,
  event: firstLine(message),
  change,
  path,
  size: size ?? null,
});

function show(versions: readonly FileVersion[], path: RelativePath): void {
  if (versions.length === 0) {
    say(`'${printable(path)}' has never been committed here`);
    return;
  }
  const rows = versions.map(({ id, at, machine, author, message, size, path: then }) => [
    shownId(id),
    shownTime(at),
    foreign(machine ?? author),
    size === undefined ? '-' : `${size} B`,
    `${foreign(firstLine(message))}${then === path ? '' : `  (${printable(then)})`}`,
  ]);
  for (const line of table(rows)) say(line);
}
