import { spawnSync } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/**
 * What the tests use beyond Node and npm: a name, the Debian packages that bring it, and, where a file on PATH
 * proves too little, a command that succeeds only when it really works.
 *
 * @type {ReadonlyArray<{ name: string, packages: readonly string[], probe?: readonly string[], input?: string }>}
 */
export const TEST_PROGRAMS = [
  { name: 'git', packages: ['git'] },
  { name: 'hg', packages: ['mercurial'] },
  {
    name: 'hg-git',
    packages: ['mercurial-git'],
    probe: ['hg', '--config', 'extensions.hggit=', 'help', 'gexport'],
  },
  { name: 'cron', packages: ['cron'] },
  { name: 'crontab', packages: ['cron'] },
  { name: 'faketime', packages: ['faketime'] },
  { name: 'notify-send', packages: ['libnotify-bin'] },
  { name: 'dbus-daemon', packages: ['dbus'] },
  { name: 'dbus-run-session', packages: ['dbus'] },
  {
    // The system's own Python: another one on PATH (pyenv, a virtual environment) does not see these modules.
    name: 'python3-dbus',
    packages: ['python3-dbus', 'python3-gi'],
    probe: ['/usr/bin/python3', '-c', 'import dbus.service, dbus.mainloop.glib; from gi.repository import GLib'],
  },
  { name: 'busybox', packages: ['busybox'] },
  { name: 'git-lfs', packages: ['git-lfs'] },
  {
    // Only root can make the user whose crontab the tests may write.
    name: 'useradd as root',
    packages: ['passwd'],
    probe: ['/bin/sh', '-c', 'test "$(id -u)" = 0 && useradd --help'],
  },
  { name: 'ps', packages: ['procps'] },
  {
    // A compiler without the C library's headers cannot build anything.
    name: 'cc',
    packages: ['gcc', 'libc6-dev'],
    probe: ['cc', '-E', '-o', '/dev/null', '-x', 'c', '-'],
    input: '#include <sys/ptrace.h>\n#include <stdio.h>\n',
  },
];

/** Folders of daemons and administrators' tools, which are not on everybody's PATH. */
const SYSTEM_FOLDERS = process.platform === 'win32' ? [] : ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/**
 * Returns the full path of a program on PATH or in one of the system's folders, or undefined when there is none.
 *
 * @param {string} program
 * @returns {string | undefined}
 */
export function findProgram(program) {
  const folders = [...(process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== ''), ...SYSTEM_FOLDERS];
  const endings = process.platform === 'win32' ? ['.exe', '.cmd', ''] : [''];
  for (const folder of folders) {
    for (const ending of endings) {
      const path = join(folder, program + ending);
      if (isExecutable(path)) return path;
    }
  }
  return undefined;
}

/**
 * Tells whether something that the tests need is there and works; a name that is not in the table is looked up on PATH.
 *
 * @param {string} name
 * @returns {boolean}
 */
export function isPresent(name) {
  const known = TEST_PROGRAMS.find((program) => program.name === name);
  const [command, ...args] = known?.probe ?? [];
  if (command === undefined) return findProgram(name) !== undefined;
  return spawnSync(command, args, { input: known?.input ?? '', timeout: 20_000, windowsHide: true }).status === 0;
}

/** @param {string} path */
function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
