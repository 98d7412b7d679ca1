import { isUtf8 } from 'node:buffer';
import { parse, stringify, TomlError } from 'smol-toml';
import { AutosyncError } from '../model/errors.js';
import type { AbsolutePath } from '../model/paths.js';
import { printable, redact } from '../system/printable.js';
import { readOwnFile } from './own-file.js';

/** A TOML file as it was read: its keys and values at the top, in their order. */
export type TomlFile = {
  readonly file: AbsolutePath;
  readonly text: string;
  readonly entries: ReadonlyMap<string, unknown>;
};

/** Reads a TOML file, or returns undefined when there is none; a syntax error names file, line and column. */
export function readToml(file: AbsolutePath): TomlFile | undefined {
  const bytes = readOwnFile(file);
  return bytes === undefined ? undefined : parseToml(file, bytes);
}

/** Reads the bytes of a TOML file; a syntax error names file, line and column. */
export function parseToml(file: AbsolutePath, bytes: Buffer): TomlFile {
  if (!isUtf8(bytes)) throw new AutosyncError('config', `${printable(file)}: not valid TOML: the text is not UTF-8`);
  const text = bytes.toString('utf8').replace(/^\ufeff/, '');
  try {
    return { file, text, entries: new Map(Object.entries(parse(text))) };
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const where = `${printable(file)}:${error.line}:${error.column}`;
    throw new AutosyncError('config', `${where}: ${syntaxProblem(error)}`, [], error);
  }
}

/** The parser's message is its problem, an empty line and a piece of the file. */
function syntaxProblem(error: TomlError): string {
  const [problem = ''] = error.message.split('\n');
  return `not valid TOML: ${printable(redact(problem.replace(/^Invalid TOML document: /, '')))}`;
}

/** Returns the error for a key of a file, or for the file as a whole. */
export function tomlError(
  toml: TomlFile,
  problem: { readonly key?: string; readonly says: string; readonly hints?: readonly string[] },
): AutosyncError {
  const line = problem.key === undefined ? undefined : lineOf(toml.text, problem.key);
  const where = line === undefined ? printable(toml.file) : `${printable(toml.file)}:${line}`;
  return new AutosyncError('config', `${where}: ${problem.says}`, problem.hints);
}

/** Returns the line, from 1, at which a key or a table begins: `key =`, `"key" =`, `key.more =`, `[key]`, `[[key]]`. */
function lineOf(text: string, key: string): number | undefined {
  const name = key.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const start = new RegExp(`^\\s*\\[{0,2}\\s*(["']?)${name}\\1\\s*[=.\\]]`);
  const index = text.split('\n').findIndex((line) => start.test(line));
  return index < 0 ? undefined : index + 1;
}

/** Returns the list that a text is in TOML (`["a", "b"]`), or undefined when it is none. */
export function parseTomlList(text: string): readonly unknown[] | undefined {
  try {
    const { list, ...more } = parse(`list = ${text}`);
    return Array.isArray(list) && Object.keys(more).length === 0 ? list : undefined;
  } catch (error) {
    if (error instanceof TomlError) return undefined;
    throw error;
  }
}

/** Returns a list of words as TOML has it. */
export const renderTomlList = (words: readonly string[]): string =>
  renderToml({ list: words })
    .trim()
    .replace(/^list = /, '');

/** Returns the text of a file with the given keys, in their order. */
export const renderToml = (entries: Readonly<Record<string, string | boolean | readonly string[]>>): string =>
  stringify(entries);
