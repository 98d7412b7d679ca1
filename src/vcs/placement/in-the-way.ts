import type { Blocked } from '../../model/outcome.js';
import type { RelativePath } from '../../model/paths.js';
import { printable } from '../../system/printable.js';
import { type PlanRequest, plan } from './plan.js';

/** Returns a path at which something stands that is in no commit and would have to give way; by looking only. */
export async function inTheWay(request: Omit<PlanRequest, 'uncommitted'>): Promise<RelativePath | undefined> {
  const steps = await plan({ ...request, uncommitted: new Set(request.differences.map(({ path }) => path)) });
  return 'what' in steps ? steps.path : steps.find(({ copy }) => copy !== undefined)?.path;
}

/** Says that something of the person's is in the way of what came in. */
export const blockedBy = (path: RelativePath): Blocked => ({
  kind: 'in-the-way',
  hint: `'${printable(path)}' is not committed here and came in changed: commit it, or move it out of the way`,
});
