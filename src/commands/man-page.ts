import { EXIT, type ExitCode } from '../model/exit-codes.js';
import { type HelpItem, type HelpPage, helpPage, type Listed, type ListedCommand } from './help-page.js';

/** What the man page is made of besides the commands: their exit codes in words, the version. */
export type ManualFacts = { readonly meanings: Readonly<Record<ExitCode, string>>; readonly version: string };

/** Renders the man page (man/autosync.1, mdoc's elder sister man(7)) from the commands' own help. */
export async function manPage(commands: readonly Listed[], { meanings, version }: ManualFacts): Promise<string> {
  const sections = await Promise.all(commands.flatMap((entry) => leavesOf(entry)).map(renderCommand));
  const codes = Object.entries(meanings).flatMap(([code, text]) => ['.TP', `.B ${code}`, plain(text)]);
  return [
    '.\\" Made by `npm run docs` from the commands\' own help.',
    `.TH AUTOSYNC 1 "" "autosync ${plain(version)}" "User Commands"`,
    '.SH NAME',
    'autosync \\- keep git and Mercurial working trees the same on all of your machines',
    '.SH SYNOPSIS',
    '.B autosync',
    '.I command',
    '.RI [ option ...]',
    '.SH DESCRIPTION',
    'Keeps a folder, a git or Mercurial working tree, the same on all of your machines, without a resident process.',
    "Hooks push at once, the operating system's scheduler does the rest, and every change becomes a commit that names its event.",
    '.PP',
    'Every command has',
    '.BR \\-\\-help ,',
    'and takes',
    '.B \\-\\-no\\-color',
    'for an answer without colour.',
    '.SH COMMANDS',
    ...sections.flat(),
    '.SH EXIT STATUS',
    ...codes,
    '.SH FILES',
    ...FILES.flatMap(([path, text]) => ['.TP', `.I ${plain(path)}`, plain(text)]),
    '.SH SEE ALSO',
    '.BR git (1),',
    '.BR hg (1)',
    '',
  ].join('\n');
}

const FILES: readonly (readonly [string, string])[] = [
  ['~/.config/autosync/config.toml', 'your settings for all repositories; autosync only reads it'],
  ['~/.config/autosync/repos/', 'one file for each installed repository'],
  ['~/.local/share/autosync/run', 'the launcher, the only thing that the scheduler and the hooks call'],
  ['~/.local/state/autosync/', 'the log, and what is remembered of each repository'],
];

type Leaf = { readonly entry: ListedCommand; readonly before: string };

const leavesOf = (entry: Listed): readonly Leaf[] =>
  'parts' in entry ? entry.parts.map((part) => ({ entry: part, before: `${entry.usage} ` })) : [{ entry, before: '' }];

async function renderCommand({ entry, before }: Leaf): Promise<readonly string[]> {
  const { words, options, examples } = await helpPage(entry);
  const others = (entry.aliases ?? []).map((alias) => `Also: autosync ${alias}.`);
  const codes = [EXIT.done, EXIT.failed, EXIT.usage, ...(entry.codes ?? []), EXIT.bug].join(', ');
  return [
    `.SS autosync ${plain(before + entry.usage)}`,
    ...[`${entry.describe === false ? '' : entry.describe}.`, ...others].map(plain),
    ...words.flatMap((item) => renderItem(item, 'I')),
    ...options.flatMap((item) => renderItem(item, 'B')),
    ...renderExamples(examples),
    '.PP',
    `Exit codes: ${codes}.`,
  ];
}

function renderItem({ names, describe, takesValue, choices, remarks }: HelpItem, font: 'B' | 'I'): readonly string[] {
  const value = font === 'B' && takesValue ? ` ${choices.length > 0 ? choices.join('|') : 'value'}` : '';
  const more = remarks.length === 0 ? '' : ` (${remarks.join('; ')})`;
  return ['.TP', `.${font} "${plain(names.join(', ') + value).replaceAll('"', '\\(dq')}"`, plain(describe + more)];
}

const renderExamples = (examples: HelpPage['examples']): readonly string[] =>
  examples.flatMap(({ line, says }) => ['.PP', '.nf', `    ${plain(line)}`, '.fi', plain(`${capital(says)}.`)]);

const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);

/** Writes text so that troff takes it as it is: no escapes, no requests, real hyphens. */
function plain(text: string): string {
  const escaped = text.replaceAll('\\', '\\e').replaceAll('-', '\\-').replaceAll('~', '\\(ti').replaceAll('…', '...');
  return /^[.']/.test(escaped) ? `\\&${escaped}` : escaped;
}
