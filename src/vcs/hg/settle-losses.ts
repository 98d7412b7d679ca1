import type { Conflict } from '../../model/outcome.js';
import { asRelative, type RelativePath } from '../../model/paths.js';
import { joinPath, lstatIfPresent, readIfPresent, readLink } from '../../system/files.js';
import { hashBytes } from '../../system/hash.js';
import { parentsOf } from '../placement/parents.js';
import { exactly } from './command.js';
import { readFiles } from './contents.js';
import { changedInTree, changedPaths, modesOf } from './difference.js';
import type { MergeShare } from './merge-share.js';
import { MERGE_STATE_ARGUMENTS, type MergeInput, parseMergeInputs } from './merge-state-parser.js';
import { NO_CHANGESET } from './repository.js';
import { changesetsOf } from './revisions.js';
import { copyName, type Ends, putVersion, type Version, versionOf } from './settle-conflicts.js';

/** What it says of each subrepository is settled by itself. */
const SUBSTATE = asRelative('.hgsubstate');

type Side = 'ours' | 'theirs';

/** What a merge leaves out, by the path that the side had it under. */
type Losses = Readonly<Record<Side, ReadonlySet<RelativePath>>>;

/** The ends of a merge, and the files that were settled by uniting both versions. */
type LossEnds = Ends & { readonly united: ReadonlySet<RelativePath> };

/**
 * Finds what hg's merge leaves out without a word, and puts it back. Where one side renames a file to a name at which
 * the other has a new one, hg 6.3 takes the old file for the beginning of both: what the other side has meanwhile done
 * to it is dropped, and so is one of the two where it is as it was. So whatever a side has changed must be in the
 * result as it is, or have been merged with what comes from the same beginning. With `only`, the other side may lose.
 */
export async function settleLosses(share: MergeShare, ends: LossEnds, only?: Side): Promise<readonly Conflict[]> {
  const found = await changesetsOf(share, `heads(::${ends.ours} and ::${ends.theirs})`);
  const bases = found.length === 0 ? [NO_CHANGESET] : found;
  const origins = {
    ours: await originsOf(share, bases, ends.ours),
    theirs: await originsOf(share, bases, ends.theirs),
  };
  const inputs = parseMergeInputs(await share.hg.output(MERGE_STATE_ARGUMENTS));
  const sound = inputs.filter((input) => hasOneBeginning(origins, input));
  const lostBy = async (side: Side): Promise<ReadonlySet<RelativePath>> => {
    if (only !== undefined && side !== only) return new Set();
    const merged = new Set(sound.map((input) => input[side]));
    const isSettled = (path: RelativePath): boolean => merged.has(path) || path === SUBSTATE || ends.united.has(path);
    const paths = [...origins[side].keys()].filter((path) => !isSettled(path));
    return await missing(share, { bases, side: ends[side], paths });
  };
  const losses = { ours: await lostBy('ours'), theirs: await lostBy('theirs') };
  const blended = new Set(inputs.filter((input) => !sound.includes(input)).map(({ path }) => path));
  const conflicts: Conflict[] = [];
  for (const path of new Set([...losses.theirs, ...losses.ours])) {
    conflicts.push(await putBack(share, ends, { path, losses, isBlend: blended.has(path) }));
  }
  return conflicts;
}

/** The paths that a side has changed, or made, since every common beginning; with what each may have been copied from. */
type Origins = ReadonlyMap<RelativePath, ReadonlySet<string>>;

async function originsOf(share: MergeShare, bases: readonly string[], side: string): Promise<Origins> {
  let origins: Map<RelativePath, Set<string>> | undefined;
  for (const base of bases) {
    const since = new Map<RelativePath, Set<string>>();
    for (const { path, letter, source } of await changedPaths(share, base, side)) {
      if (letter === 'R' || (origins !== undefined && !origins.has(path))) continue;
      const known = origins?.get(path) ?? new Set();
      since.set(path, new Set([...known, ...(letter === 'M' ? [path] : []), ...(source === '' ? [] : [source])]));
    }
    origins = since;
  }
  return origins ?? new Map();
}

/** Tells whether both versions of a merge come from what hg took for their beginning. */
function hasOneBeginning(origins: Readonly<Record<Side, Origins>>, { base, ...input }: MergeInput): boolean {
  const comesFrom = (side: Side): boolean =>
    base !== undefined && (origins[side].get(input[side])?.has(base) ?? input[side] === base);
  return comesFrom('ours') && comesFrom('theirs');
}

type Question = { readonly bases: readonly string[]; readonly side: string; readonly paths: readonly RelativePath[] };

