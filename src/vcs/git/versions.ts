import { asRelative } from '../../model/paths.js';
import { isForeignName } from '../../system/path-bytes.js';
import { isAtOrBelow } from '../conflict-copy.js';
import type { Versions } from '../versions.js';
import { conflictCopies } from './conflict-copies.js';
import { differenceArguments, parseDifferences } from './difference.js';
import { findRevision } from './find-revision.js';
import { listVersions } from './list-versions.js';
import { recentRevisions } from './recent-revisions.js';
import { readRef } from './refs.js';
import type { Repository } from './repository.js';
import { revise } from './revise.js';
import { readSide } from './side.js';
import { upstreamOf } from './upstream.js';

/** What git's history of a working tree holds. */
export function versionsOf(repository: Repository): Versions {
  const { git } = repository;
  const entries: Versions['entries'] = async (revision, path) => {
    const side = await readSide(repository, revision);
    const files = [...side.entries].filter(([name, { mode }]) => mode !== SUBMODULE && isAtOrBelow(name, path));
    return files.map(([name, { mode, id }]) => ({ path: name, content: { mode, id } }));
  };
  return {
    list: (request) => listVersions(repository, request),
    recent: (request) => recentRevisions(repository, request),
    find: (moment, from) => findRevision(repository, moment, from),
    entries,
    differences: async (from, to) => parseDifferences(await git.output(differenceArguments(from, to))).files,
    read: async (revision, path) => {
      const entry = (await entries(revision, path)).find((file) => file.path === path);
      if (entry === undefined) return undefined;
      // As it would stand in the tree: with the person's own filters and line ends, which a link does not have.
      const filtered = entry.content.mode !== '120000' && !isForeignName(path);
      const args = filtered ? ['--filters', `--path=${path}`, entry.content.id] : ['blob', entry.content.id];
      return await git.output(['cat-file', ...args]);
    },
    ancestor: async (one, other) => {
      const base = await git.run(['merge-base', '--end-of-options', one, other]);
      return base.exitCode === 0 ? base.stdout.toString('utf8').trim() : undefined;
    },
    hubHead: async (branch) => {
      const upstream = await upstreamOf(repository, branch);
      if ('kind' in upstream) return undefined;
      return (await readRef(repository, upstream.trackingRef)) ?? (await readRef(repository, upstream.seenRef));
    },
    copies: async () => (await conflictCopies(repository)).map(asRelative),
    revise: (request) => revise(repository, request),
  };
}

const SUBMODULE = '160000';
