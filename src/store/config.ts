import type { AutosyncError } from '../model/errors.js';
import type { AbsolutePath } from '../model/paths.js';
import type { FoundSettings, Settings } from '../model/repo.js';
import { printable } from '../system/printable.js';
import { didYouMean } from './did-you-mean.js';
import { isRecord } from './json.js';
import type { Locations } from './locations.js';
import type { ParseSchedule, SettingValue } from './setting-types.js';
import {
  collectSettings,
  defaultOf,
  notAllowed,
  type RawSettings,
  renderSetting,
  SETTINGS,
  type SettingInfo,
} from './settings.js';
import { readSharedSettings } from './shared-file.js';
import { readToml, type TomlFile, tomlError } from './toml.js';

/** Returns the person's defaults: what `config.toml` says, and for the rest what autosync comes with. */
export function readSettings(locations: Locations, parseSchedule: ParseSchedule): Settings {
  return mergeSettings([readConfigFile(locations.configFile)], parseSchedule);
}

/** Returns what rules in a repository that is not installed: what it brings along, and for the rest the defaults. */
export function readSettingsFor(
  locations: Locations,
  { top, parseSchedule }: { readonly top: AbsolutePath; readonly parseSchedule: ParseSchedule },
): FoundSettings {
  const { toml, unknown } = readSharedSettings(top, parseSchedule);
  return { ...mergeSettings([toml, readConfigFile(locations.configFile)], parseSchedule), unknownRules: unknown };
}

/** Reads `config.toml`, or undefined when there is none; an unknown key or table is an error. */
export function readConfigFile(file: AbsolutePath): TomlFile | undefined {
  const toml = readToml(file);
  if (toml === undefined) return undefined;
  // The tables of the webhook are read where they are needed.
  refuseUnknownKeys(toml, [...SETTINGS.map((setting) => setting.name), 'webhook']);
  return toml;
}

/** Throws for the first key of a file that is none of those known. */
export function refuseUnknownKeys(toml: TomlFile, known: readonly string[]): void {
  for (const [key, value] of toml.entries) {
    if (known.includes(key)) continue;
    const says = `unknown ${isTable(value) ? 'table' : 'key'} '${printable(key)}'`;
    throw tomlError(toml, { key, says, hints: [didYouMean(key, known)] });
  }
}

/** A date is an object of a class of the parser's; a table has none. */
const isTable = (value: unknown): boolean =>
  Array.isArray(value) ? value.length > 0 && value.every(isTable) : isRecord(value) && !(value instanceof Date);

/** Returns the settings that some files give together: the first one that has a setting rules. */
export function mergeSettings(files: readonly (TomlFile | undefined)[], parseSchedule: ParseSchedule): Settings {
  const holder = (name: string): TomlFile | undefined => files.find((toml) => toml?.entries.has(name));
  const blame = (name: string, problem: AutosyncError): AutosyncError => {
    const toml = holder(name);
    return toml === undefined ? problem : atKey(toml, name, problem);
  };
  return collectSettings({ written: (name) => holder(name)?.entries.get(name), blame, parseSchedule });
}

/** Returns what a file sets, as it stands there; a value that no setting could have is an error. */
export function rawSettingsOf(toml: TomlFile): RawSettings {
  const raw: [string, SettingValue][] = [];
  for (const setting of SETTINGS) {
    const value = toml.entries.get(setting.name);
    if (value === undefined) continue;
    if (!isSettingValue(value)) throw atKey(toml, setting.name, notAllowed(setting, value));
    raw.push([setting.name, value]);
  }
  return Object.fromEntries(raw);
}

const atKey = (toml: TomlFile, key: string, problem: AutosyncError): AutosyncError =>
  tomlError(toml, { key, says: problem.message, hints: problem.hints });

const isSettingValue = (value: unknown): value is SettingValue =>
  typeof value === 'string' ||
  typeof value === 'boolean' ||
  (Array.isArray(value) && value.every((word) => typeof word === 'string'));

/** One setting, its value as a person would type it, and who says so. */
export type SettingView = SettingInfo & {
  readonly value: string;
  readonly from: 'default' | 'config' | 'shared' | 'repository';
};

/** Returns every setting with its value, for a repository with the given settings of its own (or none). */
export function describeSettings(
  locations: Locations,
  given: {
    readonly own: RawSettings;
    /** The repository's working tree, which may bring settings along. */
    readonly top: AbsolutePath | undefined;
    readonly parseSchedule: ParseSchedule;
  },
): readonly SettingView[] {
  const file = readConfigFile(locations.configFile);
  mergeSettings([file], given.parseSchedule);
  const config = file === undefined ? {} : rawSettingsOf(file);
  const brought = given.top === undefined ? undefined : readSharedSettings(given.top, given.parseSchedule).toml;
  const shared = brought === undefined ? {} : rawSettingsOf(brought);
  return SETTINGS.map(({ name, ...setting }) => {
    const written = { repository: given.own[name], shared: shared[name], config: config[name] } as const;
    const [from, value] = firstGiven(written, defaultOf(name));
    return { name, ...setting, from, value: renderSetting(value) };
  });
}

function firstGiven(
  written: Readonly<Record<Exclude<SettingView['from'], 'default'>, SettingValue | undefined>>,
  fallback: SettingValue,
): readonly [SettingView['from'], SettingValue] {
  for (const from of ['repository', 'shared', 'config'] as const) {
    const value = written[from];
    if (value !== undefined) return [from, value];
  }
  return ['default', fallback];
}
