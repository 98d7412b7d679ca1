import type { Verification } from '../model/mirror.js';
import { asRelative } from '../model/paths.js';
import { hashBlob } from '../system/hash.js';
import { splitPaths } from '../system/path-bytes.js';
import { lastWords } from '../vcs/git/command.js';
import type { Hg } from '../vcs/hg/command.js';
import { type GitMode, isForbiddenName, readContents, readFacts } from './changed-files.js';
import { type Changeset, readChangesets } from './changesets.js';
import type { CommitMap } from './commit-map.js';
import { readAhead } from './read-ahead.js';
import type { Site } from './site.js';
import { treeId } from './tree-id.js';

/** What is compared with what. */
export type VerifyRequest = {
  readonly site: Site;
  readonly readers: readonly Hg[];
  readonly nodes: readonly string[];
  readonly commits: CommitMap;
};

const BATCH = 500;
const AHEAD = 4;

/** A full look at a large repository takes its time. */
const FSCK_LIMIT_MS = 3_600_000;

type Difference = Verification['differences'][number];

/**
 * Compares every revision: the files as hg itself hands them out, whose tree is hashed here, with the tree of the
 * commit; the parents; and that git finds every object whole.
 */
export async function verify(request: VerifyRequest): Promise<Verification> {
  const { site, nodes } = request;
  const differences: Difference[] = [];
  const blobs: Blobs = new Map();
  for (let at = 0; at < nodes.length; at += BATCH) {
    const batch = nodes.slice(at, at + BATCH);
    differences.push(...(await verifyBatch(request, batch, blobs)));
    const done = Math.min(at + BATCH, nodes.length);
    site.progress?.(`compared: ${Math.floor((done * 100) / nodes.length)}% (${done}/${nodes.length})`);
  }
  const checked = await site.git.run(['fsck', '--no-dangling', '--no-progress'], { timeoutMs: FSCK_LIMIT_MS });
  if (checked.exitCode !== 0) differences.push({ changeset: '', why: `git fsck: ${lastWords(checked.stderr)}` });
  return { revisions: nodes.length, differences };
}

/** The git ids of contents, by Mercurial's id of a file's version and its path: each is read once. */
type Blobs = Map<string, string>;

async function verifyBatch(
  { site, readers, commits }: VerifyRequest,
  batch: readonly string[],
  blobs: Blobs,
): Promise<readonly Difference[]> {
  const [first] = readers;
  if (first === undefined) throw new Error('there is nobody to read the history');
  const changesets = await readChangesets(first, batch);
  const found = await readCommits(
    site,
    batch.flatMap((node) => commits.get(node) ?? []),
  );
  const differences: Difference[] = [];
  const trees = readAhead(changesets, AHEAD, (changeset, at) =>
    expectedTree(readers[at % readers.length] ?? first, changeset, blobs),
  );
  let at = 0;
  for await (const tree of trees) {
    const changeset = changesets[at];
    at += 1;
    if (changeset === undefined) continue;
    const commit = found.get(commits.get(changeset.node) ?? '');
    const why = differenceOf({ changeset, tree, commit, commits });
    if (why !== undefined) differences.push({ changeset: changeset.node, why });
  }
  return differences;
}

type Commit = { readonly tree: string; readonly parents: readonly string[] };

/** Reads commits, each a line `<id> <tree> [<parent>…]`; one that is not there is not in the answer. */
async function readCommits({ git }: Site, ids: readonly string[]): Promise<ReadonlyMap<string, Commit>> {
  const present = await git.text(['cat-file', '--batch-check=%(objectname) %(objecttype)'], {
    input: `${ids.join('\n')}\n`,
  });
  const there = present.split('\n').flatMap((line) => /^(\S+) commit$/.exec(line)?.[1] ?? []);
  if (there.length === 0) return new Map();
  const args = ['log', '--no-walk=unsorted', '--format=%H %T %P', '--stdin'];
  const text = await git.text(args, { input: `${there.join('\n')}\n` });
  return new Map(
    text.split('\n').map((line) => {
      const [id = '', tree = '', ...parents] = line.trim().split(' ');
      return [id, { tree, parents }] as const;
    }),
  );
}

function differenceOf(one: {
  readonly changeset: Changeset;
  readonly tree: string;
  readonly commit: Commit | undefined;
  readonly commits: CommitMap;
}): string | undefined {
  const { changeset, tree, commit, commits } = one;
  if (commit === undefined) return 'it has no commit';
  if (commit.tree !== tree) return `the files differ: tree ${commit.tree} instead of ${tree}`;
  const parents = changeset.parents.map((parent) => commits.get(parent));
  return parents.join() === commit.parents.join() ? undefined : 'the parents differ';
}

/**
 * Returns the id of the tree that a commit of a changeset must have. The manifest's template gives
 *
 *     <id of the file's version> NUL <'*' executable, '@' link, or nothing> NUL <path> NUL
 */
async function expectedTree(hg: Hg, { node }: Changeset, blobs: Blobs): Promise<string> {
  const output = await hg.output(['manifest', '-r', node, '-T', '{hash}\\0{type}\\0{path}\\0']);
  const words = splitPaths(output);
  const files: { readonly path: string; readonly mode: GitMode; readonly key: string }[] = [];
  for (let at = 0; at + 2 < words.length; at += 3) {
    const [hash = '', type = '', path = ''] = words.slice(at, at + 3);
    const mode = type === '*' ? '100755' : type === '@' ? '120000' : '100644';
    if (!isForbiddenName(path)) files.push({ path, mode, key: `${hash} ${path}` });
  }
  const unknown = files.filter(({ key }) => !blobs.has(key));
  const keys = new Map(unknown.map(({ path, key }) => [path, key]));
  const paths = unknown.map(({ path }) => asRelative(path));
  for await (const piece of readContents(hg, node, await readFacts(hg, node, paths))) {
    for (const [path, data] of piece) blobs.set(keys.get(path) ?? path, hashBlob(data, 'sha1'));
  }
  return treeId(files.map(({ path, mode, key }) => ({ path, mode, id: blobs.get(key) ?? '' })));
}
