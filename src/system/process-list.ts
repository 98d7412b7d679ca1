import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { realPath } from './files.js';

/** Returns the folders that a program was told of, by its arguments and by its environment of `<name>=<value>` each. */
export type FoldersTold = (args: readonly string[], variables: readonly string[]) => readonly string[];

/**
 * Tells whether a program works in a folder, or below it, as far as this machine can tell (`/proc`; only our own
 * processes can be looked into): it stands there, or was told of it. Where this machine cannot tell, it answers yes:
 * nothing may be taken from a live program.
 */
export function isProgramAtWork(program: string, folder: string, told: FoldersTold = () => []): boolean {
  let pids: readonly string[];
  try {
    pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    return true;
  }
  const top = realPath(folder);
  return pids.some((pid) => Number(pid) !== process.pid && worksIn(pid, { program, top, told }));
}

type Work = { readonly program: string; readonly top: string; readonly told: FoldersTold };

function worksIn(pid: string, { program, top, told }: Work): boolean {
  try {
    const name = basename(readlinkSync(`/proc/${pid}/exe`));
    if (name !== program && !name.startsWith(`${program}-`)) return false;
    const cwd = readlinkSync(`/proc/${pid}/cwd`);
    const folders = told(wordsOf(pid, 'cmdline'), wordsOf(pid, 'environ'));
    return [cwd, ...folders.map((one) => resolve(cwd, one))].some((one) => isWithin(one, top));
  } catch {
    // Gone meanwhile, or another user's, whose locks are not ours to judge by.
    return false;
  }
}

/** Reads the words of a process's command line or environment, each of which ends with NUL (proc(5)). */
const wordsOf = (pid: string, file: 'cmdline' | 'environ'): readonly string[] =>
  readFileSync(`/proc/${pid}/${file}`, 'utf8').split('\0');

function isWithin(folder: string, top: string): boolean {
  if (folder === top || folder.startsWith(`${top}/`)) return true;
  try {
    return `${realPath(folder)}/`.startsWith(`${top}/`);
  } catch {
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
