import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { findProgram } from '../../scripts/steps/programs.js';
import { quoteShell } from '../../src/system/quote.js';
import { needsThat } from './needs.js';

/**
 * Returns the folder of a git that runs hooks named in its configuration (2.54 or newer): the one on PATH, or the one
 * that AUTOSYNC_TEST_NEW_GIT names. Where there is neither, what needs it is left out, loudly.
 */
export function folderOfNewGit(): string | undefined {
  const found = [process.env['AUTOSYNC_TEST_NEW_GIT'], findProgram('git')].find(isNew);
  const what = 'git 2.54 or newer (on PATH, or named by AUTOSYNC_TEST_NEW_GIT)';
  return needsThat(what, () => found !== undefined) && found !== undefined ? dirname(found) : undefined;
}

function isNew(program: string | undefined): boolean {
  if (program === undefined) return false;
  const answer = execFileSync(program, ['--version'], { encoding: 'utf8' });
  const [, major = 0, minor = 0] = (/(\d+)\.(\d+)/.exec(answer) ?? []).map(Number);
  return major > 2 || minor >= 54;
}

/** Returns a folder whose git is this machine's but for the version that it says it has. */
export function folderOfGitThatSays(version: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'git-'));
  const real = quoteShell(findProgram('git') ?? 'git');
  const answer = `[ "$*" = "\${*%--version}" ] || { echo 'git version ${version}'; exit; }`;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'git'), `#!/bin/sh\n${answer}\nexec ${real} "$@"\n`, { mode: 0o755 });
  return folder;
}

/** Puts a folder first on PATH; returns how to take it away again. */
export function putOnPath(folder: string): () => void {
  const before = process.env['PATH'] ?? '';
  process.env['PATH'] = `${folder}${delimiter}${before}`;
  return () => {
    process.env['PATH'] = before;
  };
}
