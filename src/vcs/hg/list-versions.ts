import { asRelative, type RelativePath } from '../../model/paths.js';
import { splitPaths } from '../../system/path-bytes.js';
import { followRenames, type NameHistory } from '../follow-renames.js';
import type { FileVersion, ListRequest, Revision } from '../versions.js';
import { exactly } from './command.js';
import type { Repository } from './repository.js';
import { parseRevision, REVISION_TEMPLATE, REVISION_VALUES } from './revision-template.js';
import { quoted } from './revisions.js';

type WithHg = Pick<Repository, 'hg'>;

/** Each list ends with an empty name, which no file has. */
const FILES =
  '{file_adds % "{file}\\0"}\\0{file_mods % "{file}\\0"}\\0{file_dels % "{file}\\0"}\\0{file_copies % "{name}\\0{source}\\0"}\\0';

/** Lists the versions of a file, newest first, through renames. */
export async function listVersions(repository: WithHg, request: ListRequest): Promise<readonly FileVersion[]> {
  return await followRenames(request, (name) => historyOf(repository, { ...name, limit: request.limit }));
}

async function historyOf(repository: WithHg, request: ListRequest): Promise<NameHistory> {
  const { path } = request;
  const versions: FileVersion[] = [];
  const earlier: { readonly path: RelativePath; readonly from: string }[] = [];
  for (const touched of await touching(repository, request)) {
    const source = touched.adds.has(path) ? touched.copies.get(path) : undefined;
    const version = await versionOf(repository, touched, path);
    // What it was only copied from goes on living under its own name.
    const isRename = source !== undefined && touched.dels.has(source);
    versions.push(isRename ? { ...version, change: 'renamed' } : version);
    if (isRename) earlier.push({ path: source, from: `${touched.revision.id}^1` });
  }
  return { versions, earlier };
}

/** A changeset, and what it did to which files. */
type Touching = {
  readonly revision: Revision;
  readonly adds: ReadonlySet<string>;
  readonly dels: ReadonlySet<string>;
  /** From the new name to the one that it was copied or renamed from. */
  readonly copies: ReadonlyMap<string, RelativePath>;
};

async function touching({ hg }: WithHg, { path, from, limit }: ListRequest): Promise<readonly Touching[]> {
  const revset = `limit(reverse(::${from} and file(${quoted(`path:${path}`)})), ${limit})`;
  return parseTouching(await hg.output(['log', `--rev=${revset}`, '-T', `${REVISION_TEMPLATE}${FILES}`]));
}

/** Reads `hg log` in the form above: the values of a changeset, then three lists of names and one of pairs of them. */
function parseTouching(output: Uint8Array): readonly Touching[] {
  const values = splitPaths(output);
  const found: Touching[] = [];
  for (let at = 0; at + REVISION_VALUES < values.length; ) {
    const revision = parseRevision(values.slice(at, at + REVISION_VALUES));
    at += REVISION_VALUES;
    const lists = [0, 1, 2, 3].map(() => {
      const end = values.indexOf('', at);
      const list = values.slice(at, end < 0 ? values.length : end);
      at += list.length + 1;
      return list;
    });
    const [adds = [], , dels = [], pairs = []] = lists;
    const copies = new Map<string, RelativePath>();
    for (let pair = 0; pair + 1 < pairs.length; pair += 2)
      copies.set(pairs[pair] ?? '', asRelative(pairs[pair + 1] ?? ''));
    found.push({ revision, adds: new Set(adds), dels: new Set(dels), copies });
  }
  return found;
}

async function versionOf({ hg }: WithHg, touched: Touching, path: RelativePath): Promise<FileVersion> {
  const { revision, adds, dels } = touched;
  if (dels.has(path)) return { ...revision, path, change: 'removed', size: undefined };
  const args = ['files', `--rev=${revision.id}`, '-T', '{size}', '--', ...exactly([path])];
  const answer = await hg.run(args);
  const size = answer.exitCode === 0 ? Number(answer.stdout.toString('utf8')) : undefined;
  return { ...revision, path, change: adds.has(path) ? 'added' : 'modified', size };
}
