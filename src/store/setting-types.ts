import type { DeletionsLimit } from '../model/repo.js';
import type { Schedule } from '../model/schedule.js';
import { parseDuration, renderDuration } from './duration.js';
import { isTreePattern, MOST_PATTERNS } from './setting-rules.js';
import { parseSize } from './size.js';
import { parseTomlList } from './toml.js';

/** Reads a schedule's text; what is wrong with it is an AutosyncError. */
export type ParseSchedule = (text: string) => Schedule;

/** A setting's value as it stands in a TOML file. */
export type SettingValue = string | boolean | readonly string[];

/** The types that settings have, as a person calls them. */
export type SettingKind = 'string' | 'boolean' | 'duration' | 'size' | 'choice' | 'list' | 'schedule';

/** How one type of setting is read. */
export type SettingType<T> = {
  readonly kind: SettingKind;
  /** What is allowed, to follow the word "expected". */
  readonly expects: string;
  /** Returns a file's value as the program uses it, or undefined when it is not allowed. */
  readonly parse: (value: unknown, parseSchedule: ParseSchedule) => T | undefined;
  /** Returns what a person typed in the form that a file holds, still to be judged by `parse`. */
  readonly fromText: (text: string) => SettingValue;
};

const asTyped = (text: string): string => text;

/** A text for which a rule holds. */
export const string = (expects: string, allowed: (text: string) => boolean): SettingType<string> => ({
  kind: 'string',
  expects,
  parse: (value) => (typeof value === 'string' && allowed(value) ? value : undefined),
  fromText: asTyped,
});

/** Yes or no. */
export const boolean: SettingType<boolean> = {
  kind: 'boolean',
  expects: 'true or false',
  parse: (value) => (typeof value === 'boolean' ? value : undefined),
  fromText: (text) => (text === 'true' || text === 'false' ? text === 'true' : text),
};

const orList = (words: readonly string[]): string => [words.slice(0, -1).join(', '), ...words.slice(-1)].join(' or ');

/** One of a few words. */
export const choice = <T extends string>(...words: readonly T[]): SettingType<T> => ({
  kind: 'choice',
  expects: orList(words.map((word) => `'${word}'`)),
  parse: (value) => words.find((word) => word === value),
  fromText: asTyped,
});

/** A duration between two bounds in seconds; the program gets it in a unit of so many seconds. */
export const duration = (bounds: {
  readonly least: number;
  readonly most: number;
  readonly unit: number;
}): SettingType<number> => ({
  kind: 'duration',
  expects: `a duration from ${renderDuration(bounds.least)} to ${renderDuration(bounds.most)}, like '90s', '5m' or '1h30m'`,
  parse: (value) => {
    const seconds = typeof value === 'string' ? parseDuration(value) : undefined;
    if (seconds === undefined || seconds < bounds.least || seconds > bounds.most) return undefined;
    return seconds / bounds.unit;
  },
  fromText: asTyped,
});

/** Such a duration, or none: the program gets 0 for `off`. */
export function durationOrOff(bounds: Parameters<typeof duration>[0]): SettingType<number> {
  const some = duration(bounds);
  const isOff = (value: unknown): boolean => value === 'off' || value === '0';
  return {
    ...some,
    expects: `${some.expects}, or 'off'`,
    parse: (value, parseSchedule) => (isOff(value) ? 0 : some.parse(value, parseSchedule)),
  };
}

/** A number of bytes, at least one. */
export const size: SettingType<number> = {
  kind: 'size',
  expects: "a size with kB, MB, GB, KiB, MiB or GiB, like '100MB'",
  parse: (value) => {
    const bytes = typeof value === 'string' ? parseSize(value) : undefined;
    return bytes === 0 ? undefined : bytes;
  },
  fromText: asTyped,
};

/** A share of the files, a number of them, or no limit. */
export const deletions: SettingType<DeletionsLimit> = {
  kind: 'string',
  expects: "a share of the files like '50%', a number of files like '200', or 'off'",
  parse: (value) => (typeof value === 'string' ? parseDeletions(value) : undefined),
  fromText: asTyped,
};

function parseDeletions(text: string): DeletionsLimit | undefined {
  if (text === 'off') return { kind: 'off' };
  const [, digits, percent] = /^(\d{1,9})(%?)$/.exec(text) ?? [];
  if (digits === undefined) return undefined;
  if (percent === '') return { kind: 'count', files: Number(digits) };
  return Number(digits) <= 100 ? { kind: 'percent', percent: Number(digits) } : undefined;
}

/** A number of files of one kind, or no limit. */
export const copies: SettingType<number> = {
  kind: 'string',
  expects: "a number from 1 to 9999 like '20', or 'off'",
  parse: (value) => {
    if (value === 'off') return Number.POSITIVE_INFINITY;
    return typeof value === 'string' && /^[1-9]\d{0,3}$/.test(value) ? Number(value) : undefined;
  },
  fromText: asTyped,
};

/** Patterns for fast-glob, each of which {@link isTreePattern} allows. */
export const patterns: SettingType<readonly string[]> = {
  kind: 'list',
  expects: `a list of at most ${MOST_PATTERNS} patterns like '["*.log", "build/"]', of which none leads out of the tree`,
  parse: (value) => {
    if (!Array.isArray(value) || value.length > MOST_PATTERNS) return undefined;
    const words: readonly unknown[] = value;
    return words.every((word) => typeof word === 'string' && isTreePattern(word)) ? words.map(String) : undefined;
  },
  fromText: listFromText,
};

/** Words for the command line of a program: no NUL in them, and the program's own name not empty. */
export const list: SettingType<readonly string[]> = {
  kind: 'list',
  expects: `a list of words, like '["program", "argument"]'`,
  parse: (value) => {
    if (!Array.isArray(value) || !value.every((word) => typeof word === 'string')) return undefined;
    const words: readonly string[] = value;
    return words[0] === '' || words.some((word) => word.includes('\0')) ? undefined : words;
  },
  fromText: listFromText,
};

/** A program that merges: its result stands in `{merged}`, which it has to be told, as well as whose versions there are. */
export const mergeTool: SettingType<readonly string[]> = {
  kind: 'list',
  expects: `a list of words with '{merged}', and '{base}', '{local}' and '{remote}' as needed, like '["meld", "{local}", "{merged}", "{remote}"]'`,
  parse: (value, parseSchedule) => {
    const words = list.parse(value, parseSchedule);
    return words === undefined || words.length === 0 || words.some((word) => word.includes('{merged}'))
      ? words
      : undefined;
  },
  fromText: listFromText,
};

/** A single word needs no brackets; several without them could be meant in more than one way. */
function listFromText(text: string): SettingValue {
  if (text === '') return [];
  if (!/[\s[\]"']/.test(text)) return [text];
  const words = parseTomlList(text);
  return words?.every((word) => typeof word === 'string') === true ? words : text;
}

/** When a repository is due. */
export const schedule: SettingType<Schedule> = {
  kind: 'schedule',
  expects: "a cron expression of five fields, '@hourly' and its like, or 'every 5m'",
  parse: (value, parseSchedule) => (typeof value === 'string' ? parseSchedule(value) : undefined),
  fromText: asTyped,
};
