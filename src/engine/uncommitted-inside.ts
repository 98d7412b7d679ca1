import type { WorkingTree } from '../vcs/vcs.js';

/**
 * Counts what a look at the tree alone does not show: what in its subrepositories is not committed, those that stand
 * elsewhere than it says or have commits to send, and those that are never taken, which a run lists as left out.
 */
export async function uncommittedInside({ subrepositories }: WorkingTree): Promise<number> {
  let found = 0;
  for (const subrepository of (await subrepositories?.list()) ?? []) {
    if (subrepository.kind === 'foreign') found += 1;
    const opened = subrepository.kind === 'here' ? await subrepositories?.open(subrepository) : undefined;
    if (opened?.kind !== 'opened') continue;
    const { tree } = opened;
    const { head } = await tree.inspect();
    found += (await tree.uncommitted()).length;
    if (head !== subrepository.named || (await subrepositories?.hasUnsent(subrepository)) === true) found += 1;
    tree.end();
  }
  return found;
}
