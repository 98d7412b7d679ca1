import { ENTRIES } from '../../src/cli.js';
import { helpPage, type Listed, type ListedCommand } from '../../src/commands/help-page.js';

/** Returns every command line of autosync in a document: in inline code, in fences, and in indented blocks. */
export function commandLines(text: string): readonly string[] {
  const prose = text.replaceAll(/^(```|~~~)[\s\S]*?^\1/gm, (block) => block.replaceAll(/^/gm, '    '));
  const inline = [...prose.matchAll(/`(autosync [^`]+)`/g)].map(([, line = '']) => line.replaceAll(/\s+/g, ' '));
  const blocks = [...prose.matchAll(/^ {4,}(?:\$ )?(autosync [a-z-].*)$/gm)].map(([, line = '']) => line);
  return [...inline, ...blocks].map((line) => line.replace(/\s+#.*$/, ''));
}

/** Returns the command lines that name a command or an option which is not there. */
export async function brokenCommandLines(lines: readonly string[]): Promise<readonly string[]> {
  const checked = await Promise.all(lines.map(async (line) => ((await isKnown(line)) ? [] : [line])));
  return checked.flat();
}

async function isKnown(line: string): Promise<boolean> {
  const words = line
    .replaceAll(/'[^']*'|"[^"]*"/g, 'quoted')
    .split(/\s+/)
    .map((word) => word.replaceAll(/[[\],;.]+$|^\[/g, ''));
  const [first = '', ...rest] = words.slice(1);
  if (first.startsWith('-') || first === '<command>' || first === '…') return true;
  const chosen = ENTRIES.find((entry) => namesOf(entry).includes(first));
  if (chosen === undefined) return false;
  if (!('parts' in chosen)) return await takesAll(chosen, rest);
  const [second, ...others] = rest;
  // `add\|run` in a table names several.
  const parts = (second ?? '').split(/\\?\|/).map((name) => chosen.parts.find((part) => namesOf(part).includes(name)));
  if (second === undefined) return true;
  const known = await Promise.all(parts.map(async (part) => part !== undefined && (await takesAll(part, others))));
  return known.every(Boolean);
}

const namesOf = (entry: Listed): readonly string[] => [
  entry.usage.split(' ')[0] ?? '',
  ...('aliases' in entry ? (entry.aliases ?? []) : []),
];

async function takesAll(command: ListedCommand, words: readonly string[]): Promise<boolean> {
  const { options } = await helpPage(command);
  const known = new Set(options.flatMap(({ names }) => names.flatMap((name) => [name, name.replace(/^--/, '--no-')])));
  const given = words.filter((word) => /^--?[a-z]/.test(word)).map((word) => word.replace(/=.*/, ''));
  return given.every((word) => known.has(word) || word === '--help' || word === '--no-color');
}
