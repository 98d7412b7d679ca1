import { isAbsolute, normalize } from 'node:path';
import type { AutosyncError } from '../model/errors.js';
import { type AbsolutePath, asAbsolute } from '../model/paths.js';
import { homeFolder, platform } from '../system/environment.js';
import { lstatIfPresent, realPath } from '../system/files.js';
import { printable } from '../system/printable.js';
import { didYouMean } from './did-you-mean.js';
import { isRecord, type JsonRecord } from './json.js';
import { isMirrorName } from './mirror-registry.js';
import { readOwnFile } from './own-file.js';
import { readToml, type TomlFile, tomlError } from './toml.js';

/** What rings at an address of ours, as `[webhook.<name>]` in `config.toml` says it. */
export type WebhookRoute = {
  readonly name: string;
  readonly provider: string;
  readonly secret: string;
  readonly target: WebhookTarget;
};

/** What is run when somebody rings: an installed repository, or a mirror. */
export type WebhookTarget =
  | { readonly kind: 'repo'; readonly path: AbsolutePath }
  | { readonly kind: 'mirror'; readonly name: string };

/** `notes`, or `ann/notes` for the address that selects by user and project. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}(\/[A-Za-z0-9][A-Za-z0-9._-]{0,99})?$/;

const KEYS: readonly string[] = ['provider', 'secret', 'secret-file', 'repo', 'mirror'];

/** Whoever guesses a secret of fewer characters need not be lucky for long. */
const MIN_SECRET = 16;

/** Reads the routes of the webhook; a wrong one is an error that names file, line and key. */
export function readWebhookRoutes(configFile: AbsolutePath, providers: readonly string[]): readonly WebhookRoute[] {
  const toml = readToml(configFile);
  const tables = toml?.entries.get('webhook');
  if (toml === undefined || tables === undefined) return [];
  if (!isRecord(tables))
    throw tomlError(toml, { key: 'webhook', says: "'webhook' must hold tables: [webhook.<name>]" });
  return Object.entries(tables).map(([name, table]) => readRoute({ toml, name, providers }, table));
}

type Place = { readonly toml: TomlFile; readonly name: string; readonly providers: readonly string[] };

function readRoute(place: Place, table: unknown): WebhookRoute {
  const { name, providers } = place;
  if (!NAME.test(name))
    throw wrong(place, `the name '${printable(name)}' is not allowed`, 'letters, digits, . _ and -');
  if (!isRecord(table)) throw wrong(place, 'it is no table', `[webhook.${name}]`);
  for (const key of Object.keys(table)) {
    if (!KEYS.includes(key)) throw wrong(place, `unknown key '${printable(key)}'`, didYouMean(key, KEYS));
  }
  const provider = textIn(place, table, 'provider');
  if (!providers.includes(provider)) {
    throw wrong(place, `unknown provider '${printable(provider)}'`, `expected one of ${providers.join(', ')}`);
  }
  return { name, provider, secret: readSecret(place, table), target: readTarget(place, table) };
}

function readTarget(place: Place, table: JsonRecord): WebhookTarget {
  const isMirror = table['mirror'] !== undefined;
  if (isMirror === (table['repo'] !== undefined)) {
    throw wrong(place, "it needs a 'repo' or a 'mirror'", 'repo = "<absolute path>", or mirror = "<name>"');
  }
  if (!isMirror) return { kind: 'repo', path: readPath(place, table, 'repo') };
  const name = textIn(place, table, 'mirror');
  if (isMirrorName(name)) return { kind: 'mirror', name };
  throw wrong(place, "the value of 'mirror' is not allowed", 'autosync mirror list');
}

function readSecret(place: Place, table: JsonRecord): string {
  const inFile = table['secret-file'] !== undefined;
  if (inFile === (table['secret'] !== undefined)) {
    throw wrong(place, "it needs a 'secret' or a 'secret-file'", 'head -c 32 /dev/urandom | base64 makes a secret');
  }
  const file = inFile ? readPath(place, table, 'secret-file') : place.toml.file;
  refuseReadable(place, file);
  const secret = inFile ? (readOwnFile(file)?.toString('utf8').trim() ?? '') : textIn(place, table, 'secret');
  if (secret.length >= MIN_SECRET) return secret;
  throw wrong(
    place,
    `the secret has fewer than ${MIN_SECRET} characters`,
    'head -c 32 /dev/urandom | base64 makes one',
  );
}

function refuseReadable(place: Place, file: AbsolutePath): void {
  const mode = lstatIfPresent(file) === undefined ? undefined : lstatIfPresent(realPath(file))?.mode;
  if (mode === undefined) throw wrong(place, `the file '${printable(file)}' is missing`, 'write the secret into it');
  if (platform === 'win32' || (mode & 0o077) === 0) return;
  throw wrong(place, `others may read '${printable(file)}', which holds a secret`, `chmod 600 '${printable(file)}'`);
}

function readPath(place: Place, table: JsonRecord, key: string): AbsolutePath {
  const path = textIn(place, table, key).replace(/^~(?=\/|$)/, homeFolder());
  if (isAbsolute(path) && normalize(path) === path) return asAbsolute(path);
  throw wrong(place, `the value of '${key}' is not allowed`, 'expected an absolute path');
}

function textIn(place: Place, table: JsonRecord, key: string): string {
  const value = table[key];
  if (typeof value === 'string' && value !== '' && !value.includes('\0')) return value;
  throw wrong(
    place,
    value === undefined ? `'${key}' is missing` : `the value of '${key}' is not allowed`,
    'expected a text',
  );
}

const wrong = ({ toml, name }: Place, says: string, hint: string): AutosyncError =>
  tomlError(toml, { key: 'webhook', says: `[webhook.${printable(name)}]: ${says}`, hints: [hint] });
