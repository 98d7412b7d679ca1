import { hostname } from 'node:os';
import { errorCode } from '../model/errors.js';
import { readLink, readTextIfPresent } from './files.js';

/** Who holds something: enough to tell a live owner from a dead one, a reused pid and another boot. */
export type ProcessIdentity = {
  readonly host: string;
  readonly pid: number;
  /** Clock ticks from boot to the process's start (`/proc/<pid>/stat`, field 22); empty where that is unknown. */
  readonly started: string;
  /** The kernel's id of this boot; empty where that is unknown. */
  readonly boot: string;
  /** The id of this installation (`/etc/machine-id`): hosts that share a disk may share a name. Not known everywhere. */
  readonly machine?: string;
  /** In which numbering of processes the pid counts: containers of one host each have their own. Not known everywhere. */
  readonly namespace?: string;
};

/** Returns our own identity. */
export function ownIdentity(): ProcessIdentity {
  const own = { host: hostname(), pid: process.pid, started: startOf(process.pid), boot: bootId() };
  return { ...own, machine: machineId(), namespace: processNamespace() };
}

/** What is known of a process that wrote its identity down. */
export type Liveness = 'alive' | 'dead' | 'elsewhere';

/** Tells whether the process that wrote an identity still lives; on another host that cannot be known. */
export function livenessOf(owner: ProcessIdentity): Liveness {
  if (owner.host !== hostname() || differs(owner.machine, machineId())) return 'elsewhere';
  if (owner.boot !== bootId()) return 'dead';
  if (differs(owner.namespace, processNamespace())) return 'elsewhere';
  if (!isRunning(owner.pid)) return 'dead';
  const started = startOf(owner.pid);
  return started === '' || owner.started === '' || started === owner.started ? 'alive' : 'dead';
}

/** Tells whether a process with this number runs on this machine, whoever it belongs to. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return errorCode(error) === 'EPERM';
  }
  // One that has ended and was never waited for, as in a container without an init, still takes signals.
  return statOf(pid)[0] !== 'Z';
}

const startOf = (pid: number): string => statOf(pid)[19] ?? '';

/** Returns the fields of `/proc/<pid>/stat` from the third, the state, on; none where there is no such file. */
function statOf(pid: number): readonly string[] {
  const stat = readProc(`/proc/${pid}/stat`);
  // The second field is the program's name in brackets and may hold blanks and brackets itself.
  return stat === '' ? [] : stat.slice(stat.lastIndexOf(') ') + 2).split(' ');
}

const bootId = (): string => readProc('/proc/sys/kernel/random/boot_id').trim();

const machineId = (): string => readProc('/etc/machine-id').trim();

function processNamespace(): string {
  try {
    return readLink('/proc/self/ns/pid').toString('utf8');
  } catch {
    return '';
  }
}

/** Tells whether two things that need not be known are known, and are not the same. */
const differs = (one: string | undefined, other: string): boolean =>
  one !== undefined && one !== '' && other !== '' && one !== other;

function readProc(path: string): string {
  try {
    return readTextIfPresent(path) ?? '';
  } catch {
    return '';
  }
}
