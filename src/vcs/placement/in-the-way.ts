import type { Blocked, Conflict } from '../../model/outcome.js';
import type { RelativePath } from '../../model/paths.js';
import { joinPath, lstatIfAllowed } from '../../system/files.js';
import { printable } from '../../system/printable.js';
import { type PlanRequest, plan, type Surprise } from './plan.js';

/** Returns a path at which something stands that is in no commit and would have to give way; by looking only. */
export async function inTheWay(request: Omit<PlanRequest, 'uncommitted'>): Promise<RelativePath | undefined> {
  const paths = request.differences.map(({ path }) => path);
  const standing = paths.filter((path) => lstatIfAllowed(joinPath(request.top, path)) !== undefined);
  const steps = await plan({ ...request, uncommitted: new Set(standing) });
  return 'what' in steps ? steps.path : steps.find(({ copy }) => copy !== undefined)?.path;
}

/** Says that something of the person's is in the way of what came in. */
export const blockedBy = (path: RelativePath): Blocked => ({
  kind: 'in-the-way',
  hint: `'${printable(path)}' is not committed here and came in changed: commit it, or move it out of the way`,
});

/** Says what starting again does not help against; undefined where it may. */
export function blockedFor({ path, what, remedy }: Surprise): Blocked | undefined {
  return remedy === undefined ? undefined : { kind: 'in-the-way', hint: `'${printable(path)}' ${what}: ${remedy}` };
}

/** Says that something of the person's is in the way, and has so many copies already that one more would not help him. */
export function pausedBy({ path }: Surprise): {
  readonly kind: 'paused';
  readonly conflicts: readonly Conflict[];
  readonly crowded: readonly RelativePath[];
} {
  return { kind: 'paused', conflicts: [{ path, kind: 'in-the-way' }], crowded: [path] };
}
