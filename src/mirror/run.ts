import type { LeftOutFile, Verification } from '../model/mirror.js';
import { exists, isFolder, joinPath, listNames, remove } from '../system/files.js';
import { gitIn } from '../vcs/git/command.js';
import type { Hg } from '../vcs/hg/command.js';
import { readAuthorMap } from './author.js';
import { allChangesets } from './changesets.js';
import { dropCommitMap, readCommitMap } from './commit-map.js';
import { type Listed, listDestination } from './destination.js';
import { exportChangesets } from './export.js';
import { SCRATCH_REF } from './fast-import.js';
import { planRefs, type RefPlan, readRefRequest } from './plan-refs.js';
import { type Published, publish } from './push.js';
import { hgOf, makeWhole, type Site } from './site.js';
import { exportByHgGit, makeClone, type Pulled, pull } from './source.js';
import { verify } from './verify.js';

/** What one run came to, before it is put into words. */
export type MirrorRun = {
  readonly pulled: Pulled;
  readonly published: Published;
  readonly exported: number;
  readonly changesets: number;
  /** How many changesets the git side does not have; undefined when it could not be looked at. */
  readonly lag: number | undefined;
  readonly leftOut: readonly LeftOutFile[];
  readonly verified: Verification | null;
};

/** Two read while git writes: more would only wait for each other. */
const READERS = 2;
const FEW = 50;

/** More packs than this are made one: each run adds one. */
const MANY_PACKS = 50;

/**
 * Runs a mirror, whose lock the caller holds: pull → export → refs → push → verify. Each step leaves what the next run
 * can go on from, so that it does not matter where one is killed.
 */
export async function runMirror(site: Site, options: { readonly verify: boolean }): Promise<MirrorRun> {
  await makeClone(site);
  await makeRepository(site);
  if (site.mirror.backend === 'export') clearAway(site);
  const readers = Array.from({ length: READERS }, () => hgOf(site));
  try {
    const [hg] = readers;
    if (hg === undefined) throw new Error('there is nobody to read the history');
    return await runWith(site, { hg, readers, verify: options.verify });
  } finally {
    for (const reader of readers) reader.end();
  }
}

type Tools = { readonly hg: Hg; readonly readers: readonly Hg[]; readonly verify: boolean };

async function runWith(site: Site, { hg, readers, ...options }: Tools): Promise<MirrorRun> {
  const pulled = await pull(site, hg);
  const nodes = await allChangesets(hg);
  const { commits, exported, leftOut } = await exportAll(site, { hg, readers, nodes });
  const listed = await listDestination(site);
  const plan = await planFor(site, { hg, nodes, commits, listed });
  if (site.mirror.backend === 'export') await keepReachable(site, plan, commits);
  // What a strip has taken from Mercurial stands in git still; of hg-git's map nobody knows that git has all of it.
  const known = site.mirror.backend === 'export' ? [...commits.keys()] : nodes;
  const ours = new Set(known.flatMap((node) => commits.get(node) ?? []));
  const published =
    listed.kind === 'listed'
      ? await publish(site, {
          wanted: onCommits({ plan, commits, ours, present: listed.refs }),
          commits: ours,
          present: listed.refs,
        })
      : listed;
  const lag =
    published.kind === 'published' ? await lagOf(site, { nodes, commits, standing: published.standing }) : undefined;
  const verified = options.verify ? await verify({ site, readers, nodes, commits }) : null;
  return { pulled, published, exported, changesets: nodes.length, lag, leftOut, verified };
}

type Planning = {
  readonly hg: Hg;
  readonly nodes: readonly string[];
  readonly commits: ReadonlyMap<string, string>;
  readonly listed: Listed;
};

async function planFor({ mirror }: Site, { hg, nodes, commits, listed }: Planning): Promise<RefPlan> {
  const present = listed.kind === 'listed' ? listed.refs : new Map<string, string>();
  // The map also names what a strip has taken from Mercurial.
  const nodeOf = new Map(
    nodes.flatMap((node) => {
      const id = commits.get(node);
      return id === undefined ? [] : [[id, node] as const];
    }),
  );
  const standing = (ref: string): string | undefined => nodeOf.get(present.get(ref) ?? '');
  return planRefs(await readRefRequest({ hg, defaultBranch: mirror.defaultBranch, standing }));
}

async function makeRepository({ mirror, folder, gitDir, mapFile }: Site): Promise<void> {
  if (mirror.backend === 'hggit' || isFolder(gitDir)) return;
  // Without its commits the map says nothing; everything is made again, and comes out the same.
  if (exists(mapFile)) dropCommitMap(mapFile);
  await makeWhole(gitDir, async (beside) => {
    await gitIn(folder).output(['init', '--quiet', '--bare', '--template=', '--object-format=sha1', '--', beside]);
  });
}

