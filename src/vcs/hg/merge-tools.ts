import { asAbsolute, type RelativePath } from '../../model/paths.js';
import {
  childEnvironment,
  homeFolder,
  pathCandidates,
  personsEnvironment,
  variable,
} from '../../system/environment.js';
import { exec } from '../../system/exec.js';
import { isExecutable, readIfPresent } from '../../system/files.js';
import { printable } from '../../system/printable.js';
import { quoteShell } from '../../system/quote.js';
import { type FoundTool, type MergeFiles, type MergeTools, mayComeFromPush, namedByPush } from '../merge-tool.js';
import { exactly } from './command.js';
import type { Repository } from './repository.js';

const HINTS = [
  "name one in your ~/.hgrc: '[ui]', and below it 'merge = vimdiff'",
  'hg help merge-tools says how a program is made one',
];

const LIMIT_MS = 60_000;

/** The merge tools of `ui.merge` and `[merge-tools]`, chosen by hg itself. */
export function mergeTools(repository: Repository): MergeTools {
  return {
    find: async ({ name, path }) => {
      const settings = await readToolSettings(repository);
      const foreign = settings.find(({ source }) => isFromPush(repository, source));
      if (foreign !== undefined) return namedByPush(printable(foreign.source));
      const chosen = name ?? (await pickTool(repository, path));
      if (chosen === undefined || /^(:|internal:)/.test(chosen)) {
        return {
          kind: 'none',
          why: `no merge tool is set up${chosen === undefined ? '' : ` but hg's own '${printable(chosen)}'`}`,
          hints: HINTS,
        };
      }
      return findTool(settings, chosen, name !== undefined);
    },
    // As hg has it: the tool is given the versions, and makes the rest itself.
    draft: async ({ local }) => readIfPresent(local) ?? Buffer.alloc(0),
  };
}

type ToolSetting = { readonly name: string; readonly value: string; readonly source: string };

/** Runs hg with the person's own settings, which for everything else are overruled. */
async function ownHg({ top }: Repository, args: readonly string[]): Promise<{ code: number; out: string }> {
  const own = variable('HGMERGE');
  const env = childEnvironment({ HGPLAIN: '1', HGENCODING: 'utf-8', ...(own === undefined ? {} : { HGMERGE: own }) });
  const words = [...args, '--config', 'extensions.fsmonitor=!', '--config', 'ui.interactive=false'];
  const result = await exec({ program: 'hg', args: words, cwd: top, env, timeoutMs: LIMIT_MS });
  return { code: result.exitCode, out: result.stdout.toString('utf8') };
}

/** Reads `hg config -T json`: a list of objects with name, value and source. */
async function readToolSettings(repository: Repository): Promise<readonly ToolSetting[]> {
  const sections = ['ui.merge', 'ui.forcemerge', 'merge-patterns', 'merge-tools'];
  const { out } = await ownHg(repository, ['config', '-T', 'json', ...sections]);
  const found: unknown = JSON.parse(out === '' ? '[]' : out);
  return Array.isArray(found) ? found.flatMap(asSetting) : [];
}

function asSetting(entry: unknown): readonly ToolSetting[] {
  if (typeof entry !== 'object' || entry === null || !('name' in entry) || !('value' in entry)) return [];
  const source = 'source' in entry && typeof entry.source === 'string' ? entry.source : '';
  return [{ name: String(entry.name), value: String(entry.value), source }];
}

/** A source is `<file>:<line>`, or something that is no file. */
function isFromPush({ top, hgFolder }: Repository, source: string): boolean {
  const file = source.replace(/:\d+$/, '');
  return file.startsWith('/') && mayComeFromPush({ top, metadata: [hgFolder] }, asAbsolute(file));
}

/** Asks hg for the tool of a path: `<path> = <tool>`. */
async function pickTool(repository: Repository, path: RelativePath): Promise<string | undefined> {
  const { code, out } = await ownHg(repository, ['debugpickmergetool', ...exactly([path])]);
  const line = out.split('\n').findLast((text) => text.includes(' = '));
  return code !== 0 || line === undefined ? undefined : line.slice(line.lastIndexOf(' = ') + 3);
}

function findTool(settings: readonly ToolSetting[], name: string, isNamed: boolean): FoundTool {
  const settingOf = (part: string): string | undefined =>
    settings.findLast((setting) => setting.name === `merge-tools.${name}.${part}`)?.value;
  const isKnown = settings.some((setting) => setting.name.startsWith(`merge-tools.${name}.`));
  const executable = settingOf('executable') ?? name;
  const hints = [`hg config merge-tools.${printable(name)}`, ...HINTS];
  if (executable.startsWith('python:')) {
    return { kind: 'none', why: `'${printable(name)}' is a function in Python, and no program`, hints };
  }
  const found = findProgram(executable);
  // What hg was told by HGMERGE, or by a name that it has no settings for, may be a whole command.
  const isCommand = !isKnown && !isNamed && found === undefined;
  if (found === undefined && !isCommand) {
    return {
      kind: 'none',
      why: `the program '${printable(executable)}' of the merge tool '${printable(name)}' is not there`,
      hints,
    };
  }
  const command = isCommand ? name : quoteShell(found ?? executable);
  const args = settingOf('args') ?? '$local $base $other';
  return {
    kind: 'found',
    tool: {
      name,
      start: (files, path) => ({ program: 'sh', ...asShell(`${command} ${filledIn(args, files)}`, path) }),
    },
  };
}

function findProgram(executable: string): string | undefined {
  const full = executable.replace(/^~(?=\/)/, homeFolder());
  if (full.includes('/')) return isExecutable(full) ? full : undefined;
  return pathCandidates(full).find(isExecutable);
}

const asShell = (
  line: string,
  path: RelativePath,
): { args: readonly string[]; env: Readonly<Record<string, string>> } => ({
  // A key that interrupts is for the tool.
  args: ['-c', `trap : INT; ${line}`],
  env: personsEnvironment({
    HG_FILE: path,
    HG_MY_LABEL: 'mine',
    HG_OTHER_LABEL: 'theirs',
    HG_BASE_LABEL: 'base',
    HG_MY_ISLINK: '0',
    HG_OTHER_ISLINK: '0',
    HG_BASE_ISLINK: '0',
  }),
});

/** Fills in what hg fills in; a tool that is told no output changes `$local`, which then is the result. */
function filledIn(args: string, { base, local, remote, merged }: MergeFiles): string {
  const own = args.includes('$output') ? local : merged;
  const values: Readonly<Record<string, string>> = {
    base,
    local: own,
    other: remote,
    output: merged,
    labellocal: 'mine',
    labelbase: 'base',
    labelother: 'theirs',
  };
  return args.replaceAll(/\$(labellocal|labelbase|labelother|local|base|other|output)/g, (_whole, name: string) =>
    quoteShell(values[name] ?? ''),
  );
}
