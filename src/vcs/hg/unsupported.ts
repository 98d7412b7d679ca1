import type { Blocked } from '../../model/outcome.js';
import type { RelativePath } from '../../model/paths.js';
import type { Settings } from '../../model/repo.js';
import { exists, joinPath, lstatIfPresent, readTextIfPresent } from '../../system/files.js';
import { unplaceableChange } from '../unplaceable.js';
import { exactly } from './command.js';
import type { Repository } from './repository.js';
import type { StatusEntry } from './status-parser.js';

type Folders = Pick<Repository, 'hgFolder' | 'sharedFolder'>;

/** What an hg must know to work in a repository, and we do not; each with what ends it. */
const UNKNOWN: readonly (readonly [requirement: string, why: string, hint: string])[] = [
  [
    'dirstate-v2',
    'the repository keeps its dirstate in a form that autosync cannot write',
    'hg debugupgraderepo --run --config format.use-dirstate-v2=no',
  ],
  [
    'largefiles',
    'the repository keeps large files outside of its history (largefiles)',
    'hg lfconvert --to-normal makes one that autosync can work with',
  ],
  ['exp-sparse', 'the working tree leaves out a part of the files (sparse)', 'hg debugsparse --reset'],
  ['narrowhg-experimental', 'the clone holds a part of the files alone (narrow)', 'clone the whole repository'],
];

/** Says why a repository is of a kind that we must leave alone, from its `requires` files: one word a line. */
export function unsupportedKind(folders: Folders): { readonly why: string; readonly hint: string } | undefined {
  const { hgFolder, sharedFolder } = folders;
  const files = [
    joinPath(hgFolder, 'requires'),
    joinPath(sharedFolder, 'requires'),
    joinPath(sharedFolder, 'store', 'requires'),
  ];
  const required = new Set(files.flatMap((file) => (readTextIfPresent(file) ?? '').split('\n')));
  // Written down only when hg is started anew; the folder comes with the pull, its dot encoded or not.
  const data = joinPath(sharedFolder, 'store', 'data');
  if (['~2ehglf', '.hglf'].some((name) => exists(joinPath(data, name)))) required.add('largefiles');
  const found = UNKNOWN.find(([requirement]) => required.has(requirement));
  return found === undefined ? undefined : { why: found[1], hint: found[2] };
}

/** The files in which hg keeps what subrepositories there are, and where each stands. */
export const SUBREPOSITORY_FILES: ReadonlySet<string> = new Set(['.hgsub', '.hgsubstate']);

/** Tells whether subrepositories are kept in step, too: the person has said so on this machine. */
export const keepsSubrepositories = ({ subrepositories, mode }: Pick<Settings, 'subrepositories' | 'mode'>): boolean =>
  subrepositories && mode === 'sync';

const SUBREPOSITORIES: Blocked = {
  kind: 'unsupported',
  hint: "it has subrepositories (.hgsub), which autosync leaves alone unless the setting 'subrepositories' says otherwise: autosync config . subrepositories true; or hg commit, hg pull and hg push by hand",
};

/** Says that the working tree has subrepositories: with each commit, update and push hg would go into them. */
export async function hasSubrepositories(
  { hg, top, settings }: Repository,
  status: readonly StatusEntry[],
): Promise<Blocked | undefined> {
  if (keepsSubrepositories(settings)) return undefined;
  const entry = status.find(({ path }) => path === '.hgsub');
  if (entry === undefined && lstatIfPresent(joinPath(top, '.hgsub')) === undefined) return undefined;
  if (entry?.letter === '?') return undefined;
  const { exitCode } = await hg.run(['files', '-q', '--', ...exactly(['.hgsub'])]);
  return exitCode === 0 || entry !== undefined ? SUBREPOSITORIES : undefined;
}

/** Says why what a pull has brought may not come into the working tree: only hg itself, or nobody, can put it in place. */
export function unsupportedChange(
  repository: Folders & Pick<Repository, 'settings'>,
  paths: readonly RelativePath[],
): Blocked | undefined {
  if (!keepsSubrepositories(repository.settings) && paths.some((path) => SUBREPOSITORY_FILES.has(path)))
    return SUBREPOSITORIES;
  const unsupported = unsupportedKind(repository);
  if (unsupported !== undefined) return { kind: 'unsupported', hint: `${unsupported.why}: ${unsupported.hint}` };
  return unplaceableChange(paths);
}
