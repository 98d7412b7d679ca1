import { isAtOrBelow } from '../conflict-copy.js';
import type { Versions } from '../versions.js';
import { conflictCopies } from './conflict-copies.js';
import { readFiles } from './contents.js';
import { allModesOf, differences, modesOf } from './difference.js';
import { findRevision } from './find-revision.js';
import { memoryKey, readMemory } from './hub-memory.js';
import { listVersions } from './list-versions.js';
import { recentRevisions } from './recent-revisions.js';
import type { Repository } from './repository.js';
import { revise } from './revise.js';
import { changesetsOf, isKnown } from './revisions.js';
import { upstreamOf } from './upstream.js';

/** What hg's history of a working tree holds; of a content, the changeset is the id. */
export function versionsOf(repository: Repository): Versions {
  return {
    list: (request) => listVersions(repository, request),
    recent: (request) => recentRevisions(repository, request),
    find: (moment, from) => findRevision(repository, moment, from),
    entries: async (revision, path) => {
      const files = [...(await allModesOf(repository, revision))].filter(([name]) => isAtOrBelow(name, path));
      return files.map(([name, mode]) => ({ path: name, content: { id: revision, mode } }));
    },
    differences: (from, to) => differences(repository, from, to),
    read: async (revision, path) => {
      let found: Buffer | undefined;
      if (!(await modesOf(repository, revision, [path])).has(path)) return undefined;
      await readFiles(repository, revision, [path], (_path, data) => {
        found = data;
      });
      return found;
    },
    ancestor: async (one, other) => (await changesetsOf(repository, `ancestor(${one}, ${other})`))[0],
    hubHead: async (branch) => {
      const upstream = await upstreamOf(repository);
      const head = 'why' in upstream ? undefined : readMemory(repository, memoryKey(upstream, branch))?.head;
      return head !== undefined && (await isKnown(repository, head)) ? head : undefined;
    },
    copies: () => conflictCopies(repository),
    revise: (request) => revise(repository, request),
  };
}
