import { join } from 'node:path';
import { platform } from '../system/environment.js';
import { exists, listNames, readTextIfPresent } from '../system/files.js';
import { isRunning } from '../system/process-identity.js';

/** Where to look for a daemon; tests hand in a tree of their own. */
export type DaemonSearch = { readonly platform: NodeJS.Platform; readonly root: string };

/** Process names of the daemons: Debian's and Vixie's cron, cronie, dcron and BusyBox (crond), fcron, bcron. */
const DAEMONS: ReadonlySet<string> = new Set(['cron', 'crond', 'fcron', 'bcron-sched']);

const PID_FILES = ['crond.pid', 'cron.pid', 'fcron.pid'].flatMap((name) => [`run/${name}`, `var/run/${name}`]);

/** systemd-cron has no daemon: a generator makes timers of the tables. */
const GENERATORS = ['usr/lib', 'lib'].map((folder) => `${folder}/systemd/system-generators/systemd-crontab-generator`);

/**
 * Tells whether something really runs the jobs of a crontab: in containers and under WSL the program `crontab` is
 * often there and no daemon. On macOS launchd starts cron as soon as there is a table.
 */
export function cronDaemonRuns(search: DaemonSearch = { platform, root: '/' }): boolean {
  if (search.platform === 'darwin') return true;
  const at = (path: string): string => join(search.root, path);
  const processes = listNames(at('proc')).filter((name) => /^\d+$/.test(name));
  if (processes.some((pid) => DAEMONS.has(commandName(at(`proc/${pid}/comm`)) ?? ''))) return true;
  if (PID_FILES.some((file) => namesDaemon(search, at(file)))) return true;
  return exists(at('run/systemd/system')) && GENERATORS.some((generator) => exists(at(generator)));
}

/** A pid file counts when its process lives and is no other program; `/proc` may hide it, or not exist. */
function namesDaemon(search: DaemonSearch, pidFile: string): boolean {
  const pid = Number.parseInt(readQuietly(pidFile) ?? '', 10);
  if (!(pid > 0) || !isRunning(pid)) return false;
  const name = commandName(join(search.root, `proc/${pid}/comm`));
  return name === undefined || DAEMONS.has(name);
}

const commandName = (path: string): string | undefined => readQuietly(path)?.trim();

/** A process may end, and its files with it, while they are read. */
function readQuietly(path: string): string | undefined {
  try {
    return readTextIfPresent(path);
  } catch {
    return undefined;
  }
}
