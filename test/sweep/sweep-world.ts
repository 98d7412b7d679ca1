import { execFile, execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Machine, machineAt } from '../support/world.js';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The program crontab, whose table is a file beside it; like the real one it replaces the table as a whole. */
const CRONTAB = `#!/bin/sh
table=$(dirname "$0")/table
case $1 in
-l) [ -f "$table" ] || { echo 'no crontab for person' >&2; exit 1; }; cat "$table" ;;
-r) rm "$table" ;;
*) cat "$1" >"$table.new" && mv "$table.new" "$table" ;;
esac
`;

/** A hub, one machine that is under attack, and all that autosync and the system keep for it, in one folder. */
export type SweepWorld = {
  readonly folder: string;
  readonly hub: string;
  readonly here: Machine;
  readonly home: string;
  readonly env: NodeJS.ProcessEnv;
};

/** Returns the world in a folder. */
function worldIn(folder: string): SweepWorld {
  const home = join(folder, 'home');
  const env = {
    HOME: home,
    PATH: `${join(folder, 'bin')}:${process.env['PATH'] ?? ''}`,
    TMPDIR: join(folder, 'tmp'),
    LANG: 'C.UTF-8',
    TZ: 'UTC',
    GIT_CONFIG_NOSYSTEM: '1',
    // Calls that go through a ring of the kernel's could not be stopped at.
    UV_USE_IO_URING: '0',
  };
  return { folder, home, env, hub: join(folder, 'hub.git'), here: machineAt(join(folder, 'here'), 'here') };
}

/** What the machine has in its last commit. */
const BASE: Readonly<Record<string, string>> = {
  '.gitignore': '*.log\n/cache\n',
  'README.md': 'hello\n',
  'edited.txt': 'first\n\n\nmiddle\n\n\nlast\n',
  'gone.txt': 'goes away\n',
  'moved.txt': 'is renamed\nwith a few\nlines in it\n',
  'run.sh': '#!/bin/sh\n',
  swap: 'a file\n',
  'fold/a': 'in a folder\n',
  'fold/b': 'in a folder, too\n',
  'deep/er/gone.txt': 'goes away, and its folders\n',
  'keep/x': 'stays\n',
};

/** What it has besides, in no commit. */
const LOCAL: Readonly<Record<string, string>> = { 'only-here.log': 'ignored\n', 'cache/x': 'ignored folder\n' };

/** Makes a world in which everything is equal, in a new folder. */
export function createSweepWorld(): SweepWorld {
  const world = worldIn(mkdtempSync(join(tmpdir(), 'template-')));
  const { folder, here, home, hub } = world;
  for (const name of ['tmp', 'bin', join('home', '.config', 'autosync')]) {
    mkdirSync(join(folder, name), { recursive: true, mode: 0o700 });
  }
  machineAt(home, 'home').write('.gitconfig', '[user]\n\tname = Test Person\n\temail = test@example.invalid\n');
  const settings = 'machine = "here"\nnotify = false\nmax-file-size = "4kB"\n';
  machineAt(home, 'home').write('.config/autosync/config.toml', settings);
  writeFileSync(join(folder, 'bin', 'crontab'), CRONTAB);
  // Were it not executable, the machine's own would be found behind it, and changed.
  chmodSync(join(folder, 'bin', 'crontab'), 0o755);
  gitAt(folder, 'init', '-q', '--bare', '--template=', hub);
  gitAt(folder, 'init', '-q', '--template=', here.top);
  // Relative, so that the world may be copied.
  here.git('remote', 'add', 'origin', '../hub.git');
  for (const [path, content] of Object.entries(BASE)) here.write(path, content);
  here.link('README.md', 'link');
  commitAll(here, 'first');
  here.git('push', '-q', '-u', 'origin', 'main');
  for (const [path, content] of Object.entries(LOCAL)) here.write(path, content);
  return world;
}

