import type { Argv } from 'yargs';
import { AutosyncError } from '../model/errors.js';
import { EXIT, type ExitCode } from '../model/exit-codes.js';
import type { RegisteredRepo } from '../model/repo.js';
import { parseSchedule } from '../scheduler/schedule-text.js';
import { describeSettings, type SettingView } from '../store/config.js';
import { rawSettings, setSetting } from '../store/registry.js';
import { SETTINGS, settingNamed } from '../store/settings.js';
import { readSharedSettings, SHARED_FILE } from '../store/shared-file.js';
import { exists } from '../system/files.js';
import { printable } from '../system/printable.js';
import { colour, say, sayJson, warn } from '../system/terminal.js';
import { type Arguments, type Command, isOn, textOf, withJson } from './command.js';
import { refreshEntry } from './entry.js';
import { table } from './render.js';
import { absolute, installedRepos, namedRepos, namedToChange } from './targets.js';
import { type Wiring, wire } from './wiring.js';

/** `autosync config [repo] [key] [value]`. */
export const command: Command = {
  options: (yargs: Argv) =>
    withJson(yargs)
      .positional('repo', { type: 'string', describe: 'An installed repository (default: the settings for all)' })
      .positional('key', { type: 'string', describe: 'A setting' })
      .positional('value', { type: 'string', describe: 'Its new value' })
      .option('unset', { type: 'boolean', default: false, describe: 'Go back to the default' })
      .example('$0 config ~/notes', 'every setting of ~/notes, and where it comes from')
      .example("$0 config ~/notes schedule '@hourly'", 'look once an hour'),
  run: async (args: Arguments): Promise<ExitCode> => {
    const wiring = wire();
    const { typed, key } = repoAndKey(textOf(args, 'repo'), textOf(args, 'key'));
    const value = textOf(args, 'value');
    const unset = isOn(args, 'unset');
    const named = unset || value !== undefined ? namedToChange : namedRepos;
    const [repo] = typed === undefined ? [] : named(wiring.locations, [typed]);
    if (unset && (key === undefined || value !== undefined)) {
      throw new AutosyncError('usage', "option '--unset' takes a repository and a setting, and no value");
    }
    if (repo !== undefined && key !== undefined && (unset || value !== undefined))
      await set(wiring, repo, { key, value });
    show(wiring, repo, { key, json: isOn(args, 'json') });
    return EXIT.done;
  },
};

/** `autosync config schedule` asks for a setting of all repositories: a single word that names no folder may be one. */
function repoAndKey(
  first: string | undefined,
  second: string | undefined,
): { typed: string | undefined; key: string | undefined } {
  const isKey =
    first !== undefined &&
    second === undefined &&
    !exists(absolute(first)) &&
    SETTINGS.some(({ name }) => name === first);
  return isKey ? { typed: undefined, key: first } : { typed: first, key: second };
}

async function set(
  wiring: Wiring,
  repo: RegisteredRepo,
  { key, value }: { key: string; value: string | undefined },
): Promise<void> {
  const { locations, schedulers } = wiring;
  const change = await setSetting(locations, { id: repo.id, name: key, value, parseSchedule });
  if (key === 'schedule' && change === 'changed') await refreshEntry(schedulers, locations, installedRepos(locations));
}

function show(
  { locations }: Wiring,
  repo: RegisteredRepo | undefined,
  { key, json }: { key: string | undefined; json: boolean },
): void {
  if (key !== undefined) settingNamed(key);
  const own = repo === undefined ? {} : rawSettings(locations, repo.id);
  const views = describeSettings(locations, { own, top: repo?.path, parseSchedule }).filter(
    ({ name }) => key === undefined || name === key,
  );
  const { problems } = repo === undefined ? { problems: [] } : readSharedSettings(repo.path, parseSchedule);
  for (const problem of problems) warn(`autosync: ${problem}`);
  if (json) sayJson({ schema: 1, path: repo?.path ?? null, settings: views.map(asJson) });
  else for (const line of table(views.map(asRow))) say(line);
}

const asJson = ({ name, value, from, help, expects }: SettingView): Readonly<Record<string, unknown>> => ({
  name,
  value,
  from,
  help,
  expects,
});

const asRow = ({ name, value, from, help }: SettingView): readonly string[] => [
  name,
  printable(value === '' ? '-' : value),
  colour('dim', `(${from === 'shared' ? SHARED_FILE : from})`),
  colour('dim', help),
];
