import type { AbsolutePath } from '../../model/paths.js';
import {
  copy,
  joinPath,
  listNames,
  lstatIfPresent,
  move,
  readTextIfPresent,
  remove,
  writeAtomically,
} from '../../system/files.js';
import { splitPaths } from '../../system/path-bytes.js';
import { restoreIndexFlags } from './index-flags.js';
import { copyIndex, type PrivateIndex, readEntries } from './private-index.js';
import type { Repository } from './repository.js';
import { outsideSparseCheckout } from './sparse-checkout.js';

/** What git says when an object, which a power cut left empty or half written, is in its way. */
const OBJECT_DAMAGE =
  /object file .* is empty|loose object .* is corrupt|unable to (read|unpack) .*|bad (tree |blob )?object|missing blob|invalid object/i;

/** What git says when it cannot read the index. */
const INDEX_DAMAGE = /index file (corrupt|smaller than expected)|bad (index file|signature)|index uses .* extension/i;

/** Tells whether a failure's words speak of an object of ours that is damaged. */
export const isObjectDamage = (words: string): boolean => OBJECT_DAMAGE.test(words.replaceAll(/^remote:.*$/gm, ''));

/** Mends what a failure's words say is damaged, as a power cut leaves it; says what was done. */
export async function mend(repository: Repository, words: string): Promise<readonly string[]> {
  if (INDEX_DAMAGE.test(words)) return await mendIndex(repository);
  return isObjectDamage(words) ? await mendObjects(repository) : [];
}

/**
 * Restores a branch whose ref is empty, or NULs: git would call the branch unborn, and the next commit would begin a
 * second history.
 */
export function healBranch(repository: Repository): readonly string[] {
  const damaged = damagedBranch(repository);
  const last = damaged === undefined ? undefined : idsInReflog(repository, damaged.ref).at(-1);
  if (damaged === undefined || last === undefined) return [];
  writeAtomically(damaged.file, `${last}\n`, 0o644);
  return [`restored '${damaged.ref}', which was empty, from its log`];
}

/** Returns the branch that HEAD names, if its ref is a file that holds no commit's id. */
export function damagedBranch(
  repository: Pick<Repository, 'gitDir' | 'commonDir'>,
): { readonly ref: string; readonly file: AbsolutePath } | undefined {
  const head = readTextIfPresent(joinPath(repository.gitDir, 'HEAD')) ?? '';
  const ref = /^ref: (refs\/heads\/.+)\n?$/.exec(head)?.[1];
  if (ref === undefined) return undefined;
  const file = joinPath(repository.commonDir, ref);
  const text = readTextIfPresent(file);
  return text === undefined || /^([0-9a-f]{40,64}|ref: )/.test(text) ? undefined : { ref, file };
}

/** Reads a ref's log, whose lines are `<old> SP <new> SP <who> TAB <message>`, oldest first; the last may be torn. */
function idsInReflog(repository: Repository, ref: string): readonly string[] {
  const text = readTextIfPresent(joinPath(repository.commonDir, 'logs', ref)) ?? '';
  return [...text.matchAll(/^[0-9a-f]{40,64} ([0-9a-f]{40,64}) [^\n]*$/gm)].map(([, id]) => id ?? '');
}

/** Makes an index that git cannot read anew from the last commit: the files themselves say the rest. */
async function mendIndex(repository: Repository): Promise<readonly string[]> {
  const index = (await hasCommit(repository, 'HEAD')) ? await indexOfHead(repository) : undefined;
  copy(repository.indexFile, joinPath(repository.privateFolder, 'damaged-index'));
  if (index === undefined) remove(repository.indexFile);
  else move(index.file, repository.indexFile);
  return ['made the index anew, which was damaged; what had been staged is in the files'];
}

/** Makes an index of the last commit; what a sparse checkout leaves out is not gone, and must not be committed as removed. */
async function indexOfHead(repository: Repository): Promise<PrivateIndex> {
  const index = copyIndex(repository);
  remove(index.file);
  await repository.git.output(['read-tree', 'HEAD'], { env: { GIT_INDEX_FILE: index.file } });
  const entries = await readEntries(repository, index);
  const absent = entries.filter(({ path }) => lstatIfPresent(joinPath(repository.top, path)) === undefined);
  const flags = { skipWorktree: await outsideSparseCheckout(repository, absent), assumeUnchanged: new Set<string>() };
  await restoreIndexFlags(repository, index, { flags, paths: absent.map(({ path }) => path) });
  return index;
}

/**
 * Takes empty objects out of the store, since git would refuse to write them again, and makes them anew: files from
 * the working tree, folders from the index; a lost commit is taken back, and the next snapshot makes it again.
 */
async function mendObjects(repository: Repository): Promise<readonly string[]> {
  const lost = removeEmptyObjects(repository);
  if (lost.size === 0) return [];
  const listed = await repository.git.output(['ls-files', '--stage', '-z']);
  for (const record of splitPaths(listed)) {
    // `<mode> SP <id> SP <stage> TAB <path>`
    const tab = record.indexOf('\t');
    const [, id = ''] = record.slice(0, tab).split(' ');
    if (lost.has(id)) await repository.git.run(['hash-object', '-w', '--', record.slice(tab + 1)]);
  }
  await writeTreesAnew(repository, listed);
  const done = [`made ${lost.size} empty objects anew`];
  if (await hasCommit(repository, 'HEAD')) return done;
  return [...done, ...(await goBack(repository))];
}

/** Writes every folder's tree from a list of the index; git itself would trust its memory that they are there. */
async function writeTreesAnew(repository: Repository, listed: Buffer): Promise<void> {
  const env = { GIT_INDEX_FILE: copyIndex(repository).file };
  await repository.git.output(['read-tree', '--empty'], { env });
  await repository.git.output(['update-index', '-z', '--index-info'], { env, input: listed });
  await repository.git.run(['write-tree'], { env });
}

/** Puts the branch back on the newest commit of its log that is still whole. */
async function goBack(repository: Repository): Promise<readonly string[]> {
  const ref = (await repository.git.text(['symbolic-ref', '-q', 'HEAD'])).trim();
  for (const id of [...idsInReflog(repository, ref)].reverse()) {
    if (!(await hasCommit(repository, id))) continue;
    writeAtomically(joinPath(repository.commonDir, ref), `${id}\n`, 0o644);
    // The log still names the lost commit, and fsck would go on complaining.
    await repository.git.run([
      'reflog',
      'expire',
      '--expire=never',
      '--expire-unreachable=never',
      '--stale-fix',
      '--all',
    ]);
    return [`put '${ref}' back on '${id}', the newest commit that is whole`];
  }
  return [];
}

const hasCommit = async (repository: Repository, id: string): Promise<boolean> =>
  (await repository.git.run(['rev-parse', '--verify', '--quiet', `${id}^{tree}`])).exitCode === 0;

/** Removes loose objects of no bytes and returns their ids. */
function removeEmptyObjects(repository: Pick<Repository, 'commonDir'>): ReadonlySet<string> {
  const objects = joinPath(repository.commonDir, 'objects');
  const removed = new Set<string>();
  for (const folder of listNames(objects)) {
    if (!/^[0-9a-f]{2}$/.test(folder)) continue;
    for (const name of listNames(joinPath(objects, folder))) {
      const path = joinPath(objects, folder, name);
      if (lstatIfPresent(path)?.size !== 0) continue;
      remove(path);
      removed.add(`${folder}${name}`);
    }
  }
  return removed;
}
