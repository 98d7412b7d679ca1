import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canCut, type ERRORS, type READ_ERRORS } from '../support/cut.js';
import { attack } from './attack.js';
import { OPERATIONS } from './operations.js';
import { type Reference, referenceOf } from './reference.js';
import type { Attack } from './strike.js';
import { pretendCron } from './sweep-world.js';

/** Something that a sweep found: the call is named by what it does, since its number changes with the program. */
type Found = { readonly operation: string; readonly calls?: string } & (
  | { readonly kind: 'kill' | 'kill-after' | 'kill-child' }
  | { readonly kind: 'error'; readonly error: (typeof ERRORS)[number]; readonly sticky: boolean }
  | { readonly kind: 'misread'; readonly error: (typeof READ_ERRORS)[number]; readonly path?: string }
);

const FOUND: readonly (readonly [string, Found])[] = [
  [
    'a disk that fails while the branch moves leaves index, files and branch in step',
    {
      operation: 'fast-forward',
      kind: 'error',
      error: 'EIO',
      sticky: true,
      calls: 'write */here/.git/refs/heads/main.lock',
    },
  ],
  [
    'killed before our lock on the index has its place, a run leaves nothing of it',
    { operation: 'snapshot', kind: 'kill', calls: 'link */here/.git/index.lock' },
  ],
  [
    'killed before the journal of a move is there, a run leaves no copy of the index',
    { operation: 'snapshot', kind: 'kill', calls: 'rename */here/.git/autosync/move.json' },
  ],
  [
    'a git that alone is killed leaves no lock that stops the next run',
    { operation: 'staged', kind: 'kill-child', calls: 'mkdir */here/.git/logs/refs/remotes/origin/autosync' },
  ],
  [
    'killed between the index and the branch, a run is taken back',
    { operation: 'merge', kind: 'kill', calls: 'open */here/.git/refs/heads/main.lock' },
  ],
  [
    'a quota that is used up while files are put in place keeps nobody from taking them back',
    { operation: 'conflict', kind: 'error', error: 'EDQUOT', sticky: true, calls: 'link */placement/new/*' },
  ],
  [
    'a quota that is used up is told in words, not as a bug',
    { operation: 'snapshot', kind: 'error', error: 'EDQUOT', sticky: true, calls: 'open */here/.git/autosync/index.*' },
  ],
  [
    "a lock that the hub's own git left holds pushes up for ten minutes, and not for ever",
    { operation: 'push', kind: 'kill-after', calls: 'open */hub.git/*refs/heads/main.lock' },
  ],
  [
    'a clone that was killed half-way is begun again',
    { operation: 'clone', kind: 'kill', calls: 'open */.cloned.autosync-*/.git/refs/remotes/origin/HEAD*' },
  ],
  [
    'a clone that was killed when it was whole is installed by the same command',
    { operation: 'clone', kind: 'kill-after', calls: 'rename */.cloned.autosync-*' },
  ],
  [
    'an uninstallation that was killed is ended by the same command',
    { operation: 'uninstall', kind: 'kill', calls: 'unlink */.local/share/autosync/run' },
  ],
  [
    'a repository of which something could not be taken back stays installed until it can',
    {
      operation: 'uninstall',
      kind: 'error',
      error: 'EROFS',
      sticky: false,
      calls: 'open */here/.git/packed-refs.lock',
    },
  ],
  [
    'an uninstallation that was killed leaves no lock that stops the next one',
    { operation: 'uninstall', kind: 'kill', calls: 'open */here/.git/packed-refs.lock' },
  ],
  [
    'an uninstallation that was killed when all was done leaves no lock of ours',
    { operation: 'uninstall', kind: 'kill', calls: 'unlink */autosync/install.lock' },
  ],
  [
    'a launcher that was half written when its writer was killed is not left beside the whole one',
    { operation: 'clone', kind: 'kill', calls: 'rename */.local/share/autosync/run' },
  ],
  [
    'a request that was half written when its writer was killed is thrown away by the next run',
    { operation: 'clone', kind: 'kill', calls: 'fsync */autosync/spool/.*' },
  ],
  [
    'a crontab that was half written when its writer was killed is not left beside the whole one',
    { operation: 'install', kind: 'kill', calls: 'rename */crontab.new.*.new -> *' },
  ],
  [
    'a list of ignored files that was half written when its writer was killed is not left beside the whole one',
    { operation: 'in the way', kind: 'kill', calls: 'rename */info/exclude' },
  ],
  [
    'a quota that is used up when a folder is made is told in words, not as a bug',
    { operation: 'swap', kind: 'error', error: 'EDQUOT', sticky: false, calls: 'mkdir */placement/old' },
  ],
  [
    'a disk on which no folder can be made any more keeps none of the other files from coming back',
    { operation: 'swap', kind: 'error', error: 'ENOSPC', sticky: true, calls: 'link */placement/new/swap/inner -> *' },
  ],
  [
    'a quota that is used up when a folder is to come back is told in words, not as a bug',
    { operation: 'swap', kind: 'error', error: 'EDQUOT', sticky: true, calls: 'rmdir */placement/new' },
  ],
  [
    'what had stood in the way and comes back on a full disk keeps no second name',
    { operation: 'in the way', kind: 'error', error: 'ENOSPC', sticky: true, calls: 'fsync */move.json.*.new' },
  ],
  [
    'a disk that refuses everything keeps only that file out of its place which was on its way',
    { operation: 'conflict', kind: 'error', error: 'EACCES', sticky: true, calls: 'link */placement/new/both.md -> *' },
  ],
  [
    'rules that cannot be read let nothing out that they keep back',
    { operation: 'in the way', kind: 'misread', error: 'EIO', path: '.gitignore' },
  ],
  [
    'a changed file at which git cannot look is named, not called synced',
    { operation: 'snapshot', kind: 'misread', error: 'EIO', path: 'edited.txt' },
  ],
  [
    'what is staged stays staged while git cannot look at its file',
    { operation: 'staged', kind: 'misread', error: 'EACCES', path: 'edited.txt' },
  ],
  [
    'a crontab that could not be written leaves no file of ours beside it',
    { operation: 'install', kind: 'error', error: 'EIO', sticky: true, calls: 'rename */bin/table' },
  ],
];

const references = new Map<string, Promise<Reference>>();

function referenceTo(name: string): Promise<Reference> {
  const operation = OPERATIONS.find((one) => one.name === name);
  if (operation === undefined) throw new Error(`there is no operation '${name}'`);
  const reference = references.get(name) ?? referenceOf(operation);
  references.set(name, reference);
  return reference;
}

describe.skipIf(!canCut())('what sweeps have found', () => {
  let stopCron = (): void => undefined;

  beforeAll(async () => {
    stopCron = await pretendCron();
  });

  afterAll(() => stopCron());

  it.each(FOUND)('%s', async (_name, { operation, calls = '*', ...what }) => {
    const outcome = await attack(await referenceTo(operation), { ...what, at: 1, matching: calls } as Attack);
    expect(outcome).toEqual({ happened: expect.any(Number), failures: [], hubLocked: operation === 'push' });
    expect(outcome.happened).toBeGreaterThan(0);
  });
});
