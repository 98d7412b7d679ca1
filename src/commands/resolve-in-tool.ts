import { expectSync, openTarget } from '../engine/deed.js';
import type { OpenConflict } from '../engine/inbox.js';
import type { Resolved, Unresolved } from '../engine/resolve.js';
import { resolveWithTool } from '../engine/resolve-with-tool.js';
import type { Target } from '../engine/target.js';
import { exitCode } from '../engine/verdict.js';
import { RUN_BY_HAND, visit } from '../engine/visit.js';
import { AutosyncError } from '../model/errors.js';
import { EXIT, type ExitCode } from '../model/exit-codes.js';
import type { RepoReport } from '../model/report.js';
import { say, sayJson } from '../system/terminal.js';
import type { WorkingTree } from '../vcs/vcs.js';
import { findTool, startTool } from './find-tool.js';
import { describeReport, warnOf } from './render.js';
import {
  type Decided,
  describeResolved,
  type Meant,
  meantConflicts,
  resolvedJson,
  unresolvedJson,
} from './resolve-chosen.js';
import type { Wiring } from './wiring.js';

/** What is to be merged in a tool; its name is empty where the person's own choice is meant. */
export type InToolRequest = {
  readonly target: Target;
  readonly meant: Meant;
  readonly name: string;
  readonly json: boolean;
};

/** Opens the tool for one conflict after the other, and sends at the end what came of it. */
export async function resolveInTool(wiring: Wiring, request: InToolRequest): Promise<ExitCode> {
  const { target, meant, json } = request;
  expectSync(target);
  const tree = await openTarget(wiring.engine, target);
  const chosen = await meantConflicts(wiring, { tree, target, ...meant });
  const resolved: Resolved[] = [];
  const unresolved: Unresolved[] = [];
  for (const conflict of chosen) {
    const found = await merge(wiring, request, { tree, conflict });
    if ('error' in found) unresolved.push(found);
    else resolved.push(found);
  }
  const report = resolved.length === 0 ? undefined : await visit(wiring.engine, target, RUN_BY_HAND);
  const outcome = { resolved, unresolved };
  if (json) showJson(outcome, report);
  else show(outcome, report);
  if (unresolved.length > 0) return EXIT.failed;
  return report === undefined ? EXIT.done : exitCode([report]);
}

type One = { readonly tree: WorkingTree; readonly conflict: OpenConflict };

async function merge(
  { engine }: Wiring,
  { target, name, json }: InToolRequest,
  { tree, conflict }: One,
): Promise<Resolved | Unresolved> {
  try {
    const tool = await findTool({ tree, target, conflict, name });
    return await resolveWithTool(engine, { target, conflict, tool, start: startTool(json ? 'stderr' : 'stdout') });
  } catch (error) {
    if (!(error instanceof AutosyncError)) throw error;
    return { path: conflict.path, error };
  }
}

function showJson({ resolved, unresolved }: Decided, report: RepoReport | undefined): void {
  sayJson({
    schema: 1,
    resolved: resolved.map(resolvedJson),
    unresolved: unresolved.map(unresolvedJson),
    report: report ?? null,
  });
}

function show({ resolved, unresolved }: Decided, report: RepoReport | undefined): void {
  for (const one of resolved) say(describeResolved(one, { kind: 'tool' }));
  for (const { error } of unresolved) warnOf(error);
  for (const line of report === undefined ? [] : describeReport(report)) say(line);
}
