import type { Hg } from '../vcs/hg/command.js';
import { type NameGiver, nameGiver } from './ref-names.js';

/** Which ref shall stand on which changeset, or on which commit. */
export type RefPlan = ReadonlyMap<string, string>;

/** A branch head of Mercurial's: the tip of a named branch or another head of it, open or closed. */
export type BranchHead = {
  readonly node: string;
  readonly rev: number;
  readonly branch: string;
  readonly closed: boolean;
  /** Whether nothing at all follows it: then it has to be named, or its commits would be in no branch of git's. */
  readonly isLast: boolean;
};

/** A tag of Mercurial's. */
export type HgTag = { readonly name: string; readonly node: string };

/** What the refs follow from. */
export type RefRequest = {
  readonly heads: readonly BranchHead[];
  readonly tags: readonly HgTag[];
  /** The named branches, the oldest first: what is first keeps its name when a later one wants the same. */
  readonly branches: readonly string[];
  readonly defaultBranch: string;
};

const SHORT = 12;

/**
 * Says which refs git gets. The newest open head of a branch has the branch's name, every other one that name and its
 * id; a closed head, which git knows nothing like, is a tag `closed/…`. Names do not depend on what comes later.
 */
export function planRefs({ heads, tags, branches, defaultBranch }: RefRequest): RefPlan {
  const plan = new Map<string, string>();
  const branchName = nameGiver();
  const tagName = nameGiver();
  const names = new Map<string, string>();
  for (const branch of branches) names.set(branch, branchName(branch === 'default' ? defaultBranch : branch));
  const newestFirst = heads.toSorted((one, other) => other.rev - one.rev);
  const tips = new Set<string>();
  for (const { node, branch, closed, isLast } of newestFirst) {
    const name = names.get(branch) ?? branch;
    const distinct = `${name}-${node.slice(0, SHORT)}`;
    if (closed) {
      if (isLast) plan.set(`refs/tags/${tagName(`closed/${distinct}`)}`, node);
    } else if (!tips.has(branch)) {
      tips.add(branch);
      plan.set(`refs/heads/${name}`, node);
    } else if (isLast) {
      plan.set(`refs/heads/${branchName(distinct)}`, node);
    }
  }
  addTags(plan, tags, tagName);
  return plan;
}

/** Tags that git can hold as they are come first, so that none of them loses its name to one that it cannot. */
function addTags(plan: Map<string, string>, tags: readonly HgTag[], tagName: NameGiver): void {
  const ordered = tags.toSorted((one, other) => (one.name < other.name ? -1 : 1));
  const plain = ordered.filter(({ name }) => nameGiver()(name) === name);
  for (const { name, node } of [...plain, ...ordered.filter((tag) => !plain.includes(tag))]) {
    plan.set(`refs/tags/${tagName(name)}`, node);
  }
}

/** Reads from a clone what its refs follow from; tags of changesets that the clone does not have are passed over. */
export async function readRefRequest(hg: Hg, defaultBranch: string): Promise<RefRequest> {
  const heads = await readHeads(hg);
  const first = await hg.text(['log', '-r', 'all()', '-T', '{branch}\\0']);
  const branches = [...new Set(first.split('\0').slice(0, -1))];
  const tags = await hg.text(['tags', '-T', '{tag}\\0{node}\\0{type}\\0']);
  const words = tags.split('\0').slice(0, -1);
  const found: HgTag[] = [];
  for (let at = 0; at + 2 < words.length; at += 3) {
    const [name = '', node = '', type = ''] = words.slice(at, at + 3);
    if (name !== 'tip' && type === '') found.push({ name, node });
  }
  return { heads, tags: found, branches, defaultBranch };
}

async function readHeads(hg: Hg): Promise<readonly BranchHead[]> {
  const fields = '{node}\\0{rev}\\0{branch}\\0{ifcontains(rev, revset("head() and closed()"), "closed")}\\0';
  const text = await hg.text([
    'log',
    '-r',
    'head()',
    '-T',
    `${fields}{ifcontains(rev, revset("heads(all())"), "last")}\\0`,
  ]);
  const words = text.split('\0').slice(0, -1);
  const heads: BranchHead[] = [];
  for (let at = 0; at + 4 < words.length; at += 5) {
    const [node = '', rev = '', branch = '', closed = '', last = ''] = words.slice(at, at + 5);
    heads.push({ node, rev: Number(rev), branch, closed: closed !== '', isLast: last !== '' });
  }
  return heads;
}
