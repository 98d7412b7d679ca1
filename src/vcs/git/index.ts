import { realPath } from '../../system/files.js';
import { lookWithin } from '../look-within.js';
import type { Opened, Vcs, WorkingTree } from '../vcs.js';
import { backUp } from './backup.js';
import { notBackedUp, unsentBackups } from './backup-state.js';
import { clone } from './clone.js';
import { gitIn } from './command.js';
import { fetch } from './fetch.js';
import { beginRun, endRun, heal } from './heal.js';
import { mend } from './heal-damage.js';
import { defaultHookSite, hookSite } from './hook-site.js';
import { housekeeping, removeOwnRefs } from './housekeeping.js';
import { ignoredFolders } from './ignored-folders.js';
import { inspect } from './inspect.js';
import { integrate } from './integrate.js';
import { look } from './look.js';
import { mergeTools } from './merge-tools.js';
import { openRepository } from './open.js';
import { publishAside } from './publish-aside.js';
import { push, sendLeftBehind } from './push.js';
import { readRef } from './refs.js';
import type { Repository } from './repository.js';
import { snapshot } from './snapshot.js';
import { squash } from './squash.js';
import { readStatus } from './status.js';
import type { Status } from './status-parser.js';
import { uncommitted } from './uncommitted.js';
import { remotes, upstreamOf } from './upstream.js';
import { versionsOf } from './versions.js';

/** git (2.38 or newer, for `merge-tree --write-tree`). */
export const git: Vcs = {
  kind: 'git',
  open: async (path, options): Promise<Opened> => {
    const opened = await openRepository(path, options);
    return opened.kind === 'opened' ? { kind: 'opened', tree: workingTree(opened.repository) } : opened;
  },
  look: async (path, options) => {
    const quick = await look(path, options.settings);
    if (quick !== undefined) return quick;
    const opened = await openRepository(path, options);
    // One that lies around the folder, whose own has gone, is another repository.
    if (opened.kind !== 'opened' || realPath(opened.repository.top) !== realPath(path)) return undefined;
    return await lookWithin(workingTree(opened.repository));
  },
  remotes: (top) => remotes({ git: gitIn(top) }),
  clone,
};

function workingTree(repository: Repository): WorkingTree {
  let status: Status | undefined;
  let asideTree: string | undefined;
  const isBackup = repository.settings.mode === 'backup';
  return {
    vcs: 'git',
    top: repository.top,
    privateFolder: repository.privateFolder,
    hookSite: hookSite(repository),
    defaultHookSite: defaultHookSite(repository),
    heal: () => heal(repository),
    mend: (words) => mend(repository, words),
    begin: () => beginRun(repository),
    end: () => endRun(repository),
    housekeeping: () => housekeeping(repository),
    forget: () => removeOwnRefs(repository),
    inspect: async () => {
      const inspection = await inspect(repository);
      status = inspection.status;
      return inspection.state;
    },
    snapshot: async (request) => {
      asideTree = undefined;
      const keepAside = (tree: string): void => {
        asideTree = tree;
      };
      return await snapshot(repository, request, { status: status ?? (await readStatus(repository)), keepAside });
    },
    backUp: async (request) => await backUp(repository, request, status ?? (await readStatus(repository))),
    publishAside: (branch) => publishAside(repository, { branch, tree: asideTree }),
    fetch: (state) => fetch(repository, state),
    squash: (request) => squash(repository, request),
    integrate: (request) => integrate(repository, request),
    push: (branch, hub) => push(repository, branch, hub),
    sendLeftBehind: (left) => sendLeftBehind(repository, left),
    unpushed: (branch) => (isBackup ? unsentBackups(repository, branch) : unpushed(repository, branch)),
    uncommitted: () => (isBackup ? notBackedUp(repository) : uncommitted(repository)),
    ignoredFolders: () => ignoredFolders(repository),
    versions: versionsOf(repository),
    mergeTools: mergeTools(repository),
  };
}

async function unpushed(repository: Repository, branch: string): Promise<number | undefined> {
  const upstream = await upstreamOf(repository, branch);
  const head = await readRef(repository, `refs/heads/${branch}`);
  if ('kind' in upstream || head === undefined) return undefined;
  const hub = await readRef(repository, upstream.trackingRef);
  if (hub === head) return 0;
  const range = hub === undefined ? [head] : [`${hub}..${head}`];
  return Number(await repository.git.text(['rev-list', '--count', ...range]));
}
