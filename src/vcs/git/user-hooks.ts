import { childEnvironment } from '../../system/environment.js';
import { exec } from '../../system/exec.js';
import {
  exists,
  isExecutable,
  joinPath,
  readTextIfPresent,
  realPath,
  remove,
  writeAtomically,
} from '../../system/files.js';
import { placesOnTheWay } from '../places-on-the-way.js';
import { lastWords } from './command.js';
import type { PrivateIndex } from './private-index.js';
import type { Repository } from './repository.js';

/** What a hook of the person's said. */
export type HookAnswer = { readonly kind: 'passed' } | { readonly kind: 'refused'; readonly why: string };

/** Five minutes: longer than any hook that a person would wait for. */
const HOOK_LIMIT_MS = 300_000;

/**
 * Returns the folder of the person's hooks, or undefined where they could have come with a push: what lies inside the
 * working tree, or is reached through a link there, runs only with `tracked-hooks = true` (PROMISES, P11).
 */
function hooksFolder(repository: Repository, hook: string): string | undefined {
  const script = joinPath(repository.hooksFolder, hook);
  if (!isExecutable(script)) return undefined;
  if (repository.settings.trackedHooks) return repository.hooksFolder;
  const top = realPath(repository.top);
  const metadata = [repository.gitDir, repository.commonDir].map((folder) => realPath(folder));
  const isBelow = (place: string, folder: string): boolean => place.startsWith(`${folder}/`);
  const isTracked = (place: string): boolean =>
    isBelow(place, top) && !metadata.some((folder) => isBelow(place, folder));
  return [...placesOnTheWay(script), realPath(script)].some(isTracked) ? undefined : repository.hooksFolder;
}

/** Runs `pre-commit` on a private index; the hook may change that index as it could change the person's own. */
export async function runPreCommit(repository: Repository, index: PrivateIndex): Promise<HookAnswer> {
  return await runHook(repository, 'pre-commit', [], index);
}

/** Runs `commit-msg` on a message and returns the message as the hook left it. */
export async function runCommitMessage(
  repository: Repository,
  index: PrivateIndex,
  message: string,
): Promise<HookAnswer & { readonly message: string }> {
  if (hooksFolder(repository, 'commit-msg') === undefined) return { kind: 'passed', message };
  const file = joinPath(repository.privateFolder, 'message');
  writeAtomically(file, message);
  try {
    const answer = await runHook(repository, 'commit-msg', ['--', file], index);
    return { ...answer, message: readTextIfPresent(file) ?? message };
  } finally {
    remove(file);
  }
}

async function runHook(
  repository: Repository,
  hook: string,
  args: readonly string[],
  index: PrivateIndex,
): Promise<HookAnswer> {
  const folder = hooksFolder(repository, hook);
  if (folder === undefined) return { kind: 'passed' };
  const result = await exec({
    program: 'git',
    args: ['-c', `core.hooksPath=${folder}`, 'hook', 'run', '--ignore-missing', hook, ...args],
    cwd: repository.top,
    env: childEnvironment({ GIT_INDEX_FILE: index.file, GIT_EDITOR: ':', GIT_TERMINAL_PROMPT: '0' }),
    timeoutMs: HOOK_LIMIT_MS,
  });
  if (!exists(index.file)) return { kind: 'refused', why: `the hook '${hook}' removed the index it was given` };
  if (result.exitCode === 0) return { kind: 'passed' };
  const words = result.timedOut ? 'it did not end in five minutes' : lastWords(result.stderr);
  return { kind: 'refused', why: `the hook '${hook}' refused: ${words}` };
}
