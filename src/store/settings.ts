import { AutosyncError } from '../model/errors.js';
import type { Settings } from '../model/repo.js';
import type { VcsKind } from '../model/report.js';
import { printable, redact } from '../system/printable.js';
import { type ComputedDefault, DEFINITIONS, type Definition, type SettingScope } from './config-schema.js';
import { didYouMean } from './did-you-mean.js';
import type { ParseSchedule, SettingKind, SettingValue } from './setting-types.js';
import { renderTomlList } from './toml.js';

/** Settings as they were written, by their names in TOML; only those that somebody set. */
export type RawSettings = Readonly<Record<string, SettingValue>>;

/** One setting, for help, documentation and completion. */
export type SettingInfo = {
  readonly name: string;
  readonly kind: SettingKind;
  /** What is allowed, to follow the word "expected". */
  readonly expects: string;
  /** The default as a person would type it, or what it is in words. */
  readonly default: string;
  readonly scope: SettingScope;
  /** The only version control system that has it; undefined where all do. */
  readonly only: VcsKind | undefined;
  readonly help: string;
};

type Field = keyof Settings;
type AnyDefinition = Definition<Settings[Field]>;

const all: readonly AnyDefinition[] = Object.values(DEFINITIONS);
const isField = (key: string): key is Field => Object.hasOwn(DEFINITIONS, key);
const isComputed = (value: SettingValue | ComputedDefault): value is ComputedDefault =>
  typeof value === 'object' && 'says' in value;

/** All settings, in the order in which they are documented. */
export const SETTINGS: readonly SettingInfo[] = all.map(({ name, type, scope, help, ...definition }) => ({
  name,
  kind: type.kind,
  expects: type.expects,
  default: isComputed(definition.default) ? definition.default.says : renderSetting(definition.default),
  scope,
  only: definition.only,
  help,
}));

/** Returns the setting of a name; a name that does not exist is a usage error that says which was meant. */
export function settingNamed(name: string): SettingInfo {
  const found = SETTINGS.find((setting) => setting.name === name);
  if (found !== undefined) return found;
  const names = SETTINGS.map((setting) => setting.name);
  throw new AutosyncError('usage', `unknown setting '${printable(name)}'`, [didYouMean(name, names)]);
}

/** Returns a setting's value as a person would type it; the reverse of {@link parseSetting}. */
export function renderSetting(value: SettingValue): string {
  return typeof value === 'object' ? renderTomlList(value) : String(value);
}

/** Returns what a person typed as a file holds it; a name or value that is not allowed is a usage error. */
export function parseSetting(typed: {
  readonly name: string;
  readonly text: string;
  readonly parseSchedule: ParseSchedule;
}): SettingValue {
  const { name } = settingNamed(typed.name);
  const definition = all.find((candidate) => candidate.name === name);
  if (definition === undefined) throw new Error(`setting '${name}' is listed but not defined`);
  const value = definition.type.fromText(typed.text);
  judge(definition, value, typed.parseSchedule);
  return value;
}

/** Returns the default of a setting in the form that a file would hold. */
export function defaultOf(name: string): SettingValue {
  const found = all.find((candidate) => candidate.name === name)?.default;
  if (found === undefined) throw new Error(`setting '${name}' is not defined`);
  return isComputed(found) ? found.find() : found;
}

/**
 * Returns all settings. `written` is asked for each by its name and returns what stands in a file, if anything;
 * what is wrong with a written value is passed to `blame`, which returns the error to throw.
 */
export function collectSettings(from: {
  readonly written: (name: string) => unknown;
  readonly blame: (name: string, problem: AutosyncError) => AutosyncError;
  readonly parseSchedule: ParseSchedule;
}): Settings {
  const settings: { -readonly [F in Field]?: Settings[F] } = {};
  const collect = <F extends Field>(field: F): void => {
    const definition: Definition<Settings[F]> = DEFINITIONS[field];
    const written = from.written(definition.name);
    try {
      settings[field] = judge(definition, written ?? defaultOf(definition.name), from.parseSchedule);
    } catch (error) {
      throw error instanceof AutosyncError && written !== undefined ? from.blame(definition.name, error) : error;
    }
  };
  Object.keys(DEFINITIONS).filter(isField).forEach(collect);
  if (!isComplete(settings)) throw new Error('a setting was left out');
  return settings;
}

/** Says in words why a setting cannot have a value; undefined when it can. */
export function settingProblem(given: {
  readonly name: string;
  readonly value: unknown;
  readonly parseSchedule: ParseSchedule;
}): string | undefined {
  const definition = all.find(({ name }) => name === given.name);
  if (definition === undefined) return `'${printable(given.name)}' is no setting`;
  try {
    judge(definition, given.value, given.parseSchedule);
    return undefined;
  } catch (error) {
    if (!(error instanceof AutosyncError)) throw error;
    return [error.message, ...error.hints].join('; ');
  }
}

const isComplete = (settings: Partial<Settings>): settings is Settings =>
  Object.keys(DEFINITIONS).every((field) => Object.hasOwn(settings, field));

/** Returns a value as the program uses it; one that is not allowed is a usage error that says what is. */
function judge<T>(definition: Definition<T>, value: unknown, parseSchedule: ParseSchedule): T {
  let why: AutosyncError | undefined;
  try {
    const parsed = definition.type.parse(value, parseSchedule);
    if (parsed !== undefined) return parsed;
  } catch (error) {
    if (!(error instanceof AutosyncError)) throw error;
    why = error;
  }
  throw notAllowed({ name: definition.name, expects: definition.type.expects }, value, why);
}

/** Returns the usage error for a value that a setting cannot have, with the reason where there is a particular one. */
export function notAllowed(
  setting: Pick<SettingInfo, 'name' | 'expects'>,
  value: unknown,
  why?: AutosyncError,
): AutosyncError {
  const message = `'${setting.name}' cannot be ${show(value)}`;
  if (why === undefined) return new AutosyncError('usage', message, [`expected ${setting.expects}`]);
  return new AutosyncError('usage', `${message}: ${why.message}`, [...why.hints, `expected ${setting.expects}`], why);
}

const SHOWN_CHARACTERS = 60;

function show(value: unknown): string {
  const text = printable(redact(typeof value === 'string' ? value : JSON.stringify(value)));
  const short = text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
  return typeof value === 'string' ? `'${short}'` : short;
}
