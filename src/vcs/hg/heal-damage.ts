import type { Blocked } from '../../model/outcome.js';
import type { AbsolutePath } from '../../model/paths.js';
import { joinPath, lstatIfPresent, move, readPiece, readTextIfPresent, writeAtomically } from '../../system/files.js';
import { NO_CHANGESET, type Repository } from './repository.js';
import { isKnown, type Position } from './revisions.js';

/** Where we remember what the working tree stood on: the dirstate alone knows it, and a power cut can empty it. */
const headFile = ({ privateFolder }: Pick<Repository, 'privateFolder'>): AbsolutePath =>
  joinPath(privateFolder, 'head');

const dirstateFile = ({ hgFolder }: Pick<Repository, 'hgFolder'>): AbsolutePath => joinPath(hgFolder, 'dirstate');

/** Remembers what the working tree stands on. */
export function rememberHead(repository: Pick<Repository, 'hgFolder' | 'privateFolder'>): void {
  if (lstatIfPresent(dirstateFile(repository)) === undefined) return;
  const first = readPiece(dirstateFile(repository), 0, 20).toString('hex');
  if (first.length === 40 && first !== NO_CHANGESET) writeAtomically(headFile(repository), `${first}\n`);
}

/** Says that the dirstate is empty, or NULs, although the tree stood on something. */
export function damagedDirstate(repository: Pick<Repository, 'hgFolder' | 'privateFolder'>): Blocked | undefined {
  const hint = 'the dirstate is damaged: hg debugrebuilddirstate -r <the commit that the files belong to>';
  return isDamaged(repository) ? { kind: 'damaged', hint } : undefined;
}

function isDamaged(repository: Pick<Repository, 'hgFolder' | 'privateFolder'>): boolean {
  const size = lstatIfPresent(dirstateFile(repository))?.size;
  if (size === undefined) return false;
  if (size < 40) return rememberedHead(repository) !== undefined || size > 0;
  // Beyond 40 bytes there are files, which a tree without a parent has only when they were just added.
  const start = readPiece(dirstateFile(repository), 0, 64);
  return size > 40 && start.every((byte) => byte === 0);
}

/** Says that the tree stands on what is not in the history, which hg takes for a tree that stands on nothing yet. */
export async function unknownParent(repository: Repository, { head, merging }: Position): Promise<Blocked | undefined> {
  if (lstatIfPresent(dirstateFile(repository)) === undefined) return undefined;
  const parents = readPiece(dirstateFile(repository), 0, 40).toString('hex');
  const unseen = [head === undefined ? parents.slice(0, 40) : '', merging ? '' : parents.slice(40)];
  for (const id of unseen.filter((parent) => parent.length === 40 && parent !== NO_CHANGESET)) {
    // It may also have come since.
    if (!(await isKnown(repository, id))) return { kind: 'damaged', hint: lacking(id) };
  }
  return undefined;
}

const lacking = (id: string): string =>
  `the working tree stands on '${id.slice(0, 12)}', which is not in the history: hg unbundle <the bundle that has it>; or hg debugrebuilddirstate -r <the commit that the files belong to>`;

function rememberedHead(repository: Pick<Repository, 'privateFolder'>): string | undefined {
  return /^[0-9a-f]{40}$/m.exec(readTextIfPresent(headFile(repository)) ?? '')?.[0];
}

/** Makes a damaged dirstate anew from what we remember; the files themselves say the rest. */
export async function healDirstate(repository: Repository): Promise<readonly string[]> {
  const head = rememberedHead(repository);
  if (!isDamaged(repository) || head === undefined) return [];
  move(dirstateFile(repository), joinPath(repository.privateFolder, 'damaged-dirstate'));
  if (!(await isKnown(repository, head))) {
    move(joinPath(repository.privateFolder, 'damaged-dirstate'), dirstateFile(repository));
    return [];
  }
  await repository.hg.output(['debugsetparents', head]);
  await repository.hg.output(['debugrebuilddirstate', '-r', head]);
  return ['made the dirstate anew, which was damaged'];
}
