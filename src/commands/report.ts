import type { Argv } from 'yargs';
import { AutosyncError, errorMessage } from '../model/errors.js';
import { EXIT, type ExitCode } from '../model/exit-codes.js';
import { HEAD_BYTES, isReport, renderPage } from '../report/page.js';
import { parseDuration } from '../store/duration.js';
import { isFolder, lstatIfPresent, readPiece, writeAtomically } from '../system/files.js';
import { readTemplate } from '../system/package.js';
import { printable } from '../system/printable.js';
import { say, sayJson, sayRaw } from '../system/terminal.js';
import { type Arguments, type Command, isOn, textOf, withJson, wordsOf } from './command.js';
import { shownPath } from './render.js';
import { reportFacts } from './report-facts.js';
import { absolute, installedRepos, namedRepos } from './targets.js';
import { wire } from './wiring.js';

/** `autosync report [repo…] --out <file>`. */
export const command: Command = {
  options: (yargs: Argv) =>
    withJson(yargs)
      .positional('repo', { type: 'string', array: true, describe: 'An installed repository (default: all of them)' })
      // Without `nargs`, yargs would take the dash of `--out -` for a word of its own.
      .option('out', { type: 'string', nargs: 1, describe: "The file to write; '-' is standard output" })
      .option('since', { type: 'string', default: '30d', describe: 'How far back to look: 12h, 30d' })
      .option('force', { type: 'boolean', default: false, describe: 'Replace a file that is not a report' })
      .example('$0 report --out report.html', 'one page: what happened, what needs you, every conflict side by side')
      .example('$0 report ~/notes --since 365d --out - > year.html', 'a year of ~/notes'),
  run: async (args: Arguments): Promise<ExitCode> => {
    const out = textOf(args, 'out');
    const json = isOn(args, 'json');
    if (out === undefined && !json) {
      throw new AutosyncError('usage', 'no file is named for the report', ['autosync report --out report.html']);
    }
    if (out !== undefined && out !== '-') refuseForeign(out, isOn(args, 'force'));
    const wiring = wire();
    const typed = wordsOf(args, 'repo');
    const repos = typed.length === 0 ? installedRepos(wiring.locations) : namedRepos(wiring.locations, typed);
    const since = wiring.engine.clock.now() - 1000 * seconds(textOf(args, 'since') ?? '30d');
    const facts = await reportFacts(wiring, { repos, since });
    if (json) sayJson({ schema: 1, ...facts });
    if (out === undefined) return EXIT.done;
    const page = renderPage(facts, {
      frame: readTemplate('report/page.html'),
      style: readTemplate('report/style.css'),
    });
    if (out === '-') sayRaw(page);
    else write(out, page);
    return EXIT.done;
  },
};

function seconds(text: string): number {
  const found = parseDuration(text);
  if (found !== undefined && found > 0) return found;
  throw new AutosyncError('usage', `option '--since' does not take '${printable(text)}'`, [
    'a time like 12h, 30d or 1d12h',
  ]);
}

/** A page of ours may be replaced by a newer one; any other file stays, unless the person says so. */
function refuseForeign(typed: string, force: boolean): void {
  const path = absolute(typed);
  const shown = printable(typed);
  if (isFolder(path)) throw new AutosyncError('usage', `'${shown}' is a folder`, ['name a file in it']);
  const present = lstatIfPresent(path);
  if (present === undefined) return;
  // What is renamed over a device, or a link to one, is there in its stead for everybody.
  if (!present.isFile())
    throw new AutosyncError('usage', `'${shown}' is no plain file`, ["'--out -' writes to standard output"]);
  if (force || isReport(readPiece(path, 0, HEAD_BYTES).toString('utf8'))) return;
  throw new AutosyncError('usage', `'${shown}' is there, and is not a report of autosync`, [
    'name another file, or replace it with --force',
  ]);
}

/** For the person alone: a report holds what is in his files. */
function write(typed: string, page: string): void {
  const path = absolute(typed);
  try {
    writeAtomically(path, page);
  } catch (error) {
    throw new AutosyncError('environment', `cannot write '${printable(typed)}': ${errorMessage(error)}`, [], error);
  }
  say(`wrote ${shownPath(path)}`);
}
