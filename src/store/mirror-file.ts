import { isAbsolute } from 'node:path';
import { AutosyncError } from '../model/errors.js';
import type { Mirror, MirrorBackend, MirrorTrigger } from '../model/mirror.js';
import { type AbsolutePath, asAbsolute } from '../model/paths.js';
import { printable } from '../system/printable.js';
import { refuseUnknownKeys } from './config.js';
import type { ParseSchedule } from './setting-types.js';
import { readToml, renderToml, type TomlFile, tomlError } from './toml.js';

/** A mirror as its file has it: the schedule as text, absent where the one of `config.toml` counts. */
export type MirrorFile = Omit<Mirror, 'name' | 'schedule'> & { readonly schedule: string | undefined };

const HEADER = `# A Mercurial repository that autosync mirrors to git. To change it: autosync mirror add, with the same name.
# To take it back: autosync mirror remove <name>. Comments of your own are not kept.
`;

const KNOWN_KEYS = ['source', 'destination', 'backend', 'triggers', 'default-branch', 'authors', 'schedule'];
const BACKENDS: readonly MirrorBackend[] = ['export', 'hggit'];
const TRIGGERS: readonly MirrorTrigger[] = ['hook', 'schedule', 'webhook'];

/** Returns the text of a mirror's file; the same facts always give the same bytes. */
export function renderMirrorFile(mirror: MirrorFile): string {
  const { source, destination, backend, triggers, defaultBranch, authors, schedule } = mirror;
  const facts = {
    source,
    destination,
    backend,
    triggers,
    'default-branch': defaultBranch,
    ...(authors === undefined ? {} : { authors }),
    ...(schedule === undefined ? {} : { schedule }),
  };
  return `${HEADER}\n${renderToml(facts)}`;
}

/** Reads a mirror's file, or undefined when there is none; whatever is wrong with it is an error that says where. */
export function readMirrorFile(file: AbsolutePath, parseSchedule: ParseSchedule): MirrorFile | undefined {
  const toml = readToml(file);
  if (toml === undefined) return undefined;
  refuseUnknownKeys(toml, KNOWN_KEYS);
  const authors = toml.entries.has('authors') ? readText(toml, 'authors') : undefined;
  if (authors !== undefined && !isAbsolute(authors)) throw notAllowed(toml, 'authors', 'an absolute path');
  return {
    source: readText(toml, 'source'),
    destination: readText(toml, 'destination'),
    backend: readBackend(toml),
    triggers: readTriggers(toml),
    defaultBranch: readText(toml, 'default-branch'),
    authors: authors === undefined ? undefined : asAbsolute(authors),
    schedule: readSchedule(toml, parseSchedule),
  };
}

function readText(toml: TomlFile, key: string): string {
  const value = toml.entries.get(key);
  if (typeof value === 'string' && value !== '') return value;
  throw notAllowed(toml, key, 'a text');
}

function readBackend(toml: TomlFile): MirrorBackend {
  const found = BACKENDS.find((backend) => backend === toml.entries.get('backend'));
  if (found === undefined) throw notAllowed(toml, 'backend', "'export' or 'hggit'");
  return found;
}

function readTriggers(toml: TomlFile): readonly MirrorTrigger[] {
  const value = toml.entries.get('triggers');
  const words: readonly unknown[] = Array.isArray(value) ? value : [undefined];
  return words.map((word) => {
    const found = TRIGGERS.find((trigger) => trigger === word);
    if (found === undefined)
      throw notAllowed(toml, 'triggers', "a list of 'hook', 'schedule' and 'webhook', like [\"hook\"]");
    return found;
  });
}

function readSchedule(toml: TomlFile, parseSchedule: ParseSchedule): string | undefined {
  if (!toml.entries.has('schedule')) return undefined;
  const text = readText(toml, 'schedule');
  try {
    parseSchedule(text);
    return text;
  } catch (error) {
    if (!(error instanceof AutosyncError)) throw error;
    throw tomlError(toml, { key: 'schedule', says: error.message, hints: error.hints });
  }
}

function notAllowed(toml: TomlFile, key: string, expected: string): AutosyncError {
  const says = toml.entries.has(key) ? `the value of '${printable(key)}' is not allowed` : `'${key}' is missing`;
  return tomlError(toml, { key, says, hints: [`expected ${expected}`] });
}
