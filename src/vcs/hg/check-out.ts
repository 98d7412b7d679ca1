import type { AbsolutePath, RelativePath } from '../../model/paths.js';
import { currentUmask } from '../../system/environment.js';
import { joinPath, lstatIfPresent, setMode } from '../../system/files.js';
import { exactly } from './command.js';
import { MANY_FILES } from './contents.js';
import type { Repository } from './repository.js';

/** What to write, and where. */
export type CheckOutRequest = {
  readonly changeset: string;
  /** Has to exist. */
  readonly folder: AbsolutePath;
  readonly paths: readonly RelativePath[];
};

/** Writes files of a changeset below a folder, complete, under their own paths; of very many, all of the changeset's. */
export async function checkOut({ hg }: Pick<Repository, 'hg'>, request: CheckOutRequest): Promise<void> {
  const { changeset, folder, paths } = request;
  if (paths.length === 0) return;
  const wanted = paths.length > MANY_FILES ? [] : exactly(paths).flatMap((path) => ['-I', path]);
  const args = ['archive', '-q', '-t', 'files', `--rev=${changeset}`, '--config', 'ui.archivemeta=false', ...wanted];
  await hg.output([...args, '--', folder.replaceAll('%', '%%')]);
  const mask = ~currentUmask();
  for (const path of paths) {
    const at = joinPath(folder, path);
    const stats = lstatIfPresent(at);
    // Hg gives an archive's files fixed permissions; these are the person's, whose umask counts.
    if (stats?.isFile() === true) setMode(at, ((stats.mode & 0o100) === 0 ? 0o666 : 0o777) & mask);
  }
}
