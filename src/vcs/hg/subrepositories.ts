import type { RelativePath } from '../../model/paths.js';
import { asRelative } from '../../model/paths.js';
import { currentUmask } from '../../system/environment.js';
import {
  isFolder,
  joinPath,
  listNames,
  lstatIfPresent,
  move,
  readTextIfPresent,
  remove,
  writeAtomically,
} from '../../system/files.js';
import { printable } from '../../system/printable.js';
import { makeParents, parentsOf } from '../placement/parents.js';
import type { Opened, OpenOptions, Subrepositories, Subrepository, WorkingTree } from '../vcs.js';
import { isAtHub, rememberHeld } from './at-hub.js';
import { clone } from './clone.js';
import { exactly, hgIn } from './command.js';
import { type DeclaredSubrepository, parseHgsub, parseSubstate, renderSubstate } from './hgsub-parser.js';
import { memoryKey, readMemory } from './hub-memory.js';
import { meet } from './meet.js';
import { openRepository } from './open.js';
import type { Repository } from './repository.js';
import { countOf, isKnown, readPosition } from './revisions.js';
import { agree, readAgreements } from './subrepository-memory.js';
import { holdsPassword, isInnerPath, resolveSource, type SourceRule } from './subrepository-source.js';
import { upstreamOf } from './upstream.js';

/** More than any list of subrepositories is long. */
const LARGEST = 65_536;

/** Keeps the subrepositories of a repository, each through a working tree of its own, which `opened` makes. */
export function subrepositoriesOf(
  repository: Repository,
  opened: (repository: Repository) => WorkingTree,
): Subrepositories {
  const open = new Map<RelativePath, Repository>();
  const atHub = new Set<RelativePath>();
  const repositoryAt = ({ path }: Subrepository): Repository => {
    const found = open.get(path);
    if (found === undefined) throw new Error(`the subrepository '${path}' is not open`);
    return found;
  };
  return {
    list: () => list(repository),
    clone: (subrepository) => cloneMissing(repository, subrepository),
    open: async ({ path }) => {
      const found = await openInner(repository, path);
      if (found.kind !== 'opened') return found;
      open.set(path, found.repository);
      return { kind: 'opened', tree: opened(found.repository) } satisfies Opened;
    },
    hasUnsent: (subrepository) => hasUnsent(repositoryAt(subrepository)),
    isAtHub: async (subrepository) => {
      const { path } = subrepository;
      if (!atHub.has(path) && (await isAtHub(repositoryAt(subrepository)))) atHub.add(path);
      return atHub.has(path);
    },
    meet: async ({ subrepository, branch, head, quarantined, pull }) => {
      const { path, named } = subrepository;
      const agreed = readAgreements(repository)?.get(path) || undefined;
      const met = await meet(repositoryAt(subrepository), { branch, head, quarantined, named, agreed, pull });
      const isThere = met.kind === 'agrees' || (met.kind === 'done' && met.head === named);
      if (isThere && named !== undefined) agree(repository, new Map([[path, named]]));
      return met;
    },
    record: (stands) => record(repository, stands),
  };
}

/** Lists what `.hgsub` names; a repository of the person's takes part only where he, not a push, has named it. */
async function list(repository: Repository): Promise<readonly Subrepository[]> {
  const declared = readDeclared(repository);
  if (readAgreements(repository) === undefined) {
    // The person has just asked for it: all that stand where the tree says are meant.
    agree(repository, new Map(declared.filter(({ path }) => isHere(repository, path)).map(({ path }) => [path, ''])));
  }
  if (declared.length === 0) return [];
  const states = readStates(repository);
  const [isAllowed, rule] = [await allowedSystems(repository), await sourceRule(repository)];
  const found: Subrepository[] = [];
  for (const one of declared) {
    const about = { path: asRelative(one.path), named: states.get(one.path) };
    if (!isInnerPath(one.path)) {
      found.push({ ...about, kind: 'left-out', why: 'its path leads out of the working tree' });
    } else if (one.system !== 'hg' || !isAllowed) found.push({ ...about, kind: 'foreign' });
    else found.push({ ...about, ...(await kindOf(repository, one, { rule, named: about.named })) });
  }
  return found;
}

