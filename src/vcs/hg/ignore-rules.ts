import { posix, relative } from 'node:path';
import type { Blocked } from '../../model/outcome.js';
import { asRelative, type RelativePath } from '../../model/paths.js';
import { joinPath, makeFolder, removeTree, writeAtomically } from '../../system/files.js';
import { printable } from '../../system/printable.js';
import { unreadRulesHint } from '../unread-rules.js';
import { exactly, hgIn } from './command.js';
import type { Repository } from './repository.js';

const IGNORE_FILE = asRelative('.hgignore');

/**
 * Returns from the words with which hg failed that it cannot read the rules of what to ignore, and so tells nothing of
 * the tree; undefined where they speak of something else.
 */
export function unreadableRules(words: string): Blocked | undefined {
  const [, unread] = /skipping unreadable pattern file '(.*?)': /.exec(words) ?? [];
  if (unread !== undefined) return { kind: 'damaged', hint: unreadRulesHint(unread) };
  const broken = brokenIn(words);
  if (broken === undefined) return undefined;
  const { file, what } = broken;
  return {
    kind: 'damaged',
    hint: `${file}: hg cannot read ${what}; correct it there; where it came with a pull: hg revert -r .^ '${file}'`,
  };
}

/** Says that hg could not read the rules that a changeset brings: once they stood in the tree, it would tell nothing of it. */
export async function unreadableRulesIn(
  repository: Repository,
  changeset: string,
  paths: readonly RelativePath[],
): Promise<Blocked | undefined> {
  const { files, circle } = await rulesOf(repository, changeset);
  const changed = new Set<string>(paths);
  if (!files.some(({ path }) => changed.has(path))) return undefined;
  const broken = circle ?? (await readStaged(repository, files));
  return broken === undefined ? undefined : incoming(changeset, broken);
}

const incoming = (changeset: string, { file, what }: Broken): Blocked => ({
  kind: 'damaged',
  hint: `'${file}' of ${changeset.slice(0, 12)} on the hub has what hg cannot read, ${what}, so nothing is brought in; correct it on the machine that it came from`,
});

/** What hg cannot read, and in which file. */
type Broken = { readonly file: string; readonly what: string };

/**
 * Reads what hg says of a rule that it cannot read, or the end of what Python says where hg did not foresee it:
 *
 *     abort: <file>: invalid pattern (<syntax>): <rule>
 *     OverflowError: <words>
 */
function brokenIn(words: string): Broken | undefined {
  const [, file, rule] = /abort: (.*?): invalid pattern \(\w+\): (.*)$/m.exec(words) ?? [];
  if (file !== undefined && rule !== undefined) return { file: printable(file), what: `the rule '${printable(rule)}'` };
  const [unforeseen] = /\b(Recursion|Overflow)Error: .*$/m.exec(words) ?? [];
  return unforeseen === undefined ? undefined : { file: IGNORE_FILE, what: `its rules (${printable(unforeseen)})` };
}

/** A file with rules of what to ignore, as it is in a changeset. */
type RuleFile = { readonly path: RelativePath; readonly text: string };

/** The files that hg reads for its rules; `circle` names one that leads to itself, which hg would read for ever. */
type Rules = { readonly files: readonly RuleFile[]; readonly circle: Broken | undefined };

async function rulesOf({ hg }: Repository, changeset: string): Promise<Rules> {
  const files: RuleFile[] = [];
  let circle: Broken | undefined;
  const visit = async ({ path, root }: Inclusion, way: readonly string[]): Promise<void> => {
    if (files.some((file) => file.path === path)) return;
    const cat = await hg.run(['cat', `--rev=${changeset}`, '--', ...exactly([path])]);
    // 1: there is none, and hg passes over it.
    if (cat.exitCode !== 0) return;
    const text = cat.stdout.toString('latin1');
    files.push({ path, text });
    for (const { line, ...next } of inclusionsIn(text, { path, root })) {
      if (next.path === path || way.includes(next.path))
        circle = { file: printable(path), what: `the circle '${line}'` };
      else await visit(next, [...way, path]);
    }
  };
  await visit({ path: IGNORE_FILE, root: '' }, []);
  return { files, circle };
}

/** A file with rules, and the folder that its own inclusions count from. */
type Inclusion = { readonly path: RelativePath; readonly root: string };

/** A line that brings in another file: `include:<path from the root>` or `subinclude:<path from the file's folder>`. */
const INCLUSION = /^(sub)?include:(.*?)\s*$/;

function inclusionsIn(text: string, { path, root }: Inclusion): readonly (Inclusion & { readonly line: string })[] {
  return text.split('\n').flatMap((line) => {
    const [found, isBelow, name = ''] = INCLUSION.exec(line) ?? [];
    if (found === undefined) return [];
    const next = posix.normalize(posix.join(isBelow === undefined ? root : posix.dirname(path), name));
    // What lies outside of the tree comes with no push.
    if (next === '.' || next.startsWith('../') || posix.isAbsolute(name)) return [];
    return [{ path: asRelative(next), root: isBelow === undefined ? root : posix.dirname(next), line: found.trim() }];
  });
}

/** Lets another hg read the rules that each file has of its own: one that is at work already has read those that it began with. */
async function readStaged(repository: Repository, files: readonly RuleFile[]): Promise<Broken | undefined> {
  const folder = joinPath(repository.privateFolder, 'incoming-rules');
  const staged = files.map((_, at) => joinPath(folder, `${at}`));
  const hg = hgIn(
    repository.top,
    staged.map((file, at) => `ui.ignore.autosync${at}=${relative(repository.top, file)}`),
  );
  try {
    makeFolder(folder);
    for (const [at, { text }] of files.entries()) writeAtomically(joinPath(folder, `${at}`), ownRules(text));
    const { exitCode, stderr } = await hg.run(['debugignore']);
    const broken = exitCode === 0 ? undefined : brokenIn(stderr);
    if (broken === undefined) return undefined;
    const file =
      files[staged.findIndex((name) => relative(repository.top, name) === broken.file || name === broken.file)];
    return { ...broken, file: printable(file?.path ?? IGNORE_FILE) };
  } finally {
    hg.end();
    removeTree(folder);
  }
}

const ownRules = (text: string): Buffer =>
  Buffer.from(
    text
      .split('\n')
      .filter((line) => !INCLUSION.test(line))
      .join('\n'),
    'latin1',
  );
