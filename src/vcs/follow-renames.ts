import type { RelativePath } from '../model/paths.js';
import type { FileVersion, ListRequest } from './versions.js';

/** What touched one name, newest first, and the names that were renamed to it, with the commit before that. */
export type NameHistory = {
  readonly versions: readonly FileVersion[];
  readonly earlier: readonly { readonly path: RelativePath; readonly from: string }[];
};

/**
 * Lists the versions of a file through its renames, newest first. Two machines may have worked on it side by side, one
 * of them under its old name, so every name is followed.
 */
export async function followRenames(
  { path, from, limit }: ListRequest,
  historyOf: (name: Pick<ListRequest, 'path' | 'from'>) => Promise<NameHistory>,
): Promise<readonly FileVersion[]> {
  const versions: FileVersion[] = [];
  const known = new Set<string>();
  const waiting = [{ path, from }];
  for (const name of waiting) {
    const { versions: found, earlier } = await historyOf(name);
    for (const version of found) {
      const key = `${version.id} ${version.path}`;
      if (!known.has(key)) versions.push(version);
      known.add(key);
    }
    waiting.push(...earlier.filter((one) => !waiting.some((other) => isSame(one, other))));
  }
  return versions.sort((one, other) => other.at - one.at).slice(0, limit);
}

type Name = Pick<ListRequest, 'path' | 'from'>;

const isSame = (one: Name, other: Name): boolean => one.path === other.path && one.from === other.from;
