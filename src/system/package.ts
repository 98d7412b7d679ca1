import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type AbsolutePath, asAbsolute } from '../model/paths.js';
import { joinPath, readTextIfPresent } from './files.js';

/** The folder of this package: the nearest one with a `package.json`, above the sources and above every bundle of them. */
export const packageRoot: AbsolutePath = packageAbove(asAbsolute(fileURLToPath(import.meta.url)));

function packageAbove(path: AbsolutePath): AbsolutePath {
  const folder = asAbsolute(dirname(path));
  return folder === path || existsSync(joinPath(folder, 'package.json')) ? folder : packageAbove(folder);
}

/** The program that the launcher starts. */
export const entryPoint: AbsolutePath = joinPath(packageRoot, 'bin', 'autosync.js');

/** Returns the text of a file in `templates/`. */
export function readTemplate(name: string): string {
  const text = readTextIfPresent(joinPath(packageRoot, 'templates', name));
  if (text === undefined) throw new Error(`template '${name}' is missing from the package`);
  return text;
}

/** Returns the version in package.json. */
export function packageVersion(): string {
  const text = readTextIfPresent(`${packageRoot}/package.json`) ?? '{}';
  const parsed: unknown = JSON.parse(text);
  const found = typeof parsed === 'object' && parsed !== null && 'version' in parsed ? parsed.version : undefined;
  return typeof found === 'string' ? found : 'unknown';
}
