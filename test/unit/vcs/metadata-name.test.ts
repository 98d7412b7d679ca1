import { describe, expect, it } from 'vitest';
import { liesInMetadata } from '../../../src/vcs/metadata-name.js';

describe("a path in a repository's own folder", () => {
  it.each([
    '.git',
    'a/.GIT/config',
    'git~1/config',
    '.git. /config',
    '.git .:stream/config',
    '.git::$INDEX_ALLOCATION/config',
    '.g\u200cit/config',
    'a\\.git\\config',
    '.hg/hgrc',
    'a/.Hg./hgrc',
    'HG~2/hgrc',
  ])('is known, however it is spelt for whatever disk: %j', (path) => {
    expect(liesInMetadata(path)).toBe(true);
  });

  it.each(['.gitignore', '.hgsub', 'git', 'a.git/b', '.github/x', 'git~a', '.git x', '...'])('is not %j', (path) => {
    expect(liesInMetadata(path)).toBe(false);
  });
});
