import { errorMessage } from '../model/errors.js';
import type { AbsolutePath } from '../model/paths.js';
import type { RuleName } from '../model/repo.js';
import { joinPath, lstatIfAllowed, readIfPresent } from '../system/files.js';
import { printable } from '../system/printable.js';
import type { ParseSchedule } from './setting-types.js';
import { settingProblem } from './settings.js';
import { parseToml, type TomlFile } from './toml.js';

/** The file in a working tree that all machines share through the repository. */
export const SHARED_FILE = '.autosync.toml';

/** The settings that may stand in it: whoever can push can write it, so none names a program, a place or a remote. */
const SHARED_SETTINGS: readonly string[] = ['include', 'ignore', 'conflict', 'max-file-size', 'message'];

/** More than any list of patterns needs. */
const LARGEST = 65_536;

/** What a repository's shared file sets, and in words what of it was passed over. */
export type SharedSettings = {
  readonly toml: TomlFile | undefined;
  readonly problems: readonly string[];
  /** What it may have said of what to take, had it been right: without that, what a person keeps back would be sent. */
  readonly unknown: readonly RuleName[];
};

const RULES: readonly RuleName[] = ['include', 'ignore'];

/** Reads a repository's shared file; nothing in it is an error, since it came from the hub: what is wrong is passed over. */
export function readSharedSettings(top: AbsolutePath, parseSchedule: ParseSchedule): SharedSettings {
  const file = joinPath(top, SHARED_FILE);
  let toml: TomlFile | undefined;
  try {
    toml = readPlainFile(file);
  } catch (error) {
    const problem = `${printable(file)} is passed over: ${errorMessage(error)}`;
    return { toml: undefined, problems: [problem], unknown: RULES };
  }
  if (toml === undefined) return { toml: undefined, problems: [], unknown: [] };
  const problems: string[] = [];
  const entries = [...toml.entries].filter(([name, value]) => {
    const problem = SHARED_SETTINGS.includes(name)
      ? settingProblem({ name, value, parseSchedule })
      : `'${printable(name)}' may not be set there`;
    if (problem !== undefined) problems.push(`${printable(file)}: ${problem}`);
    return problem === undefined;
  });
  const used = new Map(entries);
  const unknown = RULES.filter((name) => toml.entries.has(name) && !used.has(name));
  return { toml: { ...toml, entries: used }, problems, unknown };
}

/** A link could lead anywhere, and what is no file may never end. */
function readPlainFile(file: AbsolutePath): TomlFile | undefined {
  const stats = lstatIfAllowed(file);
  if (stats === undefined) return undefined;
  if (typeof stats === 'string' || !stats.isFile()) throw new Error('it is no plain file');
  if (stats.size > LARGEST) throw new Error(`it is larger than ${LARGEST} bytes`);
  return parseToml(file, readIfPresent(file) ?? Buffer.alloc(0));
}