const plain = (repository: Repository, name: '.hgsub' | '.hgsubstate'): string => {
  const at = joinPath(repository.top, name);
  const stats = lstatIfPresent(at);
  return stats?.isFile() === true && stats.size <= LARGEST ? (readTextIfPresent(at) ?? '') : '';
};

const readDeclared = (repository: Repository): readonly DeclaredSubrepository[] =>
  parseHgsub(plain(repository, '.hgsub'));

const readStates = (repository: Repository): ReadonlyMap<string, string> =>
  parseSubstate(plain(repository, '.hgsubstate'));

/** Tells whether a repository stands at a path, which no link leads to. */
const isHere = ({ top }: Repository, path: string): boolean =>
  isInnerPath(path) &&
  [...parentsOf(asRelative(path)), asRelative(path)].every(
    (name) => lstatIfPresent(joinPath(top, name))?.isDirectory() === true,
  ) &&
  isFolder(joinPath(top, path, '.hg'));

/** Reads whether the person lets hg's own subrepositories take part (`[subrepos] allowed`, `hg:allowed`). */
async function allowedSystems({ top }: Repository): Promise<boolean> {
  // Through our own door, the answer would be ours.
  const hg = hgIn(top, [], []);
  const { stdout } = await hg.run(['config', '-T', '{name}\\0{value}\\0', 'subrepos']);
  hg.end();
  const values = stdout.toString('utf8').split('\0');
  const isOff = (name: string): boolean => /^(0|no|false|off|never)$/i.test(values[values.indexOf(name) + 1] ?? '');
  return !['subrepos.allowed', 'subrepos.hg:allowed'].some((name) => values.includes(name) && isOff(name));
}

async function sourceRule(repository: Repository): Promise<SourceRule> {
  const upstream = await upstreamOf(repository);
  return { hub: 'why' in upstream ? undefined : upstream.url, allowed: repository.settings.subrepositorySources };
}

type Kind = { readonly kind: 'here' | 'missing' } | { readonly kind: 'left-out'; readonly why: string };

const ALLOW = `to allow it: autosync config . subrepository-sources '["<its source>"]'`;

async function kindOf(
  repository: Repository,
  one: DeclaredSubrepository,
  { rule, named }: { readonly rule: SourceRule; readonly named: string | undefined },
): Promise<Kind> {
  const source = resolveSource(one.source, rule);
  const shown = printable(one.source);
  if (isHere(repository, one.path)) {
    if (readAgreements(repository)?.has(one.path) === true) return { kind: 'here' };
    const isMeant = rule.allowed.includes(one.source) || (await isNamedHere(repository, one.path));
    if (!isMeant && (source === undefined || (await ownHub(repository, one.path)) !== source)) {
      return { kind: 'left-out', why: `a repository stands there that is no clone of '${shown}'; ${ALLOW}` };
    }
    agree(repository, new Map([[one.path, '']]));
    return { kind: 'here' };
  }
  if (!isFree(repository, asRelative(one.path))) return { kind: 'left-out', why: 'something else stands there' };
  if (named === undefined) return { kind: 'left-out', why: 'it is not here, and no commit of it is named' };
  if (source !== undefined) return { kind: 'missing' };
  return { kind: 'left-out', why: `its source '${shown}' does not lie below this repository's hub; ${ALLOW}` };
}

/** Tells whether nothing, or an empty folder, stands at a path, below folders that are no links. */
function isFree({ top }: Repository, path: RelativePath): boolean {
  const stats = lstatIfPresent(joinPath(top, path));
  const isOpen = parentsOf(path).every((name) => lstatIfPresent(joinPath(top, name))?.isDirectory() ?? true);
  return isOpen && (stats === undefined || (stats.isDirectory() && listNames(joinPath(top, path)).length === 0));
}

/** Tells whether the person has just named a subrepository himself: what is not committed yet came from no push. */
async function isNamedHere({ hg }: Repository, path: string): Promise<boolean> {
  // Exit code 1: the last commit has no such file.
  const { exitCode, stdout } = await hg.run(['cat', '--rev=.', '--', ...exactly(['.hgsub'])]);
  return (exitCode === 0 || exitCode === 1) && !parseHgsub(stdout.toString('utf8')).some((one) => one.path === path);
}

async function ownHub(repository: Repository, path: string): Promise<string | undefined> {
  const found = openRepository(joinPath(repository.top, path), optionsFor(repository));
  if (found.kind !== 'opened') return undefined;
  try {
    const upstream = await upstreamOf(found.repository);
    return 'why' in upstream ? undefined : upstream.url;
  } finally {
    found.repository.hg.end();
  }
}

