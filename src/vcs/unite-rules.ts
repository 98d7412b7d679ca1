import { basename } from 'node:path/posix';

/** The files whose lines say, in any folder, what is left out of commits. */
const RULE_FILES: ReadonlySet<string> = new Set(['.gitignore', '.hgignore']);

/** Tells whether two versions of a file are united line by line instead of one of them being set aside. */
export const isRuleFile = (path: string): boolean => RULE_FILES.has(basename(path));

/** One line; `syntax` is what an earlier line of Mercurial's (`syntax: glob`) makes of it. */
type Line = { readonly text: string; readonly syntax: string };

/** What hg takes a line for where none has said so (`hg help hgignore`). */
const FIRST_SYNTAX = 'regexp';

/** The versions of a file of rules, as bytes in Latin-1; `base` is what both sides have in common. */
export type RuleVersions = { readonly base: string | undefined; readonly ours: string; readonly theirs: string };

/**
 * Unites two versions of a file of rules: it has every rule that either side has, but for those that they took out of. Were
 * one version set aside as a copy, its rules would rule nothing, and what they keep back would be sent at once.
 */
export function uniteRules(path: string, { base = '', ours, theirs }: RuleVersions): string {
  const read = basename(path) === '.hgignore' ? readHgRules : readLines;
  const known = new Set(read(base).map(keyOf));
  const united = [...read(theirs)];
  const present = new Set(united.map(keyOf));
  let at = 0;
  for (const line of read(ours)) {
    const key = keyOf(line);
    if (present.has(key)) {
      const found = united.findIndex((other, n) => n >= at && keyOf(other) === key);
      if (found >= 0) at = found + 1;
    } else if (!known.has(key)) {
      united.splice(at, 0, line);
      present.add(key);
      at += 1;
    }
  }
  return render(united);
}

const keyOf = ({ text, syntax }: Line): string => `${syntax} ${text.trimEnd()}`;

function readLines(text: string): readonly Line[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines.map((line) => ({ text: line, syntax: FIRST_SYNTAX }));
}

function readHgRules(text: string): readonly Line[] {
  let syntax = FIRST_SYNTAX;
  const lines: Line[] = [];
  for (const { text: line } of readLines(text)) {
    const [, named] = /^syntax:\s*(.*?)\s*$/.exec(line) ?? [];
    if (named === undefined) lines.push({ text: line, syntax });
    else syntax = named;
  }
  return lines;
}

function render(lines: readonly Line[]): string {
  let current = FIRST_SYNTAX;
  const rendered: string[] = [];
  for (const { text, syntax } of lines) {
    if (syntax !== current) rendered.push(`syntax: ${syntax}`);
    current = syntax;
    rendered.push(text);
  }
  return rendered.map((line) => `${line}\n`).join('');
}
