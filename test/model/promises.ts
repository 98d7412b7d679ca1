import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RepoReport } from '../../src/model/report.js';
import { lstatIfPresent } from '../../src/system/files.js';
import { decodePath } from '../../src/system/path-bytes.js';
import { type Busy, busyWith } from './git-ops.js';
import { ask, type Replica, run } from './model-world.js';
import { broken, type Play } from './play.js';
import { filesAt, tokensIn } from './tokens.js';

/** A look that changes nothing, not even what git remembers of its last look. */
const LOOK = ['--no-optional-locks', 'status', '--porcelain', '-z', '--no-renames'] as const;

/** What a run must leave alone, as it stood before. */
export type Before = {
  readonly busy: Busy;
  /** Everything of his that a person in the middle of something has. */
  readonly all: string;
  /** What he has staged that differs from its file; empty when there is no such thing. */
  readonly composing: string;
};

/** Looks at a machine before a run that nobody disturbs. */
export async function lookBefore(replica: Replica): Promise<Before> {
  const busy = busyWith(replica);
  // Where a run was killed between the index and the branch, what looks staged may be what it had committed.
  const wasKilled = existsSync(join(replica.top, '.git', 'autosync', 'move.json'));
  const composing = wasKilled ? '' : await stagedOtherwise(replica);
  return { busy, all: busy === undefined ? '' : await wholeState(replica), composing };
}

/** Holds a run that nobody disturbed to P6 (the person comes first) and P7 (truth). */
export async function expectUndisturbed(
  play: Play,
  replica: Replica,
  { before, report }: { readonly before: Before; readonly report: RepoReport },
): Promise<void> {
  const { name } = replica;
  if (before.busy !== undefined) {
    if (report.verdict !== 'blocked') broken('P6', `${name} is in a ${before.busy}, yet the run was ${report.verdict}`);
    if ((await wholeState(replica)) !== before.all) broken('P6', `a run changed something in ${name}'s ${before.busy}`);
  } else if (before.composing !== '' && (await stagedOtherwise(replica)) !== before.composing) {
    broken('P6', `a run changed what ${name} had staged`);
  }
  if (report.verdict === 'synced') await expectSynced(play, replica, report);
}

/** Returns what is staged where something staged differs from its file. */
async function stagedOtherwise({ top }: Replica): Promise<string> {
  const entries = (await ask(top, ...LOOK, '--untracked-files=no')).split('\0');
  const differs = entries.some((entry) => /^[MADT][MDT] /.test(entry));
  return differs ? await ask(top, 'diff', '--cached', '--raw', '-z', '--no-renames') : '';
}

async function expectSynced({ world, tokens }: Play, replica: Replica, report: RepoReport): Promise<void> {
  const { top, name } = replica;
  const leftOut = new Set(report.quarantined.map(({ path }) => path.replace(/\/$/, '')));
  const status = await readStatus(replica);
  const unsaid = status.changed.filter((path) => !leftOut.has(path));
  if (unsaid.length > 0) broken('P7', `${name} is called synced, but ${JSON.stringify(unsaid)} is not committed`);
  const [own, hub] = [await ask(top, 'rev-parse', 'HEAD'), await ask(world.hub, 'rev-parse', 'main')];
  if (own !== hub) broken('P7', `${name} is called synced, but stands on ${own}, the hub on ${hub}`);
  for (const [path, bytes] of filesAt(top)) {
    if (!isIgnored(path, status.ignored) && !leftOut.has(path)) tokens.promised(tokensIn(bytes));
  }
}

/** What git says of a working tree: paths that are not as committed, and ignored ones, a folder with a slash. */
type Status = { readonly changed: readonly string[]; readonly ignored: readonly string[] };

async function readStatus({ top }: Replica): Promise<Status> {
  const answer = await ask(top, ...LOOK, '--untracked-files=all', '--ignored=traditional');
  const entries = answer.split('\0').filter((entry) => entry !== '');
  const pathOf = (entry: string): string => decodePath(Buffer.from(entry.slice(3), 'latin1'));
  return {
    changed: entries.filter((entry) => !entry.startsWith('!!')).map(pathOf),
    ignored: entries.filter((entry) => entry.startsWith('!!')).map(pathOf),
  };
}

