import { type Environment, userId, variable } from '../system/environment.js';
import { lstatIfPresent } from '../system/files.js';

/**
 * Returns what a child needs in its environment to reach the person's desktop session when ours names none, as in a
 * cron job: `/run/user/<uid>/bus` (pam_systemd(8), sd_bus_open_user(3)), if it is a socket of the person's own.
 */
export function sessionBus(uid: number | undefined = userId(), folder = '/run/user'): Environment {
  const named = variable('DBUS_SESSION_BUS_ADDRESS') ?? variable('XDG_RUNTIME_DIR');
  if (named !== undefined || uid === undefined) return {};
  const runtime = `${folder}/${uid}`;
  if (!isSocketOf(uid, `${runtime}/bus`)) return {};
  return { XDG_RUNTIME_DIR: runtime, DBUS_SESSION_BUS_ADDRESS: `unix:path=${runtime}/bus` };
}

function isSocketOf(uid: number, path: string): boolean {
  try {
    const found = lstatIfPresent(path);
    return found?.isSocket() === true && found.uid === uid;
  } catch {
    // A folder that we may not enter is not our session.
    return false;
  }
}
