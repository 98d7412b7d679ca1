import type { AbsolutePath } from '../../model/paths.js';
import { joinPath, readTextIfPresent, writeAtomically } from '../../system/files.js';
import type { Repository } from './repository.js';

/** What the hub had when it was last seen: what tells that its history was taken back. */
export type HubMemory = {
  /** The newest open head of the branch, whosever it is. */
  readonly tip: string;
  /** The head that machines share: the one that is followed. */
  readonly head: string;
  /** The bookmarks of the line that is followed; none where it has a head without any. */
  readonly bookmarks: readonly string[];
};

const memoryFile = ({ privateFolder }: Pick<Repository, 'privateFolder'>): AbsolutePath =>
  joinPath(privateFolder, 'hub.json');

/** Returns what is remembered of a branch on a hub. */
export function readMemory(repository: Pick<Repository, 'privateFolder'>, key: string): HubMemory | undefined {
  return readAll(repository)[key];
}

/** Remembers what a hub has; which bookmarks are followed changes only where that is said. */
export function remember(
  repository: Pick<Repository, 'privateFolder'>,
  key: string,
  memory: Omit<HubMemory, 'bookmarks'> & Partial<HubMemory>,
): void {
  const before = readAll(repository);
  const all = { ...before, [key]: { bookmarks: before[key]?.bookmarks ?? [], ...memory } };
  writeAtomically(memoryFile(repository), `${JSON.stringify(all, null, 1)}\n`);
}

/** Returns what is remembered of every branch on a hub. */
export const memoriesOf = (
  repository: Pick<Repository, 'privateFolder'>,
  { name }: { readonly name: string },
): readonly HubMemory[] =>
  Object.entries(readAll(repository)).flatMap(([key, memory]) =>
    key.startsWith(memoryKey({ name }, '')) ? [memory] : [],
  );

/** Names a branch on a hub; where the hub is may hold a password, so only its name counts. */
export const memoryKey = (upstream: { readonly name: string }, branch: string): string => `${upstream.name} ${branch}`;

function readAll(repository: Pick<Repository, 'privateFolder'>): Record<string, HubMemory> {
  try {
    const value: unknown = JSON.parse(readTextIfPresent(memoryFile(repository)) ?? '{}');
    if (typeof value !== 'object' || value === null) return {};
    return Object.fromEntries(Object.entries(value).flatMap(([key, memory]) => readOne(key, memory)));
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}

function readOne(key: string, value: unknown): readonly [string, HubMemory][] {
  if (typeof value !== 'object' || value === null || !('tip' in value) || !('head' in value)) return [];
  const { tip, head } = value;
  if (!isId(tip) || !isId(head)) return [];
  const names: readonly unknown[] = 'bookmarks' in value && Array.isArray(value.bookmarks) ? value.bookmarks : [];
  return [[key, { tip, head, bookmarks: names.filter((name) => typeof name === 'string') }]];
}

const isId = (value: unknown): value is string => typeof value === 'string' && /^[0-9a-f]{40}$/.test(value);
