import { type FoldersTold, isProgramAtWork } from '../../system/process-list.js';

/** Tells whether a git works in a folder, wherever it was started: the person may have told it of the folder instead. */
export const isGitWorkingIn = (folder: string): boolean => isProgramAtWork('git', folder, gitFolderTold);

/** Returns the git folder that a git was told of (`--git-dir`, `GIT_DIR`; git(1)). */
const gitFolderTold: FoldersTold = (args, variables) => {
  // One that stays to answer others has only inherited it from whoever began it, and holds nothing there.
  if (args.some((arg) => arg.endsWith('--daemon'))) return [];
  const next = args[args.indexOf('--git-dir') + 1];
  const option = args.includes('--git-dir') && next !== undefined ? [next] : [];
  return [...option, ...valuesOf('--git-dir', args), ...valuesOf('GIT_DIR', variables)];
};

const valuesOf = (name: string, words: readonly string[]): readonly string[] =>
  words.flatMap((word) => (word.startsWith(`${name}=`) ? [word.slice(name.length + 1)] : []));
