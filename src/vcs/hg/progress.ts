import type { HgOptions } from './command.js';
import type { Repository } from './repository.js';

/** Makes hg draw its progress although nobody may watch: it tells that something moves. */
export const PROGRESS_SETTINGS: readonly string[] = [
  'progress.assume-tty=true',
  'progress.delay=0',
  'progress.refresh=0.1',
  'progress.format=topic number',
];

/** Hg draws no progress while it is told to be quiet; what it says besides goes to standard output, which nobody reads. */
export const quietly = (progress: Repository['progress']): readonly string[] => (progress === undefined ? ['-q'] : []);

/** How a long command on this machine alone is run: its progress is drawn where somebody watches, and only there. */
export function watched({ progress }: Pick<Repository, 'progress'>): {
  readonly args: readonly string[];
  readonly options: HgOptions;
} {
  if (progress === undefined) return { args: quietly(progress), options: {} };
  return {
    args: PROGRESS_SETTINGS.flatMap((setting) => ['--config', setting]),
    options: { onStderr: progress },
  };
}
