import { basename } from 'node:path';
import type { Argv } from 'yargs';
import { AutosyncError } from '../model/errors.js';
import type { ExitCode } from '../model/exit-codes.js';
import { parseSchedule } from '../scheduler/schedule-text.js';
import { readSettings } from '../store/config.js';
import { redact } from '../system/printable.js';
import { warn } from '../system/terminal.js';
import { systems } from '../vcs/index.js';
import { type Arguments, type Command, textOf, withJson } from './command.js';
import { installPaths } from './install.js';
import { installOptions, readInstallWish } from './install-settings.js';
import { absolute } from './targets.js';
import { wire } from './wiring.js';

/** `autosync clone <url> [dir]`. */
export const command: Command = {
  options: (yargs: Argv) =>
    withJson(installOptions(yargs))
      .positional('url', { type: 'string', describe: 'Where the repository is' })
      .positional('dir', { type: 'string', describe: "The folder to make (default: the repository's name)" })
      .example('$0 clone git@example.org:me/notes.git', 'clone into ./notes and keep it the same'),
  run: async (args: Arguments): Promise<ExitCode> => {
    const wish = readInstallWish(args);
    const url = textOf(args, 'url') ?? '';
    const folder = absolute(textOf(args, 'dir') ?? folderName(url));
    if (wish.dryRun)
      throw new AutosyncError('usage', "'clone' has no dry run", ['git clone, then: autosync install --dry-run']);
    const [system] = systems;
    if (system === undefined) throw new Error('no version control system');
    const wiring = wire();
    const networkTimeoutMs = readSettings(wiring.locations, parseSchedule).networkTimeoutSeconds * 1000;
    const { progress } = wiring.engine;
    const cloned = await system.clone({
      url,
      folder,
      networkTimeoutMs,
      ...(progress === undefined ? {} : { progress }),
    });
    if (cloned.kind === 'refused') throw new AutosyncError('usage', cloned.why, [cloned.hint]);
    if (cloned.kind === 'unavailable')
      throw new AutosyncError('offline', `cannot clone '${redact(url)}': ${cloned.why}`);
    if (!wish.json) warn(`cloned into ${folder}`);
    return await installPaths(wiring, [folder], wish);
  },
};

/** Returns the folder that git would make for a URL: its last part, without `.git`. */
function folderName(url: string): string {
  const name = basename(
    url
      .replace(/[/\\]+$/, '')
      .replace(/\.git$/, '')
      .replace(/^.*:/, ''),
  );
  if (name === '')
    throw new AutosyncError('usage', `'${redact(url)}' does not name a folder`, ['autosync clone <url> <dir>']);
  return name;
}
