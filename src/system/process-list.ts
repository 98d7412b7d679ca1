import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { realPath } from './files.js';

/**
 * Tells whether a program works in a folder, or below it, as far as this machine can tell (`/proc`; only our own
 * processes can be looked into). Where it cannot tell, it answers yes: nothing may be taken from a live program.
 */
export function isProgramAtWork(program: string, folder: string): boolean {
  let pids: readonly string[];
  try {
    pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    return true;
  }
  const top = realPath(folder);
  return pids.some((pid) => Number(pid) !== process.pid && worksIn(pid, program, top));
}

function worksIn(pid: string, program: string, top: string): boolean {
  try {
    const name = basename(readlinkSync(`/proc/${pid}/exe`));
    if (name !== program && !name.startsWith(`${program}-`)) return false;
    const cwd = readlinkSync(`/proc/${pid}/cwd`);
    return cwd === top || cwd.startsWith(`${top}/`);
  } catch {
    // Gone meanwhile, or another user's, whose locks are not ours to judge by.
    return false;
  }
}

/**
 * Returns how many bytes the processes of a group have read and written so far, through files and pipes (`/proc/<pid>/io`,
 * proc(5)); undefined where this machine does not say.
 */
export function bytesMovedBy(group: number): number | undefined {
  let pids: readonly string[];
  try {
    pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    return undefined;
  }
  return pids.reduce((sum, pid) => sum + bytesMoved(pid, group), 0);
}

function bytesMoved(pid: string, group: number): number {
  try {
    // The name, in brackets, may hold anything; the group is the third word behind it.
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    if (Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[2]) !== group) return 0;
    const io = readFileSync(`/proc/${pid}/io`, 'latin1');
    return Number(/^rchar: (\d+)/m.exec(io)?.[1] ?? 0) + Number(/^wchar: (\d+)/m.exec(io)?.[1] ?? 0);
  } catch {
    return 0;
  }
}
