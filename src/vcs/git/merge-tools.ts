import { resolve } from 'node:path';
import { asAbsolute } from '../../model/paths.js';
import { personsEnvironment } from '../../system/environment.js';
import { joinPath, readIfPresent } from '../../system/files.js';
import { packageRoot } from '../../system/package.js';
import { splitPaths } from '../../system/path-bytes.js';
import { printable } from '../../system/printable.js';
import { type FoundTool, type MergeTool, type MergeTools, mayComeFromPush, namedByPush } from '../merge-tool.js';
import type { Repository } from './repository.js';

const SCRIPT = joinPath(packageRoot, 'templates', 'git', 'merge-tool.sh');

const HINTS = ['git config --global merge.tool vimdiff', 'git mergetool --tool-help names those that there are'];

/** The merge tools of `merge.tool` and `mergetool.<name>`, started by git's own library of them. */
export function mergeTools(repository: Repository): MergeTools {
  return {
    find: async ({ name }) => {
      const settings = await readToolSettings(repository);
      const wanted = name ?? settingOf(settings, 'merge.tool') ?? settingOf(settings, 'merge.guitool');
      const own = settings.filter(({ key }) => belongsTo(key, wanted));
      const { top, gitDir, commonDir } = repository;
      const foreign = own.find(({ file }) => mayComeFromPush({ top, metadata: [gitDir, commonDir] }, file));
      if (foreign !== undefined) return namedByPush(printable(foreign.file));
      if (wanted === undefined) return { kind: 'none', why: 'no merge tool is set up', hints: HINTS };
      if (!/^[\w.+-]+$/.test(wanted)) return unknown(wanted);
      return { kind: 'found', tool: toolOf(wanted, own) };
    },
    draft: async ({ base, local, remote, hasBase }) => {
      const names = ['-L', 'mine', '-L', hasBase ? 'base' : 'nothing', '-L', 'theirs'];
      const result = await repository.git.run(['merge-file', '--stdout', ...names, '--', local, base, remote]);
      // The number of conflicts, at most 127; for what is no text, an error.
      const isMerged = result.exitCode >= 0 && result.exitCode <= 127;
      return isMerged ? result.stdout : (readIfPresent(local) ?? Buffer.alloc(0));
    },
  };
}

const unknown = (name: string): FoundTool => ({
  kind: 'none',
  why: `'${printable(name)}' is no merge tool`,
  hints: HINTS,
});

type ToolSetting = { readonly key: string; readonly value: string; readonly file: ReturnType<typeof asAbsolute> };

/** The rest belongs to other tools, and is nothing to this one. */
const belongsTo = (key: string, tool: string | undefined): boolean =>
  /^merge\.(gui)?tool$/.test(key) || (tool !== undefined && key.startsWith(`mergetool.${tool}.`));

const settingOf = (settings: readonly ToolSetting[], key: string): string | undefined =>
  settings.findLast((setting) => setting.key === key && setting.value !== '')?.value;

/** Reads `<origin> NUL <key> LF <value> NUL`; an origin is `file:<path>`, from the top where it is relative. */
async function readToolSettings({ git, top }: Repository): Promise<readonly ToolSetting[]> {
  const args = ['config', '--show-origin', '-z', '--includes', '--get-regexp', '^(merge\\.(gui)?tool$|mergetool\\.)'];
  // Exit code 1: there is none.
  const { stdout } = await git.run(args);
  const words = splitPaths(stdout);
  const settings: ToolSetting[] = [];
  for (let at = 0; at + 1 < words.length; at += 2) {
    const [origin = '', pair = ''] = [words[at], words[at + 1]];
    const end = pair.indexOf('\n');
    const [key, value] = end < 0 ? [pair, 'true'] : [pair.slice(0, end), pair.slice(end + 1)];
    settings.push({ key, value, file: asAbsolute(resolve(top, origin.replace(/^file:/, ''))) });
  }
  return settings;
}

function toolOf(name: string, settings: readonly ToolSetting[]): MergeTool {
  // Without a word of the person's on it, the exit code of a command of his counts.
  const isCommand = settings.some(({ key }) => key === `mergetool.${name}.cmd`);
  const isTrusted = settings.some(({ key }) => key === `mergetool.${name}.trustexitcode`);
  const trust = isCommand && !isTrusted ? [{ key: `mergetool.${name}.trustExitCode`, value: 'true' }] : [];
  // The tool runs outside of the repository, whose own settings it would not see.
  const handed = [...settings, ...trust].flatMap(({ key, value }, at) => [
    [`GIT_CONFIG_KEY_${at}`, key] as const,
    [`GIT_CONFIG_VALUE_${at}`, value] as const,
  ]);
  const configuration = { ...Object.fromEntries(handed), GIT_CONFIG_COUNT: String(handed.length / 2) };
  return {
    name,
    start: ({ base, local, remote, merged, hasBase }) => {
      const files = { BASE: base, LOCAL: local, REMOTE: remote, MERGED: merged, BACKUP: `${merged}.orig` };
      const env = personsEnvironment({ ...configuration, ...files });
      return { program: 'sh', args: [SCRIPT, name, String(hasBase)], env };
    },
  };
}
