import { splitPaths } from '../../system/path-bytes.js';
import type { Repository } from './repository.js';

/** A hub by the name that hg's configuration gives it, and where it is. */
export type Upstream = {
  readonly name: string;
  readonly url: string;
  /** Whether it is pushed to at another URL than the one it is pulled from (`<name>:pushurl`). */
  readonly pushesElsewhere: boolean;
};

/** Returns the hubs that a repository knows (`[paths]` in hgrc). */
async function knownPaths({ hg }: Pick<Repository, 'hg'>): Promise<readonly Upstream[]> {
  // Exit code 1: there is none.
  const { stdout } = await hg.run(['paths', '-T', '{name}\\0{url}\\0{pushurl}\\0']);
  const values = splitPaths(stdout);
  const paths: Upstream[] = [];
  for (let at = 0; at + 2 < values.length; at += 3) {
    const [name = '', url = '', pushUrl = ''] = values.slice(at, at + 3);
    paths.push({ name, url, pushesElsewhere: pushUrl !== '' && pushUrl !== url });
  }
  return paths;
}

/** Returns the names of the hubs that a repository knows. */
export const remotes = async (repository: Pick<Repository, 'hg'>): Promise<readonly string[]> =>
  (await knownPaths(repository)).map(({ name }) => name);

/** Finds the hub: the one that the settings name, else `default`, else the only one there is; else says why not. */
export async function upstreamOf(repository: Repository): Promise<Upstream | { readonly why: string }> {
  const paths = await knownPaths(repository);
  const wanted = repository.settings.remote;
  const name = wanted !== '' ? wanted : paths.length === 1 ? paths[0]?.name : 'default';
  const found = paths.find((path) => path.name === name);
  if (found !== undefined) return found;
  if (wanted !== '') return { why: `there is no path '${wanted}' in hgrc` };
  return { why: paths.length === 0 ? 'there is no hub' : 'there are several hubs and none is named default' };
}
