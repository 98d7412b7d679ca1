import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

it('the demonstration of npm start keeps everything that it promises', () => {
  const demo = fileURLToPath(new URL('../../scripts/demo.js', import.meta.url));
  const { status, stdout } = spawnSync(process.execPath, [demo], { encoding: 'utf8', timeout: 240_000 });
  expect(stdout).toContain('That was all.');
  expect(stdout.match(/ ✓ /g)).toHaveLength(11);
  expect(status).toBe(0);
});
