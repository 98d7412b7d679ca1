import { mkdirSync, mkdtempSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { asAbsolute } from '../../../src/model/paths.js';
import { likelyKind, nearestKind } from '../../../src/vcs/discover.js';

describe('what a URL seems to name', () => {
  it.each([
    ['git@example.org:me/notes.git', 'git'],
    ['git://example.org/notes', 'git'],
    ['git+ssh://example.org/notes', 'git'],
    ['https://git.example.org/notes', 'git'],
    ['https://example.org/hg/notes.git', 'git'],
    ['me@example.org:notes', 'git'],
    ['ssh://hg@example.org/notes', 'hg'],
    ['https://hg.example.org/notes', 'hg'],
    ['https://example.org/hg/notes', 'hg'],
    ['static-http://example.org/notes', 'hg'],
    ['https://foss.heptapod.net/me/notes', 'hg'],
    ['/home/me/notes', undefined],
    ['ssh://me@example.org/notes', undefined],
    ['https://example.org/me/highgrade', undefined],
  ])('%s: %s', (url, kind) => {
    expect(likelyKind(url)).toBe(kind);
  });
});

describe('whose metadata is nearest', () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'd')));
  for (const name of ['git/.git', 'git/hg/.hg', 'git/hg/below', 'both/.git', 'both/.hg', 'none', 'file']) {
    mkdirSync(join(folder, name), { recursive: true });
  }
  writeFileSync(join(folder, 'file', '.git'), 'gitdir: ../git/.git/worktrees/file\n');
  symlinkSync(join(folder, 'git', 'hg', 'below'), join(folder, 'git', 'link'));

  it.each([
    ['git', 'git'],
    ['git/hg', 'hg'],
    ['git/hg/below', 'hg'],
    ['git/link', 'hg'],
    ['both', 'git'],
    ['file', 'git'],
    ['none', undefined],
    ['gone', undefined],
  ])('%s: %s', (path, kind) => {
    expect(nearestKind(asAbsolute(join(folder, path)))).toBe(kind);
  });
});
