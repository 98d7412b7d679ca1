import type { Hg } from '../vcs/hg/command.js';
import { quoted } from '../vcs/hg/revisions.js';
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
  /** For branches with several heads: the one that goes on from where the branch stands in git. */
  readonly preferred: ReadonlyMap<string, string>;
};

const SHORT = 12;

/**
 * Says which refs git gets. One open head of a branch has the branch's name: the one that is preferred, else the newest,
 * as in Mercurial. Every other one has that name and its id; a closed head, which git knows nothing like, is a tag
 * `closed/…`.
 */
export function planRefs(request: RefRequest): RefPlan {
  const plan = new Map<string, string>();
  const { names, give } = branchNames(request);
  const tagName = nameGiver();
  const named = namedHeads(request);
  for (const { node, branch, closed, isLast } of newestFirst(request.heads)) {
    const name = names.get(branch) ?? branch;
    const distinct = `${name}-${node.slice(0, SHORT)}`;
    if (closed) {
      if (isLast) plan.set(`refs/tags/${tagName(`closed/${distinct}`)}`, node);
    } else if (named.get(branch) === node) {
      plan.set(`refs/heads/${name}`, node);
    } else if (isLast) {
      plan.set(`refs/heads/${give(distinct)}`, node);
    }
  }
  addTags(plan, request.tags, tagName);
  return plan;
}

type Naming = { readonly names: ReadonlyMap<string, string>; readonly give: NameGiver };

function branchNames({ branches, defaultBranch }: Pick<RefRequest, 'branches' | 'defaultBranch'>): Naming {
  const give = nameGiver();
  const names = new Map<string, string>();
  for (const branch of branches) names.set(branch, give(branch === 'default' ? defaultBranch : branch));
  return { names, give };
}

const newestFirst = (heads: readonly BranchHead[]): readonly BranchHead[] =>
  heads.toSorted((one, other) => other.rev - one.rev);

function namedHeads({ heads, preferred }: RefRequest): ReadonlyMap<string, string> {
  const named = new Map(preferred);
  for (const { branch, closed, node } of newestFirst(heads)) {
    if (!closed && !named.has(branch)) named.set(branch, node);
  }
  return named;
}

/** Tags that git can hold as they are come first, so that none of them loses its name to one that it cannot. */
function addTags(plan: Map<string, string>, tags: readonly HgTag[], tagName: NameGiver): void {
  const ordered = tags.toSorted((one, other) => (one.name < other.name ? -1 : 1));
  const plain = ordered.filter(({ name }) => nameGiver()(name) === name);
  for (const { name, node } of [...plain, ...ordered.filter((tag) => !plain.includes(tag))]) {
    plan.set(`refs/tags/${tagName(name)}`, node);
  }
}

/** Where a clone's refs come from: it, the git name of `default`, and which changeset a branch of git's stands on. */
export type RefSource = {
  readonly hg: Hg;
  readonly defaultBranch: string;
  readonly standing: (ref: string) => string | undefined;
};

/** Reads from a clone what its refs follow from; its tags `tip` and those that are local are none. */
export async function readRefRequest({ hg, defaultBranch, standing }: RefSource): Promise<RefRequest> {
  const named = await hg.text(['log', '-r', 'sort(not secret(), rev)', '-T', '{branch}\\0']);
  const branches = [...new Set(named.split('\0').slice(0, -1))];
  const secret = new Set((await hg.text(['log', '-r', 'secret()', '-T', '{node}\\n'])).split('\n').filter(Boolean));
  const heads = await readHeads(hg, secret.size === 0 ? 'head()' : sharedHeads(branches));
  const { names } = branchNames({ branches, defaultBranch });
  const preferred = new Map<string, string>();
  for (const branch of branches) {
    const open = heads.filter((head) => head.branch === branch && !head.closed).map(({ node }) => node);
    const from = standing(`refs/heads/${names.get(branch)}`);
    if (open.length < 2 || from === undefined) continue;
    const following = `sort((${open.join('+')}) and descendants(${from}), -rev)`;
    const [first] = (await hg.text(['log', '-r', following, '-T', '{node}\\n'])).split('\n');
    if (first !== undefined && first !== '') preferred.set(branch, first);
  }
  const tags = (await readTags(hg)).filter(({ node }) => !secret.has(node));
  return { heads, tags, branches, defaultBranch, preferred };
}

/** Selects the heads of each branch where some changesets are secret: no server would send those, and hg-git would. */
const sharedHeads = (branches: readonly string[]): string =>
  ['none()', ...branches.map((branch) => `heads(branch(${quoted(`literal:${branch}`)}) and not secret())`)].join('+');

async function readTags(hg: Hg): Promise<readonly HgTag[]> {
  const text = await hg.text(['tags', '-T', '{tag}\\0{node}\\0{type}\\0']);
  const words = text.split('\0').slice(0, -1);
  const tags: HgTag[] = [];
  for (let at = 0; at + 2 < words.length; at += 3) {
    const [name = '', node = '', type = ''] = words.slice(at, at + 3);
    if (name !== 'tip' && type === '') tags.push({ name, node });
  }
  return tags;
}

async function readHeads(hg: Hg, which: string): Promise<readonly BranchHead[]> {
  const fields = '{node}\\0{rev}\\0{branch}\\0{ifcontains(rev, revset("closed()"), "closed")}\\0';
  const text = await hg.text([
    'log',
    '-r',
    which,
    '-T',
    `${fields}{ifcontains(rev, revset("heads(not secret())"), "last")}\\0`,
  ]);
  const words = text.split('\0').slice(0, -1);
  const heads: BranchHead[] = [];
  for (let at = 0; at + 4 < words.length; at += 5) {
    const [node = '', rev = '', branch = '', closed = '', last = ''] = words.slice(at, at + 5);
    heads.push({ node, rev: Number(rev), branch, closed: closed !== '', isLast: last !== '' });
  }
  return heads;
}
