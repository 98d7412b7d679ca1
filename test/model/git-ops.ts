import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodePath } from '../../src/system/path-bytes.js';
import { performFileOp, somethingAt } from './file-ops.js';
import { ask, type ModelWorld, type Replica, run } from './model-world.js';
import type { GitOp, Path } from './op.js';
import { type Tokens, tokensAt, tokensIn } from './tokens.js';

/** What a person is in the middle of. */
export type Busy = 'merge' | 'rebase' | 'detach' | undefined;

/** Looks what a person is in the middle of. */
export function busyWith({ top }: Pick<Replica, 'top'>): Busy {
  const has = (name: string): boolean => existsSync(join(top, '.git', name));
  if (has('rebase-merge') || has('rebase-apply')) return 'rebase';
  if (has('MERGE_HEAD')) return 'merge';
  return readFileSync(join(top, '.git', 'HEAD'), 'utf8').startsWith('ref: ') ? undefined : 'detach';
}

/** Does what a person does with git; tells whether it applied. */
export async function performGitOp(world: ModelWorld, replica: Replica, op: GitOp, tokens: Tokens): Promise<boolean> {
  const { top } = replica;
  switch (op.kind) {
    case 'commit':
      if (busyWith(replica) !== undefined) return false;
      if (op.what === 'all') await run(top, ['add', '-A']);
      return (await run(top, ['commit', '-q', '-m', 'by hand', ...(op.what === 'note' ? ['--allow-empty'] : [])])).ok;
    case 'stage':
      return await stage(top, somethingAt(top, op.path));
    case 'compose':
      return await compose(replica, op, tokens);
    case 'start':
      return busyWith(replica) === undefined && (await byHisOwnHand(world, replica, tokens, () => start(top, op.what)));
    case 'finish':
      return await byHisOwnHand(world, replica, tokens, () => finish(replica, op.abort));
  }
}

async function compose(
  replica: Replica,
  { path }: Extract<GitOp, { kind: 'compose' }>,
  tokens: Tokens,
): Promise<boolean> {
  const name = somethingAt(replica.top, path);
  const desk = { top: replica.top, tokens };
  const staged = performFileOp(desk, { kind: 'replace', on: 0, path: name as Path, content: 'text' });
  if (!staged || !(await stage(replica.top, name))) return false;
  return performFileOp(desk, { kind: 'edit', on: 0, path: name as Path, line: 0 });
}

async function stage(top: string, path: string): Promise<boolean> {
  const args = ['--literal-pathspecs', 'add', '--pathspec-from-file=-', '--pathspec-file-nul'];
  return (await run(top, args, encodePath(path))).ok;
}

/** Returns what is staged of a file. */
export const stagedAt = async (top: string, path: string): Promise<string> =>
  (await ask(top, 'ls-files', '--stage', '-z'))
    .split('\0')
    .find((entry) => entry.endsWith(`\t${encodePath(path).toString('latin1')}`)) ?? 'nothing';

async function start(top: string, what: 'merge' | 'rebase' | 'detach'): Promise<boolean> {
  switch (what) {
    case 'merge':
      await run(top, ['fetch', '-q', 'origin']);
      await run(top, ['merge', '-q', '--no-ff', '--no-commit', 'origin/main']);
      return busyWith({ top }) === 'merge';
    case 'rebase':
      // Over a merge it would write a new history, and leave out what only the merge holds.
      if ((await run(top, ['rev-parse', '-q', '--verify', 'HEAD^2'])).ok) return false;
      await run(top, ['-c', 'sequence.editor=sed -i s/^pick/edit/', 'rebase', '-q', '-i', 'HEAD~1']);
      return busyWith({ top }) === 'rebase';
    case 'detach':
      return (await run(top, ['checkout', '-q', '--detach'])).ok;
  }
}

async function finish(replica: Replica, abort: boolean): Promise<boolean> {
  const { top } = replica;
  switch (busyWith(replica)) {
    case 'merge': {
      const unmerged = await ask(top, 'ls-files', '-u');
      if (!abort && unmerged === '' && (await run(top, ['commit', '-q', '--no-edit'])).ok) return true;
      return (await run(top, ['merge', '--abort'])).ok || (await run(top, ['reset', '-q', '--hard'])).ok;
    }
    case 'rebase':
      if (!abort) await run(top, ['-c', 'core.editor=true', 'rebase', '--continue']);
      if (busyWith(replica) !== 'rebase') return true;
      return (await run(top, ['rebase', '--abort'])).ok || (await giveUpRebase(top));
    case 'detach':
      return (await run(top, ['checkout', '-q', 'main'])).ok || (await run(top, ['checkout', '-q', '-f', 'main'])).ok;
    case undefined:
      return (await run(top, ['diff', '--cached', '--quiet'])).ok ? false : (await run(top, ['reset', '-q'])).ok;
  }
}

async function giveUpRebase(top: string): Promise<boolean> {
  await run(top, ['reset', '-q', '--hard']);
  return (await run(top, ['rebase', '--abort'])).ok;
}

/**
 * What git took off the disk when a person told it to is his own doing, unless it is still in a commit that he or the
 * hub stands on.
 */
async function byHisOwnHand(
  world: ModelWorld,
  replica: Replica,
  tokens: Tokens,
  act: () => Promise<boolean>,
): Promise<boolean> {
  const before = tokensAt(replica.top, '');
  const applied = await act();
  const after = new Set(tokensAt(replica.top, ''));
  const missing = before.filter((token) => !after.has(token));
  if (missing.length === 0) return applied;
  const hub = existsSync(world.hub) ? world.hub : world.away;
  const kept = new Set([...(await tokensInTree(replica.top, 'HEAD')), ...(await tokensInTree(hub, 'main'))]);
  tokens.overwritten(missing.filter((token) => !kept.has(token)));
  return applied;
}

/** Returns the tokens in the files of a commit. */
async function tokensInTree(repository: string, commit: string): Promise<readonly string[]> {
  const list = await ask(repository, 'ls-tree', '-r', '-z', '--format=%(objectname)', commit);
  return await tokensInObjects(repository, list.replaceAll('\0', '\n'));
}

/** Returns the tokens in every file that any ref of a repository holds, or ever held. */
export async function tokensInHistory(repository: string): Promise<readonly string[]> {
  const objects = await ask(repository, 'rev-list', '--objects', '--no-object-names', '--all');
  return await tokensInObjects(repository, objects);
}

async function tokensInObjects(repository: string, ids: string): Promise<readonly string[]> {
  return tokensIn((await run(repository, ['cat-file', '--batch'], Buffer.from(`${ids}\n`))).out);
}
