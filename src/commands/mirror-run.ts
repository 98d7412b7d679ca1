import type { Argv } from 'yargs';
import { mirrorExitCode } from '../mirror/verdict.js';
import type { ExitCode } from '../model/exit-codes.js';
import { say, sayJson } from '../system/terminal.js';
import { type Arguments, type Command, isOn, withJson, wordsOf } from './command.js';
import { describeMirror } from './mirror-report.js';
import { namedMirrors, readMirrors, runMirrors } from './mirrors.js';
import { wire } from './wiring.js';

/** Ten seconds: a run that a hook has just started is soon over. */
const WAIT_MS = 10_000;

/** `autosync mirror run [name…]`. */
export const command: Command = {
  options: (yargs: Argv) =>
    withJson(yargs)
      .positional('name', { type: 'string', array: true, describe: 'A mirror (default: all of them)' })
      .option('verify', {
        type: 'boolean',
        default: false,
        describe: "Compare every revision's files, by content, with those of its commit",
      })
      .example('$0 mirror run project', 'bring the git side of project up to date, now')
      .example('$0 mirror run project --verify', 'and compare all of its history'),
  run: async (args: Arguments): Promise<ExitCode> => {
    const wiring = wire();
    const { locations } = wiring;
    const names = wordsOf(args, 'name');
    // Where all are wanted, what stands in a file that cannot be used has failed.
    const { mirrors, problems: unusable } =
      names.length === 0 ? readMirrors(locations) : { mirrors: namedMirrors(locations, names), problems: [] };
    const options = { trigger: 'manual', verify: isOn(args, 'verify'), waitMs: WAIT_MS } as const;
    const reports = await runMirrors(wiring, mirrors, options);
    if (isOn(args, 'json')) sayJson({ schema: 1, mirrors: reports });
    else if (reports.length === 0 && unusable.length === 0)
      say('there is no mirror; autosync mirror add <source> <destination>');
    for (const report of isOn(args, 'json') ? [] : reports) for (const line of describeMirror(report)) say(line);
    return mirrorExitCode([...reports, ...unusable.map(() => ({ verdict: 'failed' as const }))]);
  },
};