const isIgnored = (path: string, ignored: readonly string[]): boolean =>
  ignored.some((each) => path === each || (each.endsWith('/') && path.startsWith(each)));

/** Returns what tells one state of a repository and its files from another, but for what is autosync's own. */
export async function wholeState(replica: Replica): Promise<string> {
  const sum = createHash('sha256');
  const names = ['HEAD', 'index', 'MERGE_HEAD', 'ORIG_HEAD', 'rebase-merge/done', 'rebase-merge/git-rebase-todo'];
  for (const name of names) sum.update(readIfThere(join(replica.top, '.git', name)));
  sum.update(await ask(replica.top, 'for-each-ref', 'refs/heads', 'refs/tags', 'refs/stash'));
  for (const [path, bytes] of filesAt(replica.top)) sum.update(`${path}\0${bytes.length}\0`).update(bytes);
  return sum.digest('hex');
}

const readIfThere = (file: string): Buffer => (existsSync(file) ? readFileSync(file) : Buffer.alloc(0));

/** What a machine shows of the common tree: every file that is not ignored, with what makes it executable. */
export type Shown = { readonly files: ReadonlyMap<string, Buffer>; readonly ignored: ReadonlyMap<string, Buffer> };

/** Reads what a machine shows, and demands that git finds it clean. */
export async function showOf(replica: Replica): Promise<Shown> {
  const { changed, ignored } = await readStatus(replica);
  if (changed.length > 0) broken('P3', `${replica.name} is not clean: ${JSON.stringify(changed)}`);
  const shown = { files: new Map<string, Buffer>(), ignored: new Map<string, Buffer>() };
  for (const [path, bytes] of filesAt(replica.top)) {
    if (isIgnored(path, ignored)) shown.ignored.set(path, bytes);
    else shown.files.set(path, Buffer.concat([bytes, Buffer.from(executableMark(replica.top, path))]));
  }
  return shown;
}

const executableMark = (top: string, path: string): string => {
  const stats = lstatIfPresent(join(top, path));
  return stats?.isFile() === true && (stats.mode & 0o100) !== 0 ? '(executable)' : '';
};

/** P4: every move of every branch of the hub was to a commit that continues the one before. */
export async function expectHubOnlyMovedForward(hub: string): Promise<void> {
  const parents = await readParents(hub);
  const branches = (await ask(hub, 'for-each-ref', '--format=%(refname) %(objectname)', 'refs/heads')).split('\n');
  for (const branch of branches) {
    const [ref = '', tip] = branch.split(' ');
    const moves = readFileSync(join(hub, 'logs', ref), 'utf8')
      .split('\n')
      .slice(0, -1);
    let stood = '0'.repeat(40);
    let stoodBefore = stood;
    for (const move of moves) {
      const [from = '', to = ''] = move.split(' ');
      // Git writes its log first: killed before it moved the branch, it has logged a move that never was.
      if (from !== stood && from !== stoodBefore)
        broken('P4', `'${ref}' on the hub stood on ${stood}, then moved from ${from}`);
      if (!/^0+$/.test(from) && !isAncestor(parents, from, to))
        broken('P4', `'${ref}' went from ${from} back to ${to}`);
      [stoodBefore, stood] = [from, to];
    }
    if (stood !== tip) broken('P4', `'${ref}' on the hub stands on ${tip}, its log ends on ${stood}`);
  }
}

async function readParents(repository: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const text = await ask(repository, 'rev-list', '--parents', '--all');
  return new Map(text.split('\n').map((line) => [line.slice(0, 40), line.split(' ').slice(1)] as const));
}

function isAncestor(parents: ReadonlyMap<string, readonly string[]>, old: string, young: string): boolean {
  const seen = new Set<string>();
  const open = [young];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (id === old) return true;
    if (seen.has(id)) continue;
    seen.add(id);
    open.push(...(parents.get(id) ?? []));
  }
  return false;
}

/** `git fsck` must find nothing wrong. */
export async function expectSound(folder: string): Promise<void> {
  const { ok, out } = await run(folder, ['fsck', '--no-dangling', '--no-progress', '--connectivity-only']);
  if (!ok || out !== '') broken('P2', `git fsck finds in ${folder}: ${out}`);
}
