import { type AbsolutePath, asAbsolute } from '../../model/paths.js';
import { isFolder, joinPath } from '../../system/files.js';
import { isForeignName } from '../../system/path-bytes.js';
import type { OpenOptions } from '../vcs.js';
import { type Git, gitAtTop, gitIn, lastWords } from './command.js';
import { readHookFacts } from './hook-site.js';
import type { Repository } from './repository.js';

/** What stands at a path, as git sees it. */
export type GitOpened =
  | { readonly kind: 'opened'; readonly repository: Repository }
  | { readonly kind: 'not-a-repository' }
  | { readonly kind: 'bare' }
  | { readonly kind: 'refused'; readonly why: string; readonly hint: string };

/** Opens the working tree that a path is the top of, or lies in. */
export async function openRepository(path: AbsolutePath, options: OpenOptions): Promise<GitOpened> {
  if (isForeignName(path)) {
    const hint = 'rename the folder; names inside it may be anything';
    return { kind: 'refused', why: 'the path of the repository is not UTF-8 text', hint };
  }
  if (!isFolder(path)) return { kind: 'not-a-repository' };
  const git = gitIn(path);
  const answer = await askAll(git);
  if (answer.length < QUESTIONS.length) return await notOpened(git, path, answer);
  const [, inside, format, ...paths] = answer;
  if (inside !== 'true') return { kind: 'not-a-repository' };
  const [top = path, gitDir = path, commonDir = path, indexFile = path, hooksFolder = path] = paths.map(asAbsolute);
  const privateFolder = joinPath(gitDir, 'autosync');
  const objectFormat = format === 'sha256' ? 'sha256' : 'sha1';
  const { settings, messages, now, sleep, progress } = options;
  const places = { git: gitAtTop(top), top, gitDir, commonDir, indexFile, hooksFolder, privateFolder };
  const hooks = await readHookFacts(places);
  return { kind: 'opened', repository: { ...places, hooks, objectFormat, settings, messages, now, sleep, progress } };
}

/** What is asked of `git rev-parse`, in this order; the first three answers come also where there is no working tree. */
const QUESTIONS: readonly (readonly string[])[] = [
  ['--is-bare-repository'],
  ['--is-inside-work-tree'],
  ['--show-object-format'],
  ['--show-toplevel'],
  ['--git-dir'],
  ['--git-common-dir'],
  ['--git-path', 'index'],
  ['--git-path', 'hooks'],
];

/** Asks everything at once; one by one where a path holds a newline, which would part the answers. */
async function askAll(git: Git): Promise<readonly string[]> {
  const ask = async (questions: typeof QUESTIONS): Promise<string> => {
    const args = ['rev-parse', '--path-format=absolute', ...questions.flat()];
    return (await git.run(args, { seesHooksPath: true })).stdout.toString('utf8').replace(/\n$/, '');
  };
  const lines = (await ask(QUESTIONS)).split('\n');
  if (lines.length <= QUESTIONS.length) return lines;
  return await Promise.all(QUESTIONS.map((question) => ask([question])));
}

async function notOpened(git: Git, path: AbsolutePath, answer: readonly string[]): Promise<GitOpened> {
  const [bare, inside] = answer;
  if (bare === 'true' && inside === 'false') return { kind: 'bare' };
  if (inside === 'false') return { kind: 'not-a-repository' };
  const { stderr } = await git.run(['rev-parse', '--git-dir']);
  if (/dubious ownership/.test(stderr)) {
    const hint = `if you trust it: git config --global --add safe.directory '${path}'`;
    return { kind: 'refused', why: 'the repository belongs to another user', hint };
  }
  if (/not a git repository/.test(stderr)) return { kind: 'not-a-repository' };
  if (/cannot use bare repository/.test(stderr)) return { kind: 'bare' };
  return { kind: 'refused', why: lastWords(stderr), hint: 'git status shows what is wrong' };
}
