import type { Look, WorkingTree } from './vcs.js';

/** Looks at an opened working tree: what a look at files alone could not tell. */
export async function lookWithin(tree: WorkingTree): Promise<Look> {
  const { branch } = await tree.inspect();
  return { branch, unpushed: await tree.unpushed(branch), uncommitted: (await tree.uncommitted()).length };
}