/** Returns those of a side's paths whose content stands nowhere in the share, and in no common beginning either. */
async function missing(share: MergeShare, { bases, side, paths }: Question): Promise<ReadonlySet<RelativePath>> {
  const differing = await changedInTree(share, side);
  const names = new Set(differing.map(({ path }) => path));
  const suspects = paths.filter((path) => names.has(path));
  if (suspects.length === 0) return new Set();
  const old = await Promise.all(bases.map((base) => printsOf(share, base, suspects)));
  const there = new Set(differing.flatMap(({ path, present }) => (present ? [printInShare(share, path)] : [])));
  const lost = new Set<RelativePath>();
  for (const [path, print] of await printsOf(share, side, suspects)) {
    // Where it alone became executable, or no longer is, the other side's content is the newer one.
    if (!there.has(print) && !old.some((prints) => prints.get(path) === print)) lost.add(path);
  }
  return lost;
}

const printOf = (isLink: boolean, data: Uint8Array): string =>
  `${isLink ? 'link' : 'file'} ${hashBytes(data, 'sha256')}`;

async function printsOf(
  share: MergeShare,
  changeset: string,
  paths: readonly RelativePath[],
): Promise<ReadonlyMap<RelativePath, string>> {
  const modes = await modesOf(share, changeset, paths);
  const prints = new Map<RelativePath, string>();
  const present = paths.filter((path) => modes.has(path));
  await readFiles(share, changeset, present, (path, data) => {
    prints.set(path, printOf(modes.get(path) === '120000', data));
  });
  return prints;
}

function printInShare(share: MergeShare, path: RelativePath): string | undefined {
  const version = versionInShare(share, path);
  return version && printOf(version.mode === '120000', version.data);
}

function versionInShare({ top }: MergeShare, path: RelativePath): Version | undefined {
  const at = joinPath(top, path);
  const stats = lstatIfPresent(at);
  if (stats?.isSymbolicLink() === true) return { path, data: readLink(at), mode: '120000' };
  const data = stats?.isFile() === true ? readIfPresent(at) : undefined;
  return data && { path, data, mode: ((stats?.mode ?? 0) & 0o100) === 0 ? '100644' : '100755' };
}

type Loss = {
  readonly path: RelativePath;
  readonly losses: Losses;
  /** What stands there is blended of two files that have nothing to do with each other. */
  readonly isBlend: boolean;
};

/** A version that is to have the name, or to become a copy beside it. */
type Claim = { readonly version: Version; readonly side: Side; readonly stands: boolean };

/** Puts back what is lost at one path: the hub's version gets the name, ours only where nothing else is to have it. */
async function putBack(share: MergeShare, ends: Ends, loss: Loss): Promise<Conflict> {
  const { path } = loss;
  const place = parentsOf(path).find((parent) => isFile(share, parent)) ?? path;
  const claims = await claimsTo(share, ends, loss);
  const hasName = place === path && lstatIfPresent(joinPath(share.top, path))?.isDirectory() !== true;
  const [first, ...others] = claims;
  let copy: RelativePath | undefined;
  for (const claim of hasName ? others : claims) copy = await putCopy(share, ends, { ...claim, place });
  if (hasName && first?.stands === false) await put(share, path, first.version);
  return { path, kind: 'rename', kept: place, ...(copy === undefined ? {} : { copy }) };
}

/** Returns the versions that belong at a path, the hub's first. */
async function claimsTo(share: MergeShare, ends: Ends, { path, losses, isBlend }: Loss): Promise<readonly Claim[]> {
  const lost = async (side: Side): Promise<readonly Claim[]> => {
    const version = losses[side].has(path) ? await versionOf(share, ends[side], path) : undefined;
    return version === undefined ? [] : [{ version, side, stands: false }];
  };
  const [theirs, ours] = [await lost('theirs'), await lost('ours')];
  const standing = versionInShare(share, path);
  // With both of them back, nothing is in it that is not in one of them.
  const isNeeded = standing !== undefined && !(isBlend && theirs.length > 0 && ours.length > 0);
  return [...theirs, ...(isNeeded ? [{ version: standing, side: 'ours', stands: true } as const] : []), ...ours];
}

const isFile = ({ top }: MergeShare, path: RelativePath): boolean =>
  lstatIfPresent(joinPath(top, path))?.isDirectory() === false;

type Copy = Pick<Claim, 'version' | 'side'> & { readonly place: RelativePath };

async function putCopy(share: MergeShare, ends: Ends, { version, side, place }: Copy): Promise<RelativePath> {
  const other = side === 'ours' ? 'theirs' : 'ours';
  const { data, path: from } = version;
  const copy = await copyName(share, { path: place, data, from, ends: { side: ends[side], other: ends[other] } });
  await put(share, copy, version);
  return copy;
}

async function put(share: MergeShare, path: RelativePath, version: Version): Promise<void> {
  putVersion(share, path, version);
  await share.hg.output(['add', '-q', '--', ...exactly([path])]);
}
