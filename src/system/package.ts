import { fileURLToPath } from 'node:url';
import { type AbsolutePath, asAbsolute } from '../model/paths.js';
import { readTextIfPresent } from './files.js';

/** The folder of this package: `src` and `dist` have the same depth, so the way up is the same from both. */
export const packageRoot: AbsolutePath = asAbsolute(
  fileURLToPath(new URL('../..', import.meta.url)).replace(/[/\\]$/, ''),
);

/** The program that the launcher starts. */
export const entryPoint: AbsolutePath = asAbsolute(fileURLToPath(new URL('../../bin/autosync.js', import.meta.url)));

/** Returns the text of a file in `templates/`. */
export function readTemplate(name: string): string {
  const text = readTextIfPresent(fileURLToPath(new URL(`../../templates/${name}`, import.meta.url)));
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
