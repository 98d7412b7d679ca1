import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { needs } from '../support/needs.js';

const demo = fileURLToPath(new URL('../../scripts/demo.js', import.meta.url));

it.each([
  ['npm start', [], 'git'],
  ['npm start -- --vcs hg', ['--vcs', 'hg'], 'hg'],
])('the demonstration of %s keeps everything that it promises', (_command, args, program) => {
  if (!needs(program)) return expect(program).toBe('hg');
  const { status, stdout } = spawnSync(process.execPath, [demo, ...args], { encoding: 'utf8', timeout: 540_000 });
  expect(stdout).toContain('That was all.');
  expect(stdout.match(/ ✓ /g)).toHaveLength(11);
  expect(stdout).toContain(`${program} commit`);
  expect(status).toBe(0);
});

it('the demonstration says what it can show, and what is missing for it', () => {
  const wrong = spawnSync(process.execPath, [demo, '--vcs', 'svn'], { encoding: 'utf8' });
  expect([wrong.status, wrong.stderr]).toEqual([2, expect.stringContaining("'--vcs' takes git or hg")]);
  const env = { ...process.env, PATH: '/nowhere' };
  const missing = spawnSync(process.execPath, [demo, '--vcs', 'hg'], { encoding: 'utf8', env });
  expect([missing.status, missing.stderr]).toEqual([1, expect.stringContaining('install Mercurial')]);
});
