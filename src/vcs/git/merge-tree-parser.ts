import { asRelative, type RelativePath } from '../../model/paths.js';
import { decodePath } from '../../system/path-bytes.js';

/** The arguments whose answer {@link parseMergeTree} reads: a merge computed in the object store alone. */
export const mergeTreeArguments = (ours: string, theirs: string): readonly string[] => [
  'merge-tree',
  '--write-tree',
  '-z',
  '--messages',
  ours,
  theirs,
];

/** One version of a conflicted path: stage 1 is the common ancestor's, 2 ours, 3 theirs. */
export type Stage = { readonly stage: 1 | 2 | 3; readonly mode: string; readonly id: string };

/** What git says of one thing that it could not, or could, merge by itself. */
export type MergeMessage = { readonly type: string; readonly paths: readonly RelativePath[] };

/** One answer of `git merge-tree`. */
export type MergeTree = {
  readonly tree: string;
  readonly conflicted: ReadonlyMap<RelativePath, readonly Stage[]>;
  readonly messages: readonly MergeMessage[];
};

/**
 * Reads `git merge-tree --write-tree -z --messages` (git-merge-tree(1), "OUTPUT"):
 *
 *     <tree> NUL
 *     { <mode> SP <id> SP <stage> TAB <path> NUL }  NUL
 *     { <number of paths> NUL { <path> NUL } <type> NUL <message> NUL }
 */
export function parseMergeTree(output: Uint8Array): MergeTree {
  const values = splitAll(output);
  const tree = values[0] ?? '';
  const conflicted = new Map<RelativePath, Stage[]>();
  let at = 1;
  for (; at < values.length && values[at] !== ''; at += 1) {
    const found = /^(\d+) ([0-9a-f]+) ([123])\t([\s\S]+)$/.exec(values[at] ?? '');
    if (found === null) throw new Error(`git merge-tree answered an unknown record: '${values[at] ?? ''}'`);
    const [, mode = '', id = '', stage = '', path = ''] = found;
    const stages = conflicted.get(asRelative(path)) ?? [];
    stages.push({ stage: stageNumber(stage), mode, id });
    conflicted.set(asRelative(path), stages);
  }
  return { tree, conflicted, messages: parseMessages(values, at + 1) };
}

const stageNumber = (text: string): 1 | 2 | 3 => (text === '1' ? 1 : text === '2' ? 2 : 3);

function parseMessages(values: readonly string[], start: number): readonly MergeMessage[] {
  const messages: MergeMessage[] = [];
  for (let at = start; at < values.length; ) {
    const count = Number(values[at]);
    if (!Number.isInteger(count) || values[at] === '') break;
    const paths = values.slice(at + 1, at + 1 + count).map(asRelative);
    messages.push({ type: values[at + 1 + count] ?? '', paths });
    at += count + 3;
  }
  return messages;
}

/** Splits at every NUL, empty values included: they end a section. */
function splitAll(output: Uint8Array): string[] {
  const values: string[] = [];
  let start = 0;
  for (let end = output.indexOf(0); end >= 0; end = output.indexOf(0, start)) {
    values.push(decodePath(output.subarray(start, end)));
    start = end + 1;
  }
  return values;
}
