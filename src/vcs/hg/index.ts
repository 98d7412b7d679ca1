import type { RelativePath } from '../../model/paths.js';
import { realPath } from '../../system/files.js';
import { lookWithin } from '../look-within.js';
import type { Opened, Vcs, WorkingTree } from '../vcs.js';
import { backUp, notBackedUp, unsentBackups } from './backup.js';
import { type Candidate, uncommittedPaths } from './candidates.js';
import { clone } from './clone.js';
import { hgIn } from './command.js';
import { endRun, heal } from './heal.js';
import { forget, housekeeping } from './housekeeping.js';
import { memoryKey, readMemory } from './hub-memory.js';
import { inspect } from './inspect.js';
import { integrate } from './integrate.js';
import { fetchAndLookAround, sendLeftBehind } from './left-behind.js';
import { look } from './look.js';
import { mergeTools } from './merge-tools.js';
import { hookSite, openRepository } from './open.js';
import { passedOverIn } from './passed-over.js';
import { publishAside } from './publish-aside.js';
import { push } from './push.js';
import type { Repository } from './repository.js';
import { countOf, isKnown, readPosition } from './revisions.js';
import { snapshot } from './snapshot.js';
import { readStatus } from './status.js';
import type { StatusEntry } from './status-parser.js';
import { subrepositoriesOf } from './subrepositories.js';
import { keepsSubrepositories } from './unsupported.js';
import { remotes, upstreamOf } from './upstream.js';
import { versionsOf } from './versions.js';

/** Mercurial (6.0 or newer). */
export const hg: Vcs = {
  kind: 'hg',
  open: async (path, options): Promise<Opened> => {
    const opened = openRepository(path, options);
    return opened.kind === 'opened' ? { kind: 'opened', tree: workingTree(opened.repository) } : opened;
  },
  look: async (path, options) => {
    const quick = look(path, options.settings);
    if (quick !== undefined) return quick;
    const opened = openRepository(path, options);
    if (opened.kind !== 'opened' || realPath(opened.repository.top) !== realPath(path)) return undefined;
    try {
      return await lookWithin(workingTree(opened.repository));
    } finally {
      // Of a hundred trees, not a hundred that wait for more to do.
      opened.repository.hg.end();
    }
  },
  remotes: async (top) => {
    const door = hgIn(top);
    try {
      return await remotes({ hg: door });
    } finally {
      door.end();
    }
  },
  clone,
};

function workingTree(repository: Repository): WorkingTree {
  let status: readonly StatusEntry[] | undefined;
  let refused: readonly Candidate[] | undefined;
  const isBackup = repository.settings.mode === 'backup';
  const site = hookSite(repository);
  const passedOver = passedOverIn(repository);
  return {
    vcs: 'hg',
    top: repository.top,
    privateFolder: repository.privateFolder,
    hookSite: site,
    defaultHookSite: site,
    heal: () => heal(repository),
    // What a power cut leaves of a dirstate or a transaction is found and healed at the start of a run.
    mend: async () => [],
    // Locks of hg's name their owner: nothing else has to tell that a run was killed.
    begin: () => undefined,
    end: () => {
      passedOver.remember();
      endRun(repository);
    },
    housekeeping: async () => housekeeping(repository),
    forget: () => forget(repository),
    inspect: async () => {
      const inspection = await inspect(repository);
      status = inspection.status;
      return inspection.state;
    },
    snapshot: async (request) => {
      refused = undefined;
      const keepAside = (candidates: readonly Candidate[]): void => {
        refused = candidates;
      };
      return await snapshot(repository, request, { status: status ?? (await readStatus(repository)), keepAside });
    },
    backUp: async (request) => await backUp(repository, request, status ?? (await readStatus(repository))),
    publishAside: (branch) => publishAside(repository, { branch, candidates: refused }),
    fetch: async (state) => await passedOver.tellWith(await fetchAndLookAround(repository, state)),
    // Hg knows no way that leaves nothing behind (docs/decisions/0018).
    squash: async ({ head }) => ({ kind: 'done', head, squashed: 0 }),
    integrate: (request) => integrate(repository, request),
    push: (branch, hub) => push(repository, branch, hub),
    sendLeftBehind: (left) => sendLeftBehind(repository, left),
    unpushed: (branch) => (isBackup ? unsentBackups(repository, branch) : unpushed(repository, branch)),
    uncommitted: () => uncommitted(repository),
    // Hg tells of ignored files only one by one, after it has looked at them all.
    ignoredFolders: async () => [],
    versions: versionsOf(repository),
    mergeTools: mergeTools(repository),
    ...(keepsSubrepositories(repository.settings)
      ? { subrepositories: subrepositoriesOf(repository, workingTree) }
      : {}),
  };
}

async function unpushed(repository: Repository, branch: string): Promise<number | undefined> {
  const upstream = await upstreamOf(repository);
  const { head } = await readPosition(repository);
  if ('why' in upstream || head === undefined) return undefined;
  const seen = readMemory(repository, memoryKey(upstream, branch))?.head;
  if (seen !== undefined && (await isKnown(repository, seen)))
    return await countOf(repository, `only(${head}, ${seen})`);
  return await countOf(repository, `::${head} and not public()`);
}

async function uncommitted(repository: Repository): Promise<readonly RelativePath[]> {
  const { branch } = await readPosition(repository);
  const backup = repository.settings.mode === 'backup' ? await notBackedUp(repository, branch) : undefined;
  return backup ?? (await uncommittedPaths(repository, await readStatus(repository)));
}
