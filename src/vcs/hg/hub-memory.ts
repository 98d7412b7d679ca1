import type { AbsolutePath } from '../../model/paths.js';
import { joinPath, readTextIfPresent, writeAtomically } from '../../system/files.js';
import type { Repository } from './repository.js';

/** What the hub had when it was last seen: what tells that its history was taken back. */
export type HubMemory = {
  /** The newest open head of the branch, whosever it is. */
  readonly tip: string;
  /** The head that machines share: the newest that is nobody's own. */
  readonly head: string;
};

const memoryFile = ({ privateFolder }: Pick<Repository, 'privateFolder'>): AbsolutePath =>
  joinPath(privateFolder, 'hub.json');

/** Returns what is remembered of a branch on a hub. */
export function readMemory(repository: Pick<Repository, 'privateFolder'>, key: string): HubMemory | undefined {
  return readAll(repository)[key];
}

/** Remembers what a hub has. */
export function remember(repository: Pick<Repository, 'privateFolder'>, key: string, memory: HubMemory): void {
  const all = { ...readAll(repository), [key]: memory };
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
    return Object.fromEntries(
      Object.entries(value).filter((entry): entry is [string, HubMemory] => isMemory(entry[1])),
    );
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}

function isMemory(value: unknown): value is HubMemory {
  if (typeof value !== 'object' || value === null || !('tip' in value) || !('head' in value)) return false;
  return [value.tip, value.head].every((id) => typeof id === 'string' && /^[0-9a-f]{40}$/.test(id));
}
