import { describe, expect, it } from 'vitest';
import { asAbsolute, asRelative } from '../../../../src/model/paths.js';
import { plan } from '../../../../src/vcs/placement/plan.js';

describe('a plan', () => {
  it("puts nothing in a repository's own folder, whoever asks for it", async () => {
    const content = { id: 'a', mode: '100644' };
    for (const [old, fresh] of [
      [undefined, content],
      [content, undefined],
      [content, { ...content, id: 'b' }],
    ]) {
      const path = asRelative('sub/.GIT/hooks/pre-commit');
      const surprise = await plan({
        top: asAbsolute(import.meta.dirname),
        differences: [{ path, old, new: fresh }],
        uncommitted: new Set(),
        matches: async () => true,
        isTracked: async () => false,
        copyName: () => asRelative('copy'),
      });
      expect(surprise).toMatchObject({ path, what: expect.stringContaining("repository's own folder") });
    }
  });
});
