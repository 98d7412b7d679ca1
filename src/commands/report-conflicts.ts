import { asRelative, type RelativePath } from '../model/paths.js';
import type { ConflictFacts } from '../report/facts.js';
import { joinPath, lstatIfPresent, readIfPresent } from '../system/files.js';
import { copyAround, parseConflictCopy } from '../vcs/conflict-copy.js';
import type { WorkingTree } from '../vcs/vcs.js';

/** A larger file is compared with a program that was made for it. */
const MOST_BYTES = 256 * 1024;
/** What would be read for more than these would not be shown. */
const MOST_READ = 100;

/** Returns the conflicts of a repository that are still there: each conflict copy, and what stands under its name now. */
export async function conflictsOf(tree: WorkingTree): Promise<readonly ConflictFacts[]> {
  const copies = [...(await tree.versions.copies())].sort();
  return copies.flatMap((copy, at) => conflictOf(tree, copy, at < MOST_READ));
}

function conflictOf(tree: WorkingTree, copy: RelativePath, reads: boolean): readonly ConflictFacts[] {
  const outer = copyAround(copy);
  const parsed = outer === undefined ? undefined : parseConflictCopy(outer);
  if (outer === undefined || parsed === undefined) return [];
  // A copy may be a folder, with files in it that have the names of those beside it.
  const path = asRelative(`${parsed.path}${copy.slice(outer.length)}`);
  const { machine, day } = parsed;
  const contents = reads ? compare(tree, path, copy) : notShown('there are too many');
  return [{ path, copy, machine, day, contents }];
}

const notShown = (why: string): ConflictFacts['contents'] => ({ kind: 'not-shown', why });

function compare(tree: WorkingTree, path: RelativePath, copy: RelativePath): ConflictFacts['contents'] {
  const kept = readText(tree, path);
  const other = readText(tree, copy);
  for (const [name, { why }] of [[path, kept] as const, [copy, other] as const]) {
    if (why !== undefined) return notShown(`'${name}' ${why}`);
  }
  return { kind: 'text', kept: kept.text ?? '', copy: other.text ?? '' };
}

type Text = { readonly text?: string; readonly why?: string };

function readText({ top }: WorkingTree, path: RelativePath): Text {
  const file = joinPath(top, path);
  try {
    const found = lstatIfPresent(file);
    if (found === undefined) return { why: 'is not there any more' };
    if (!found.isFile()) return { why: 'is no file' };
    if (found.size > MOST_BYTES) return { why: 'is too large' };
    return textOf(readIfPresent(file) ?? Buffer.alloc(0));
  } catch {
    return { why: 'cannot be read' };
  }
}

/** The rule of git, and of diff: a file with a NUL in it is no text. */
function textOf(bytes: Buffer): Text {
  if (bytes.includes(0)) return { why: 'is no text' };
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch {
    return { why: 'is no UTF-8 text' };
  }
}
