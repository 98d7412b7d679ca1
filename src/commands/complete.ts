import { parseSchedule } from '../scheduler/schedule-text.js';
import { locations } from '../store/locations.js';
import { listRepos } from '../store/registry.js';
import { SETTINGS } from '../store/settings.js';
import { homeFolder } from '../system/environment.js';
import { type HelpItem, helpPage, type Listed, type ListedCommand } from './help-page.js';

/** What a shell may put in place of a word, and what it means. */
export type Completion = { readonly value: string; readonly says: string };

/** Returns what the last of some words may become; nothing where the shell knows better: names of files. */
export async function complete(commands: readonly Listed[], words: readonly string[]): Promise<readonly Completion[]> {
  const current = words.at(-1) ?? '';
  const before = words.slice(0, -1).filter((word) => word !== '--no-color');
  const found = await offered(commands, before, current);
  return found.filter(({ value }) => value.startsWith(current) && !/[\n\t]/.test(value));
}

async function offered(
  commands: readonly Listed[],
  before: readonly string[],
  current: string,
): Promise<readonly Completion[]> {
  const [name, ...rest] = before;
  if (name === undefined) return current.startsWith('-') ? GENERAL : commands.flatMap(namesOf);
  const chosen = commands.find((entry) => namesOf(entry).some(({ value }) => value === name));
  if (chosen === undefined) return [];
  return 'parts' in chosen ? await offered(chosen.parts, rest, current) : await withinCommand(chosen, rest, current);
}

const GENERAL: readonly Completion[] = [
  { value: '--help', says: 'Show help' },
  { value: '--version', says: 'Show version number' },
  { value: '--no-color', says: 'No colour' },
];

const namesOf = (entry: Listed): readonly Completion[] =>
  [entry.usage.split(' ')[0] ?? '', ...('aliases' in entry ? (entry.aliases ?? []) : [])].map((value) => ({
    value,
    says: entry.describe === false ? '' : entry.describe,
  }));

async function withinCommand(
  entry: ListedCommand,
  before: readonly string[],
  current: string,
): Promise<readonly Completion[]> {
  const { options } = await helpPage(entry);
  const pending = options.find(({ names }) => names.includes(before.at(-1) ?? ''));
  if (pending?.takesValue === true) return pending.choices.map((value) => ({ value, says: '' }));
  if (current.startsWith('-')) return [...options.flatMap(optionNames), ...GENERAL.slice(0, 1)];
  const taken = before.filter((word, at) => !word.startsWith('-') && !isValue(options, before[at - 1]));
  return wordsFor(entry, taken.length, current);
}

/** A switch that is on unless it is said is worth completing with the `no` before it. */
const optionNames = ({ names, describe }: HelpItem): readonly Completion[] => {
  const negated = /\((--no-[a-z-]+):/.exec(describe)?.[1];
  const [longest = ''] = names;
  return [{ value: negated ?? longest, says: describe }];
};

const isValue = (options: readonly HelpItem[], previous: string | undefined): boolean =>
  previous !== undefined && options.some(({ names, takesValue }) => takesValue && names.includes(previous));

/** Returns what may stand in the place of a word: by the name that the usage has for it. */
function wordsFor({ usage }: ListedCommand, at: number, current: string): readonly Completion[] {
  const places = [...usage.matchAll(/[<[]([a-z]+)(\.\.)?[>\]]/g)];
  const last = places.at(-1);
  const place = places[at] ?? (last?.[2] === undefined ? undefined : last);
  switch (place?.[1]) {
    case 'repo':
      return repositories(current);
    case 'key':
      return SETTINGS.map(({ name, help }) => ({ value: name, says: help }));
    case 'shell':
      return ['bash', 'zsh', 'fish'].map((value) => ({ value, says: '' }));
    default:
      return [];
  }
}

/** The paths of installed repositories; after a tilde, as a person writes them. */
function repositories(current: string): readonly Completion[] {
  const home = homeFolder();
  const shown = (path: string): string =>
    current.startsWith('~') && path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path;
  try {
    return listRepos(locations(), parseSchedule).repos.map(({ path, vcs }) => ({ value: shown(path), says: vcs }));
  } catch {
    return [];
  }
}