/** The settings of the tree hold inside it, too; but a hub is called what it is called there, and the depth is one. */
function optionsFor({ settings, messages, now, sleep, progress }: Repository): OpenOptions {
  const own = { ...settings, remote: '', subrepositories: false };
  return { settings: own, messages, now, sleep, ...(progress === undefined ? {} : { progress }) };
}

/** Opens one; where it knows no hub itself, its hub is where hg would send it: below that of the tree around it. */
async function openInner(repository: Repository, path: RelativePath): Promise<ReturnType<typeof openRepository>> {
  const at = joinPath(repository.top, path);
  const found = openRepository(at, optionsFor(repository));
  if (found.kind !== 'opened' || !('why' in (await upstreamOf(found.repository)))) return found;
  const declared = readDeclared(repository).find((one) => one.path === path);
  const source = declared && resolveSource(declared.source, await sourceRule(repository));
  if (source === undefined || holdsPassword(source)) return found;
  found.repository.hg.end();
  return openRepository(at, optionsFor(repository), [`paths.default=${source}`]);
}

async function cloneMissing(
  repository: Repository,
  { path, named }: Subrepository,
): ReturnType<Subrepositories['clone']> {
  const declared = readDeclared(repository).find((one) => one.path === path);
  const url = declared && resolveSource(declared.source, await sourceRule(repository));
  const refused = {
    kind: 'refused',
    why: 'it was named otherwise meanwhile',
    hint: 'the next run looks again',
  } as const;
  if (url === undefined || named === undefined || !makeParents(repository.top, path)) return refused;
  const { settings, progress } = repository;
  const networkTimeoutMs = settings.networkTimeoutSeconds * 1000;
  const folder = joinPath(repository.top, path);
  const wanted = { url, folder, networkTimeoutMs, revision: named };
  const result = await clone(progress === undefined ? wanted : { ...wanted, progress });
  if (result.kind === 'cloned') {
    agree(repository, new Map([[path, named]]));
    await rememberCloned(repository, path, named);
  }
  return result;
}

async function rememberCloned(repository: Repository, path: RelativePath, named: string): Promise<void> {
  const found = await openInner(repository, path);
  if (found.kind !== 'opened') return;
  try {
    const upstream = await upstreamOf(found.repository);
    if (!('why' in upstream)) await rememberHeld(found.repository, upstream, named);
  } finally {
    found.repository.hg.end();
  }
}

/** What is public the hub has, or had; of the rest it is known what was there when it was last looked at. */
async function hasUnsent(repository: Repository): Promise<boolean> {
  const { head, branch } = await readPosition(repository);
  if (head === undefined) return false;
  const upstream = await upstreamOf(repository);
  const seen = 'why' in upstream ? undefined : readMemory(repository, memoryKey(upstream, branch))?.head;
  const known = seen !== undefined && (await isKnown(repository, seen)) ? ` - ::${seen}` : '';
  return (await countOf(repository, `(::${head} and not public())${known}`)) > 0;
}

/** Writes `.hgsubstate` as hg's own commit would; a line of one that was left out stays as it is. */
function record(repository: Repository, stands: ReadonlyMap<RelativePath, string>): boolean {
  const at = joinPath(repository.top, '.hgsubstate');
  const stats = lstatIfPresent(at);
  if (stats !== undefined && !stats.isFile()) return false;
  const before = readTextIfPresent(at) ?? '';
  const old = parseSubstate(before);
  const states = new Map<string, string>();
  for (const { path } of readDeclared(repository)) {
    const id = stands.get(asRelative(path)) ?? old.get(path);
    if (id !== undefined) states.set(path, id);
  }
  const text = renderSubstate(states);
  if (text !== renderSubstate(old)) {
    if (text === '') remove(at);
    else {
      // Not beside it: killed on the way, it would lie in the tree like a file of the person's.
      const fresh = joinPath(repository.privateFolder, 'hgsubstate');
      writeAtomically(fresh, text, (stats?.mode ?? 0o666 & ~currentUmask()) & 0o777);
      move(fresh, at);
    }
  }
  agree(repository, stands);
  return text !== renderSubstate(old);
}
