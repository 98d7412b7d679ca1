import type { OpenConflict } from '../engine/inbox.js';
import type { Target } from '../engine/target.js';
import type { StartTool } from '../engine/tool-session.js';
import { AutosyncError } from '../model/errors.js';
import { personsEnvironment } from '../system/environment.js';
import { execInForeground } from '../system/exec.js';
import { setProgress } from '../system/terminal.js';
import type { MergeTool } from '../vcs/merge-tool.js';
import type { WorkingTree } from '../vcs/vcs.js';

/** Which tool is wanted for a conflict: a name, or the empty text for the one that the person has set up. */
export type ToolWish = {
  readonly tree: WorkingTree;
  readonly target: Target;
  readonly conflict: OpenConflict;
  readonly name: string;
};

/** Finds a merge tool: `merge-tool` of the person's own `config.toml`, else that of git or hg. */
export async function findTool({ tree, target, conflict, name }: ToolWish): Promise<MergeTool> {
  const { mergeTool } = target.settings;
  if (name === '' && mergeTool.length > 0) return ownTool(mergeTool);
  const path = conflict.kept.path ?? conflict.copy ?? conflict.path;
  const found = await tree.mergeTools.find({ name: name === '' ? undefined : name, path });
  if (found.kind === 'found') return found.tool;
  const own = `or set merge-tool in autosync's config.toml: autosync config merge-tool says what it takes`;
  throw new AutosyncError('failed', found.why, [...found.hints, own]);
}

function ownTool([program = '', ...words]: readonly string[]): MergeTool {
  return {
    name: program,
    start: ({ base, local, remote, merged }) => {
      const files: Readonly<Record<string, string>> = { base, local, remote, merged };
      const filled = words.map((word) =>
        word.replaceAll(/\{(base|local|remote|merged)\}/g, (_whole, file: string) => files[file] ?? ''),
      );
      return { program, args: filled, env: personsEnvironment() };
    },
  };
}

/** Starts a tool on the person's terminal. */
export const startTool =
  (output: 'stdout' | 'stderr'): StartTool =>
  async (command) => {
    setProgress(false);
    return await execInForeground({ ...command, output });
  };
