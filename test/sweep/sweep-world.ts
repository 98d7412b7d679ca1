import { execFile, spawn } from 'node:child_process';
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
import type { Desk } from '../support/desk.js';
import type { SweepVcs } from './sweep-vcs.js';

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
  readonly vcs: SweepVcs;
  readonly folder: string;
  readonly hub: string;
  readonly here: Desk;
  readonly home: string;
  readonly env: NodeJS.ProcessEnv;
};

/** Returns the world in a folder. */
function worldIn(folder: string, vcs: SweepVcs): SweepWorld {
  const home = join(folder, 'home');
  const env = {
    HOME: home,
    PATH: `${join(folder, 'bin')}:${process.env['PATH'] ?? ''}`,
    TMPDIR: join(folder, 'tmp'),
    LANG: 'C.UTF-8',
    TZ: 'UTC',
    GIT_CONFIG_NOSYSTEM: '1',
    // The machine's own settings (/etc/mercurial) must not reach it.
    HGRCPATH: join(home, '.hgrc'),
    // Calls that go through a ring of the kernel's could not be stopped at.
    UV_USE_IO_URING: '0',
  };
  return { vcs, folder, home, env, hub: join(folder, vcs.hub), here: vcs.machineAt(join(folder, 'here'), 'here') };
}

/** What the machine has in its last commit. */
const BASE: Readonly<Record<string, string>> = {
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
export function createSweepWorld(vcs: SweepVcs): SweepWorld {
  const world = worldIn(mkdtempSync(join(tmpdir(), 'template-')), vcs);
  const { folder, here, home, hub } = world;
  for (const name of ['tmp', 'bin', join('home', '.config', 'autosync')]) {
    mkdirSync(join(folder, name), { recursive: true, mode: 0o700 });
  }
  writeFileSync(join(home, vcs.settings[0]), vcs.settings[1]);
  const settings = 'machine = "here"\nnotify = false\nmax-file-size = "4kB"\n';
  writeFileSync(join(home, '.config/autosync/config.toml'), settings);
  writeFileSync(join(folder, 'bin', 'crontab'), CRONTAB);
  // Were it not executable, the machine's own would be found behind it, and changed.
  chmodSync(join(folder, 'bin', 'crontab'), 0o755);
  vcs.create(hub, here.top);
  for (const [path, content] of [vcs.ignored, ...Object.entries(BASE)]) here.write(path, content);
  here.link('README.md', 'link');
  vcs.commitAll(here, 'first');
  vcs.send(here);
  for (const [path, content] of Object.entries(LOCAL)) here.write(path, content);
  return world;
}

/** Commits and pushes something from another machine. */
export function elsewhere({ vcs, hub }: SweepWorld, change: (there: Desk) => void): void {
  const there = vcs.machineAt(mkdtempSync(join(tmpdir(), 'there-')), 'there');
  vcs.clone(hub, there.top);
  change(there);
  vcs.commitAll(there, 'elsewhere');
  vcs.send(there);
  there.remove('.');
}

/** Copies a world, links as links and times as they are. */
export async function copyWorld(template: SweepWorld, folder: string): Promise<SweepWorld> {
  await run('cp', ['-a', template.folder, folder]);
  return worldIn(folder, template.vcs);
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

/** Reads a tree: path → kind and content (`x` for an executable file, `l` for a link); `.git` and `.hg` are left out. */
export function readFiles(top: string): Map<string, string> {
  const paths = pathsBelow(top, (path) => path === '.git' || path === '.hg');
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