/** Removes what a killed git has left: its locks, which nobody else holds, and packs that it had begun; a pack made again has the same name. */
function clearAway({ gitDir }: Site): void {
  const folders = ['', 'refs/autosync', 'refs/autosync/heads', 'objects/pack'];
  for (const folder of folders.map((name) => joinPath(gitDir, name))) {
    for (const name of listNames(folder)) {
      if (/\.(lock|keep)$|^tmp_|^fast_import_crash_/.test(name)) remove(joinPath(folder, name));
    }
  }
}

type History = { readonly hg: Hg; readonly readers: readonly Hg[]; readonly nodes: readonly string[] };
type Exported = Pick<MirrorRun, 'exported' | 'leftOut'> & { readonly commits: Map<string, string> };

async function exportAll(site: Site, { hg, readers, nodes }: History): Promise<Exported> {
  if (site.mirror.backend === 'hggit') {
    const before = readHgGitMap(site).size;
    await exportByHgGit(site, hg);
    const commits = readHgGitMap(site);
    return { commits, exported: commits.size - before, leftOut: [] };
  }
  const commits = await trustedMap(site);
  const missing = nodes.filter((node) => !commits.has(node));
  if (missing.length === 0) return { commits, exported: 0, leftOut: [] };
  const authors = readAuthorMap(site.mirror.authors);
  // Starting a second hg takes longer than it saves.
  const enough = missing.length < FEW ? readers.slice(0, 1) : readers;
  const leftOut = await exportChangesets({ site, readers: enough, missing, commits, authors });
  return { commits, exported: missing.length, leftOut };
}

/** Reads hg-git's map, whose lines have the commit first. */
function readHgGitMap({ mapFile }: Site): Map<string, string> {
  return new Map([...readCommitMap(mapFile)].map(([commit, node]) => [node, commit]));
}

/** Returns the map, unless commits that it names are gone: then everything is made again, and comes out the same. */
async function trustedMap({ git, mapFile }: Site): Promise<Map<string, string>> {
  const map = readCommitMap(mapFile);
  if (map.size === 0) return map;
  const input = `${[...map.values()].join('\n')}\n`;
  const answer = await git.text(['cat-file', '--batch-check=%(objecttype)'], { input });
  if (answer.split('\n').every((line) => line === 'commit')) return map;
  dropCommitMap(mapFile);
  return new Map();
}

type Planned = {
  readonly plan: RefPlan;
  readonly commits: ReadonlyMap<string, string>;
  readonly ours: ReadonlySet<string>;
  readonly present: ReadonlyMap<string, string>;
};

/** Names commits for changesets. What was committed while the run was under way has none yet: its ref stays where it is. */
const onCommits = ({ plan, commits, ours, present }: Planned): RefPlan =>
  new Map(
    [...plan].flatMap(([ref, node]) => {
      const standing = present.get(ref);
      const id = commits.get(node) ?? (standing !== undefined && ours.has(standing) ? standing : undefined);
      return id === undefined ? [] : [[ref, id] as const];
    }),
  );

/** Keeps every commit reachable by a ref of our own, so that housekeeping cannot take it, and keeps packs few. */
async function keepReachable(site: Site, plan: RefPlan, commits: ReadonlyMap<string, string>): Promise<void> {
  const { git, gitDir } = site;
  const heads = new Set(plan.values());
  const lines = [...heads].flatMap((node) => {
    const id = commits.get(node);
    return id === undefined ? [] : [`update refs/autosync/heads/${node} ${id}\n`];
  });
  await git.output(['update-ref', '--stdin'], { input: `delete ${SCRATCH_REF}\n${lines.join('')}` });
  const packs = listNames(joinPath(gitDir, 'objects', 'pack')).filter((name) => name.endsWith('.pack'));
  // Nothing is thrown away: what a strip took from Mercurial may come back, and the map still names it.
  if (packs.length > MANY_PACKS) await git.output(['repack', '-a', '-d', '-k', '--quiet']);
}

type LagRequest = {
  readonly nodes: readonly string[];
  readonly commits: ReadonlyMap<string, string>;
  readonly standing: readonly string[];
};

/** Counts the changesets whose commits no ref of the destination leads to. */
async function lagOf({ git }: Site, { nodes, commits, standing }: LagRequest): Promise<number> {
  if (standing.length === 0) return nodes.length;
  const there = new Set((await git.text(['rev-list', '--stdin'], { input: `${standing.join('\n')}\n` })).split('\n'));
  return nodes.filter((node) => !there.has(commits.get(node) ?? '')).length;
}
