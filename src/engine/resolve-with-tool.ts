import { AutosyncError } from '../model/errors.js';
import { joinPath, readIfPresent, removeTree } from '../system/files.js';
import { printable } from '../system/printable.js';
import type { MergeTool } from '../vcs/merge-tool.js';
import type { WorkingTree } from '../vcs/vcs.js';
import { type ConflictVersions, isUnchanged, readVersions } from './conflict-versions.js';
import type { EngineContext } from './context.js';
import { changeFiles, inRepository, openTarget } from './deed.js';
import type { OpenConflict } from './inbox.js';
import { type PausedMerge, resolveMerging } from './merge-paused.js';
import { planResolve, type Resolved } from './resolve.js';
import type { Target } from './target.js';
import { openTool, type StartTool } from './tool-session.js';

/** A conflict to merge by hand, and in which tool. */
export type ToolResolution = {
  readonly target: Target;
  readonly conflict: OpenConflict;
  readonly tool: MergeTool;
  readonly start: StartTool;
};

/**
 * Opens a tool on the versions of a conflict and takes what it makes as the resolution. A person works in it for as long
 * as he likes: no lock is held meanwhile, and what somebody else has saved by then is left as it is. What a tool has made
 * and cannot be taken stays where the error says.
 */
export async function resolveWithTool(
  context: EngineContext,
  { target, conflict, tool, start }: ToolResolution,
): Promise<Resolved> {
  const { clock, locations } = context;
  const tree = await openTarget(context, target);
  const { path } = conflict;
  const versions = await readVersions(tree, conflict);
  const { merges } = locations;
  const session = await openTool({ tree, path, versions, tool, start, merges, now: clock.now() });
  if (session.kind === 'nothing') {
    const kept = session.file === undefined ? [] : [keptIn(session.file)];
    throw new AutosyncError('failed', `'${printable(path)}' is not resolved: ${session.why}`, kept);
  }
  const { bytes, file, folder } = session;
  try {
    const resolved = await inRepository(context, target, (here) =>
      takeResult(context, { tree: here, target, conflict, versions, bytes }),
    );
    removeTree(folder);
    return resolved;
  } catch (error) {
    if (!(error instanceof AutosyncError)) throw error;
    throw new AutosyncError(error.kind, error.message, [...error.hints, keptIn(file)], error);
  }
}

const keptIn = (file: string): string => `what the tool made is in '${file}'`;

type Result = Pick<ToolResolution, 'target' | 'conflict'> & {
  readonly tree: WorkingTree;
  readonly versions: ConflictVersions;
  readonly bytes: Buffer;
};

async function takeResult(context: EngineContext, result: Result): Promise<Resolved> {
  const { tree, target, conflict, versions, bytes } = result;
  const choice = { kind: 'merged', bytes } as const;
  if (conflict.state === 'paused') return await takePaused(context, result);
  const { plan } = await changeFiles(
    context,
    { tree, target },
    {
      kind: 'resolve',
      plan: async (here, present) => {
        // After what stands there has been committed: who saves later is met by the placement.
        if (!(await isUnchanged(here, conflict, versions))) throw savedMeanwhile(conflict);
        return await planResolve(here, present, { conflicts: [conflict], choice });
      },
    },
  );
  return only(plan.resolved);
}

async function takePaused(
  context: EngineContext,
  { tree, target, conflict, versions, bytes }: Result,
): Promise<Resolved> {
  if (!(await isUnchanged(tree, conflict, versions))) throw savedMeanwhile(conflict);
  const { path } = conflict;
  const lookAgain = async ({ top, versions: history }: WorkingTree, merge: PausedMerge): Promise<void> => {
    const [mine, theirs] = [await history.read(merge.ours, path), await history.read(merge.theirs, path)];
    const now = readIfPresent(joinPath(top, path));
    // The run before the merge has committed what was saved until then, and the merge has put the hub's version there:
    // anything else was saved since, or came in later than the tool knew.
    const isKnown = [mine?.equals(versions.mine), theirs?.equals(versions.theirs), now?.equals(versions.theirs)];
    if (!isKnown.every((known) => known === true)) throw savedMeanwhile(conflict);
  };
  const choice = { kind: 'merged', bytes } as const;
  return only(await resolveMerging(context, { tree, target, conflicts: [conflict], choice, lookAgain }));
}

function only(resolved: readonly Resolved[]): Resolved {
  const [first] = resolved;
  if (first === undefined) throw new Error('a plan without a result');
  return first;
}

const savedMeanwhile = ({ path }: OpenConflict): AutosyncError =>
  new AutosyncError(
    'failed',
    `'${printable(path)}' is not resolved: a version of it was saved while the tool was open`,
    ['try again: the tool then begins with what stands there now'],
  );
