import { spawn, spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/** What the manager reads and where it listens; a socket's path may have no more than 107 bytes. */
export type ManagerPlace = { readonly home: string; readonly runtime: string };

/** A systemd of a person, as a login starts it. */
export type UserManager = {
  /** What a program needs to talk to it. */
  readonly env: NodeJS.ProcessEnv;
  readonly systemctl: (...args: readonly string[]) => string;
  /** When it last read its units: another value means that it was told to. */
  readonly loadedAt: () => string;
  readonly stop: () => void;
};

const SYSTEMD = '/lib/systemd/systemd';

/** systemd starts only where this folder says that the machine was booted with systemd. */
const BOOTED = '/run/systemd/system';

const GROUPS = '/sys/fs/cgroup /sys/fs/cgroup/unified /sys/fs/cgroup/systemd';

/**
 * Two managers in one control group take each other's services for their own, and end them: each gets a group of its
 * own, where we may make one.
 */
const IN_OWN_GROUP = `
for root in ${GROUPS}; do
  [ -f "$root/cgroup.procs" ] && mkdir "$root/$0" 2>/dev/null && echo $$ >"$root/$0/cgroup.procs"
done
exec "$@"`;

const REMOVE_GROUP = `
for root in ${GROUPS}; do
  [ -d "$root/$0" ] && find "$root/$0" -depth -type d -exec rmdir {} + 2>/dev/null
done
:`;

/** Starts a real `systemd --user` in folders of its own, and waits until it answers. */
export function startUserManager({ home, runtime }: ManagerPlace): UserManager {
  const isNew = !existsSync(BOOTED);
  if (isNew) mkdirSync(BOOTED, { recursive: true });
  mkdirSync(runtime, { recursive: true, mode: 0o700 });
  const env = { HOME: home, XDG_RUNTIME_DIR: runtime, PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C' };
  const log = openSync(join(runtime, 'systemd.log'), 'w');
  const group = `as-${process.pid}-${basename(runtime)}`;
  const child = spawn('/bin/sh', ['-c', IN_OWN_GROUP, group, SYSTEMD, '--user'], {
    env,
    cwd: '/',
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  const call = (args: readonly string[]): { status: number | null; stdout: string } =>
    spawnSync('systemctl', ['--user', ...args], { env, encoding: 'utf8', timeout: 20_000 });
  const end = Date.now() + 60_000;
  while (call(['list-timers']).status !== 0) {
    if (Date.now() > end)
      throw new Error(`systemd did not start: ${readFileSync(join(runtime, 'systemd.log'), 'utf8')}`);
    spawnSync('sleep', ['0.2']);
  }
  return {
    env: { ...env, DBUS_SESSION_BUS_ADDRESS: `unix:path=${join(runtime, 'bus')}` },
    systemctl: (...args) => call(args).stdout,
    loadedAt: () => call(['show', '--property=UnitsLoadTimestampMonotonic']).stdout,
    stop: () => {
      call(['exit']);
      child.kill('SIGKILL');
      spawnSync('/bin/sh', ['-c', REMOVE_GROUP, group], { timeout: 20_000 });
      if (isNew) spawnSync('rmdir', [BOOTED]);
    },
  };
}