/** Commits and pushes something from another machine. */
export function elsewhere({ folder, hub }: SweepWorld, change: (there: Machine) => void): void {
  const there = machineAt(mkdtempSync(join(tmpdir(), 'there-')), 'there');
  gitAt(folder, 'clone', '-q', '--template=', hub, there.top);
  change(there);
  commitAll(there, 'elsewhere');
  there.git('push', '-q', 'origin', 'main');
  there.remove('.');
}

/** Commits everything as a person does. */
export function commitAll(machine: Machine, message: string): void {
  machine.git('add', '-A');
  machine.git('-c', 'core.hooksPath=/dev/null', 'commit', '-q', '-m', message);
}

const gitAt = (folder: string, ...args: readonly string[]): void =>
  void execFileSync('git', args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });

/** Runs git, without waiting for it in this thread; returns its output. */
export async function askGit(folder: string, ...args: readonly string[]): Promise<string> {
  const { stdout } = await run('git', args, { cwd: folder, encoding: 'latin1', maxBuffer: 1 << 28 });
  return stdout;
}

/** Runs git, gives it something to read, and returns its output: what it read and could not do is not held against it. */
export async function tellGit(folder: string, input: string, ...args: readonly string[]): Promise<string> {
  const asking = run('git', args, { cwd: folder, encoding: 'latin1', maxBuffer: 1 << 28 });
  asking.child.stdin?.end(input);
  return (await asking).stdout;
}

/** Copies a world, links as links and times as they are. */
export async function copyWorld(template: SweepWorld, folder: string): Promise<SweepWorld> {
  await run('cp', ['-a', template.folder, folder]);
  return worldIn(folder);
}

let deployed: string | undefined;

/** Puts the compiled program where no other build replaces it meanwhile; returns its path. */
export function program(): string {
  if (deployed !== undefined) return deployed;
  const folder = mkdtempSync(join(tmpdir(), 'program-'));
  for (const name of ['bin', 'dist', 'templates', 'package.json']) {
    cpSync(join(ROOT, name), join(folder, name), { recursive: true });
  }
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  deployed = join(folder, 'bin', 'autosync.js');
  return deployed;
}

/** Returns the path of everything below a folder that is no folder, without those below a path for which `skip` holds. */
export function pathsBelow(folder: string, skip: (path: string) => boolean, below = ''): string[] {
  const names = readdirSync(join(folder, below)).sort();
  return names.flatMap((name) => {
    const path = below === '' ? name : `${below}/${name}`;
    if (skip(path)) return [];
    return lstatSync(join(folder, path)).isDirectory() ? pathsBelow(folder, skip, path) : [path];
  });
}

/** Reads a tree: path → kind and content (`x` for an executable file, `l` for a link); `.git` is left out. */
export function readFiles(top: string): Map<string, string> {
  const paths = pathsBelow(top, (path) => path === '.git');
  return new Map(paths.map((path) => [path, readOne(join(top, path))]));
}

/** Returns kind and content of a file or link. */
export function readOne(path: string): string {
  const stats = lstatSync(path);
  if (stats.isSymbolicLink()) return `l ${readlinkSync(path)}`;
  return `${(stats.mode & 0o100) === 0 ? 'f' : 'x'} ${readFileSync(path, 'latin1')}`;
}

/** Returns the content of what {@link readOne} returned. */
export const contentOf = (file: string): string => file.slice(2);

/**
 * Starts something that has the name of a cron daemon, since nothing is installed for cron where no daemon runs; it
 * starts no job. Returns how to end it.
 */
export async function pretendCron(): Promise<() => void> {
  // It ends with its standard input, and so with us, however we end.
  const script = "process.title = 'crond'; console.log('ready'); process.stdin.resume()";
  const daemon = spawn(process.execPath, ['-e', script], { stdio: ['pipe', 'pipe', 'ignore'] });
  await new Promise((settle) => daemon.stdout.once('data', settle));
  return () => void daemon.kill();
}
