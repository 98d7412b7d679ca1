import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type AbsolutePath, asAbsolute } from '../../src/model/paths.js';
import { createLaunchd, type LaunchdWorld } from '../../src/scheduler/launchd.js';
import type { Scheduler } from '../../src/scheduler/scheduler.js';
import { createSchtasks, type SchtasksWorld } from '../../src/scheduler/schtasks.js';
import { readFolder } from './read-folder.js';
import { removeFolder } from './remove-folder.js';
import type { FakeWorld } from './scheduler-world.js';

/** Returns a launchd scheduler whose `launchctl` is a script: it can be tried on every system. */
export const fakeLaunchd = (change: Partial<LaunchdWorld> = {}): FakeWorld =>
  recorded({
    name: 'launchctl',
    questions: /^(print|kickstart)/,
    folder: ['Library', 'LaunchAgents'],
    foreign: 'other.plist',
    create: (home, program) =>
      createLaunchd({ platform: 'darwin', uid: 501, home, findLaunchctl: () => program, ...change }),
    text: (content) => content,
  });

/** Returns a scheduler for Windows whose `schtasks.exe` is a script: it can be tried on every system. */
export const fakeSchtasks = (change: Partial<SchtasksWorld> = {}): FakeWorld =>
  recorded({
    name: 'schtasks',
    questions: /^\/(query|run)/,
    folder: ['.local', 'state', 'autosync'],
    foreign: 'log.jsonl',
    create: (home, program) => {
      const locations = { state: asAbsolute(join(home, '.local', 'state', 'autosync')) };
      return createSchtasks({ platform: 'win32', user: 'ada', locations, findSchtasks: () => program, ...change });
    },
    text: (content) => (content[0] === 0xff ? Buffer.from(unixText(content)) : content),
  });

const unixText = (content: Buffer): string =>
  content
    .toString('utf16le')
    .replace(/^\ufeff/, '')
    .replaceAll('\r', '');

type Recorded = {
  readonly name: string;
  /** The calls that change nothing. */
  readonly questions: RegExp;
  /** Where files of ours and of others stand, below the home. */
  readonly folder: readonly string[];
  readonly foreign: string;
  readonly create: (home: AbsolutePath, program: AbsolutePath) => Scheduler;
  readonly text: (content: Buffer) => Buffer;
};

function recorded({ name, questions, folder: parts, foreign, create, text }: Recorded): FakeWorld {
  const folder = mkdtempSync(join(tmpdir(), 'fs-'));
  const home = join(folder, 'home');
  const place = join(home, ...parts);
  const program = join(folder, name);
  const calls = join(folder, 'calls');
  mkdirSync(home);
  writeFileSync(calls, '');
  copyFileSync(new URL(`fake-${name}`, import.meta.url), program);
  chmodSync(program, 0o755);
  return {
    scheduler: create(asAbsolute(home), asAbsolute(program)),
    home,
    state: join(home, '.local', 'state', 'autosync'),
    read: () => readFolder(place, text),
    write: (content) => {
      const path = join(place, foreign);
      rmSync(path, { force: true });
      if (content === undefined) return;
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, content);
    },
    changes: () =>
      readFileSync(calls, 'utf8')
        .split('\n')
        .filter((call) => call !== '' && !questions.test(call)).length,
    behave: (manner) => writeFileSync(join(folder, 'manner'), manner),
    remove: () => removeFolder(folder),
  };
}
