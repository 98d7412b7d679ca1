import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asAbsolute } from '../../src/model/paths.js';
import { type CronWorld, createCron } from '../../src/scheduler/cron.js';
import type { FakeWorld, SchedulerWorld } from './scheduler-world.js';
import { throwAwayUser } from './throw-away-user.js';

/** Debian's crontab takes no more than 99 bytes of a file's name; a home folder may well be longer. */
const homeIn = (folder: string): string => join(folder, `home-${'x'.repeat(100)}`);

/** The part of {@link SchedulerWorld} that all crontabs have in common. */
function cronWorld(
  folder: string,
  program: string,
  change: Partial<CronWorld> = {},
): Pick<SchedulerWorld, 'scheduler' | 'home' | 'state' | 'changes'> {
  const home = homeIn(folder);
  const state = join(home, '.local', 'state', 'autosync');
  const calls = join(folder, 'calls');
  mkdirSync(state, { recursive: true });
  writeFileSync(calls, '');
  chmodSync(program, 0o755);
  const scheduler = createCron({
    locations: { state: asAbsolute(state), backups: asAbsolute(join(state, 'backups')) },
    findCrontab: () => asAbsolute(program),
    daemonRuns: () => true,
    loginHome: () => asAbsolute(home),
    ...change,
  });
  const changes = (): number =>
    readFileSync(calls, 'utf8')
      .split('\n')
      .filter((call) => !/^(-[le])?$/.test(call)).length;
  return { scheduler, home, state, changes };
}

/** Returns a cron scheduler whose `crontab` is a script that keeps its table in a file. */
export function fakeCrontab(change: Partial<CronWorld> = {}): FakeWorld {
  const folder = mkdtempSync(join(tmpdir(), 'cron-'));
  const table = join(folder, 'table');
  const program = join(folder, 'crontab');
  copyFileSync(new URL('fake-crontab', import.meta.url), program);
  return {
    ...cronWorld(folder, program, change),
    read: () => (existsSync(table) ? readFileSync(table) : undefined),
    write: (content) => (content === undefined ? rmSync(table, { force: true }) : writeFileSync(table, content)),
    behave: (manner) => writeFileSync(join(folder, 'manner'), manner),
    remove: () => rmSync(folder, { recursive: true }),
  };
}

/** Returns a cron scheduler with the machine's own `crontab`, as a user who exists for this test only. */
export function realCrontab(): SchedulerWorld {
  const folder = mkdtempSync(join(tmpdir(), 'cron-'));
  const user = throwAwayUser(homeIn(folder));
  const program = join(folder, 'crontab');
  // A new table is given as a name relative to a folder that is ours: he has to be let in to read it.
  const script = `#!/bin/sh
echo "$*" >>'${folder}/calls'
[ -f "$1" ] && chown ${user.name} "$1" && chmod 711 .
exec runuser -u ${user.name} -- crontab "$@"
`;
  writeFileSync(program, script);
  const as = ['-u', user.name];
  return {
    ...cronWorld(folder, program),
    read: () => {
      // A list is not exact with Debian's cron, what an editor gets is; where there is nothing, that is a sample.
      if (spawnSync('crontab', [...as, '-l']).status !== 0) return undefined;
      return execFileSync('crontab', [...as, '-e'], { env: { ...process.env, VISUAL: 'cat' }, stdio: 'pipe' });
    },
    write: (content) => {
      if (content === undefined) spawnSync('crontab', [...as, '-r']);
      else execFileSync('crontab', [...as, '-'], { input: content, stdio: 'pipe' });
    },
    remove: () => {
      user.remove();
      rmSync(folder, { recursive: true });
    },
  };
}
