import yargs from 'yargs';
import type { ExitCode } from '../model/exit-codes.js';
import type { Command } from './command.js';

/** A command's name and sentence, how to load it, and its exit codes besides 0, 1, 2 and 70. */
export type ListedCommand = {
  readonly usage: string;
  readonly aliases?: readonly string[];
  readonly describe: string | false;
  readonly load: () => Promise<{ readonly command: Command }>;
  readonly codes?: readonly ExitCode[];
};

/** A command, or a word before other commands. */
export type Listed =
  | ListedCommand
  | { readonly usage: string; readonly describe: string; readonly parts: readonly ListedCommand[] };

/** One option, or one word that a command takes. */
export type HelpItem = {
  /** `--conflict`, or `--message` and `-m`; the name of a word. */
  readonly names: readonly string[];
  readonly describe: string;
  /** Whether a value follows; a switch takes none. */
  readonly takesValue: boolean;
  readonly choices: readonly string[];
  /** What the help says in brackets besides: `default: 20`. */
  readonly remarks: readonly string[];
};

/** What a command's help says. */
export type HelpPage = {
  readonly words: readonly HelpItem[];
  readonly options: readonly HelpItem[];
  readonly examples: readonly { readonly line: string; readonly says: string }[];
};

/** Returns what a command's own help says, as data: it comes from the very text that `--help` shows. */
export async function helpPage({ load }: ListedCommand): Promise<HelpPage> {
  const { command } = await load();
  const empty = yargs([]).scriptName('autosync').help(false).version(false).wrap(null).exitProcess(false);
  return parseHelp(await command.options(empty).getHelp());
}

/**
 * Reads the help of yargs 18, not wrapped. Sections begin with their title and a colon; a line in one is
 * `  <names>  <text>  [remark] [remark]`, its columns apart by two blanks or more; an example is `  <line>  <text>`.
 */
export function parseHelp(text: string): HelpPage {
  const sections = new Map<string, string[]>();
  let title = '';
  for (const line of text.split('\n')) {
    const next = /^(\w+):$/.exec(line)?.[1];
    title = next ?? title;
    if (next === undefined && line.trim() !== '') sections.set(title, [...(sections.get(title) ?? []), line.trim()]);
  }
  const items = (title: string): readonly HelpItem[] => (sections.get(title) ?? []).map(parseItem);
  const examples = (sections.get('Examples') ?? []).map((line) => {
    const [first = '', ...rest] = line.split(/\s{2,}/);
    return { line: first, says: rest.join(' ') };
  });
  return { words: items('Positionals'), options: items('Options'), examples };
}

/** A remark may hold brackets itself: `[default: []]`. */
const REMARK = String.raw`\[((?:[^[\]]|\[[^\]]*\])*)\]`;
const REMARKS = new RegExp(String.raw`\s{2}(?:${REMARK}\s?)+$`);

function parseItem(line: string): HelpItem {
  const end = REMARKS.exec(line)?.[0] ?? '';
  const remarks = [...end.matchAll(new RegExp(REMARK, 'g'))].map(([, remark = '']) => remark);
  const [names = '', ...texts] = line.slice(0, line.length - end.length).split(/\s{2,}/);
  const choices = remarks.find((remark) => remark.startsWith('choices: '))?.slice('choices: '.length) ?? '';
  return {
    names: names.split(', ').sort((a, b) => b.length - a.length),
    describe: texts.join(' '),
    takesValue: !remarks.includes('boolean'),
    choices: [...choices.matchAll(/"([^"]*)"/g)].map(([, choice = '']) => choice),
    remarks: remarks.filter((remark) => remark.startsWith('default: ') && !/false$|true$|\[\]/.test(remark)),
  };
}
