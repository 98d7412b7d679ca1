import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createMirrorWorld, gitTree, hgTrees, makeHistory } from '../support/mirror-world.js';

it('mirrors', async () => {
  const world = createMirrorWorld();
  makeHistory(world.source, 7, 200);
  const t = Date.now();
  const report = await world.run({ verify: true });
  console.log(Date.now() - t, JSON.stringify(report, null, 1).slice(0, 3000));
  const map = readFileSync(join(world.locations.data, 'mirrors/project/map'), 'utf8');
  const commits = new Map(
    map
      .split('\n')
      .filter((l) => l !== '')
      .map((l) => [l.slice(0, 40), l.slice(41)]),
  );
  let n = 0;
  for (const [node, tree] of hgTrees(world.source)) {
    expect(gitTree(world.destination, commits.get(node) ?? '')).toBe(tree);
    n += 1;
  }
  console.log(n, world.git('for-each-ref'));
  expect(report.verdict).toBe('mirrored');
});
