import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join, resolve, sep } from 'node:path';

const BY_PATH = [
  'accessSync',
  'chmodSync',
  'existsSync',
  'lstatSync',
  'mkdirSync',
  'openSync',
  'readFileSync',
  'readdirSync',
  'readlinkSync',
  'rmSync',
  'rmdirSync',
  'statSync',
  'unlinkSync',
  'utimesSync',
] as const;

const OTHERS = ['linkSync', 'renameSync', 'symlinkSync'] as const;

type Call = (...args: readonly unknown[]) => unknown;

/**
 * Makes this process see a folder as it would on a disk that keeps a name's case and composition, yet tells no names
 * apart by them (APFS, NTFS); what is in `.git` and `.hg` stays as it is. Returns what ends that. Other programs, git
 * and hg among them, see the disk as it is.
 */
export function onCaseBlindDisk(folder: string): () => void {
  const doors = fs as unknown as Record<string, Call>;
  const before = Object.fromEntries([...BY_PATH, ...OTHERS].map((name) => [name, doors[name]]));
  const namesIn = before['readdirSync'] as Call;
  const stored = (path: unknown): unknown => (typeof path === 'string' ? storedPath(folder, path, namesIn) : path);
  const wrap = (name: string, wrapped: (call: Call) => Call): void => {
    const call = before[name] as Call;
    doors[name] = Object.assign(wrapped(call), call);
  };
  for (const name of BY_PATH)
    wrap(
      name,
      (call) =>
        (path, ...rest) =>
          call(stored(path), ...rest),
    );
  for (const name of ['linkSync', 'renameSync'] as const)
    wrap(name, (call) => (from, to) => call(stored(from), stored(to)));
  wrap(
    'symlinkSync',
    (call) =>
      (target, path, ...rest) =>
        call(target, stored(path), ...rest),
  );
  syncBuiltinESMExports();
  return () => {
    Object.assign(doors, before);
    syncBuiltinESMExports();
  };
}

const blind = (name: string): string => name.normalize('NFC').toLowerCase();

/** Returns the path under which the disk has what is asked for. */
function storedPath(folder: string, path: string, namesIn: Call): string {
  const asked = resolve(path);
  if (!asked.startsWith(folder + sep)) return path;
  const parts = asked.slice(folder.length + 1).split(sep);
  if (parts[0] === '.git' || parts[0] === '.hg') return path;
  return parts.reduce((above, name) => join(above, storedName(above, name, namesIn)), folder);
}

function storedName(above: string, name: string, namesIn: Call): string {
  try {
    const names = namesIn(above) as readonly string[];
    return names.includes(name) ? name : (names.find((other) => blind(other) === blind(name)) ?? name);
  } catch {
    return name;
  }
}
