import { expect, it } from 'vitest';
import { parseRefused } from '../../../src/mirror/destination.js';

it('refs that a host refuses are told with its words, those that it takes are not', () => {
  const output = [
    'To git@example.invalid:me/project.git',
    '*\tabc:refs/heads/stable\t[new branch]',
    '!\tdef:refs/heads/main\t[remote rejected] (protected branch hook declined)',
    '!\t:refs/tags/gone\t[rejected] (stale info)',
    'Done',
  ].join('\n');
  const stderr =
    'Writing objects: 100%\nremote: \nremote: error: GH006: Protected branch update failed.        \nerror: failed to push';
  expect(parseRefused(output, stderr)).toEqual(
    new Map([
      [
        'refs/heads/main',
        '[remote rejected] (protected branch hook declined): error: GH006: Protected branch update failed.',
      ],
      ['refs/tags/gone', '[rejected] (stale info): error: GH006: Protected branch update failed.'],
    ]),
  );
  expect(parseRefused('', stderr)).toEqual(new Map());
});
