import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createMirrorWorld } from '../support/mirror-world.js';
import { needs } from '../support/needs.js';

const HG_GIT = ['--config', 'extensions.hggit='];

describe.skipIf(!needs('hg-git'))('a repository that hg-git has mirrored so far', () => {
  it('goes on with the commits that it has', async () => {
    const world = createMirrorWorld();
    const commit = (name: string): void => {
      writeFileSync(join(world.source, name), `${name}\n`);
      world.hg('commit', '-q', '-A', '-m', `about ${name}`);
    };
    commit('a');
    world.hg('bookmark', '-q', 'main');
    world.hg(...HG_GIT, 'gexport');
    world.git('fetch', '-q', join(world.source, '.hg', 'git'), 'main:main');
    const first = world.git('rev-parse', 'main');
    commit('b');
    const report = await world.run({ verify: true }, { backend: 'hggit' });
    expect(report).toMatchObject({
      verdict: 'mirrored',
      exported: 1,
      lag: 0,
      refs: [{ ref: 'refs/heads/main', kind: 'advanced' }],
      verified: { revisions: 2, differences: [] },
    });
    expect(world.git('log', '--format=%H %s', 'main').split('\n')).toEqual([
      expect.stringMatching(/ about b$/),
      `${first} about a`,
    ]);
    expect(await world.run({}, { backend: 'hggit' })).toMatchObject({ verdict: 'mirrored', exported: 0, refs: [] });
  });
});
