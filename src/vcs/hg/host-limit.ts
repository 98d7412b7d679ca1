import { asRelative, type RelativePath } from '../../model/paths.js';
import { splitPaths } from '../../system/path-bytes.js';
import { refusedFiles, rememberRefused, type UnsentFile } from '../host-limit.js';
import { MACHINE_TRAILER } from '../vcs.js';
import { changesOf } from './changes.js';
import { exactly, hgFailure } from './command.js';
import { changedPaths, differences } from './difference.js';
import { missingThere } from './hub.js';
import { author } from './identity.js';
import { cleanShare, inMergeShare, type MergeShare } from './merge-share.js';
import { moveParent } from './move-parent.js';
import { NO_CHANGESET, type Repository } from './repository.js';
import { changesetsOf, readPosition } from './revisions.js';
import { parseStatus, STATUS_ARGUMENTS } from './status-parser.js';
import { announceUnplaced, forsake } from './unplaced.js';
import type { Upstream } from './upstream.js';
import { withWorkingTreeLock } from './working-tree-lock.js';

/** A push that the hub refused for a file's size. */
export type Refusal = {
  readonly branch: string;
  readonly head: string;
  readonly upstream: Upstream;
  /** The hub's words, which often name the file. */
  readonly words: string;
};

/**
 * Makes the unsent snapshots anew, as one, without the files that the hub refuses, so that they do not hold up everything
 * else for ever. Only what hg takes the working tree to stand on is moved: the files stay as they are, and the old
 * snapshots stay in the history, secret, so that they are sent nowhere. What a person committed himself is never
 * rewritten: then nothing is done. Returns the new changeset.
 */
export async function rebuildWithoutLargeFiles(repository: Repository, refusal: Refusal): Promise<string | undefined> {
  const { head, upstream, words } = refusal;
  const missing = await missingThere(repository, upstream, `--rev=${head}`);
  if (missing.kind === 'unavailable' || missing.ids.length === 0) return undefined;
  const unsent = `(${missing.ids.join('+')})`;
  if (!(await areOwn(repository, unsent))) return undefined;
  const refused = refusedFiles(await unsentFiles(repository, unsent), words);
  const bases = await changesetsOf(repository, `heads(parents(${unsent}) - ${unsent})`);
  if (refused.length === 0 || bases.length > 2) return undefined;
  rememberRefused(repository, refused);
  const paths = refused.map(({ path }) => path);
  try {
    const to = await inMergeShare(repository, (share) => commitWithout(repository, share, { refusal, bases, paths }));
    return (await standOn(repository, refusal, to, paths)) ? to : undefined;
  } finally {
    // Whatever became of it: it has its place, or it goes.
    await forsake(repository);
  }
}

/** What hg notes with a changeset that a person's command has made of another one. */
const MADE_BY_HAND = /^(source|.*_source)$/;

/** Tells whether all of some drafts are this tool's own: each names its machine, and nobody has made it anew. */
async function areOwn({ hg }: Repository, unsent: string): Promise<boolean> {
  const template = '{phase}\\0{desc}\\0{join(extras % "{key}", "\\n")}\\0';
  const values = (await hg.text(['log', '-r', unsent, '-T', template])).split('\0');
  for (let at = 0; at + 2 < values.length; at += 3) {
    const [phase, words = '', keys = ''] = values.slice(at);
    if (phase !== 'draft' || !words.split('\n').some((line) => line.startsWith(`${MACHINE_TRAILER}: `))) return false;
    if (keys.split('\n').some((key) => MADE_BY_HAND.test(key))) return false;
  }
  return true;
}

/** Lists the files that some changesets bring, in any of their versions. */
async function unsentFiles(repository: Repository, unsent: string): Promise<readonly UnsentFile[]> {
  const files = new Map<RelativePath, number>();
  for (const id of await changesetsOf(repository, unsent)) {
    const listed = splitPaths(await repository.hg.output(['log', `--rev=${id}`, '-T', '{files % "{file}\\0"}']));
    if (listed.length === 0) continue;
    // `<size in bytes> NUL <path> NUL`; exit code 1: it took all of them away.
    const args = ['files', `--rev=${id}`, '-T', '{size}\\0{path}\\0', '--', ...exactly(listed)];
    const values = splitPaths((await repository.hg.run(args)).stdout);
    for (let at = 0; at + 1 < values.length; at += 2) {
      const path = asRelative(values[at + 1] ?? '');
      files.set(path, Math.max(Number(values[at]), files.get(path) ?? 0));
    }
  }
  return [...files].map(([path, size]) => ({ path, size }));
}

type Without = {
  readonly refusal: Refusal;
  /** What the unsent changesets stand on: none, one, or the two sides of a merge. */
  readonly bases: readonly string[];
  readonly paths: readonly RelativePath[];
};

/** Commits, on what others have, what the unsent changesets hold but for some paths; these stay as they are there. */
async function commitWithout(
  repository: Repository,
  share: MergeShare,
  { refusal: { branch, head }, bases, paths }: Without,
): Promise<string> {
  const [base = NO_CHANGESET, other] = bases;
  await cleanShare(share, base === NO_CHANGESET ? 'null' : base);
  const left = new Set<string>(paths);
  const taken = (await changedPaths(share, base, head)).filter(({ path }) => !left.has(path));
  if (taken.length > 0) {
    await share.hg.output([
      'revert',
      '-q',
      '--no-backup',
      `--rev=${head}`,
      '--',
      ...exactly(taken.map(({ path }) => path)),
    ]);
  }
  const changes = changesOf(parseStatus(await share.hg.output([...STATUS_ARGUMENTS])));
  if (other !== undefined) await share.hg.output(['debugsetparents', base, other]);
  await share.hg.output(['branch', '-q', '--force', '--', branch]);
  const message = repository.messages.snapshot(changes);
  announceUnplaced(repository, { parent: base, message });
  const args = ['commit', '-q', '-u', await author(repository), '-m', message];
  const result = await share.hg.run(args);
  // 1: nothing is left of them.
  if (result.exitCode > 1) throw hgFailure(args, result);
  const to = result.exitCode === 1 ? base : await share.hg.text(['log', '--rev=.', '-T', '{node}']);
  announceUnplaced(repository, { parent: base, message, instead: { old: head, by: to } });
  return to;
}

/** Makes the working tree stand on what was made; false where the same would be sent once more, or somebody was faster. */
async function standOn(
  repository: Repository,
  { branch, head }: Refusal,
  to: string,
  paths: readonly RelativePath[],
): Promise<boolean> {
  const files = await differences(repository, head, to);
  const lost = files.find(({ path }) => !paths.includes(path));
  if (lost !== undefined) throw new Error(`'${to}' is not '${head}' without what is too large: '${lost.path}'`);
  if (files.length === 0) return false;
  const { bookmark } = await readPosition(repository);
  const moved = await withWorkingTreeLock<true | string>(repository, 'is in use', async () =>
    moveParent(repository, { branch, from: head, to, differences: files }),
  );
  if (moved !== true) return false;
  if (bookmark !== '') await repository.hg.run(['bookmark', '-q', '--force', `--rev=${to}`, '--', bookmark]);
  return true;
}
