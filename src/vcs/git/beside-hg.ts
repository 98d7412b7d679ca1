/** What Mercurial has in a working tree of git's. */
export type BesideHg = {
  /** The paths that are not Mercurial's. */
  readonly paths: readonly string[];
  /** The folders that are repositories of Mercurial's; the top, which both systems share then, is none of them. */
  readonly nested: readonly string[];
};

/** Mercurial's own data, which git takes for files like any other: with its configuration, hooks would travel. */
const HG_DATA = /^(?:(.*?)\/)?\.hg\//;

/** Parts untracked paths from what belongs to Mercurial: its data, and nested repositories with all that is in them. */
export function withoutHg(untracked: readonly string[]): BesideHg {
  const nested = new Set<string>();
  for (const path of untracked) {
    const folder = HG_DATA.exec(path)?.[1];
    if (folder !== undefined) nested.add(folder);
  }
  const isNested = (path: string): boolean => [...nested].some((folder) => path.startsWith(`${folder}/`));
  return { paths: untracked.filter((path) => !HG_DATA.test(path) && !isNested(path)), nested: [...nested] };
}
