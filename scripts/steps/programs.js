import { spawnSync } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { root } from './run.js';

/** lefthook, as npm brings it (`test-tools.js`): a package for each system, which has the program alone. */
export const LEFTHOOK = join(
  root,
  `test/tools/node_modules/lefthook-${process.platform}-${process.arch}/bin`,
  process.platform === 'win32' ? 'lefthook.exe' : 'lefthook',
);

/**
 * What the tests use beyond Node and npm: a name, the Debian packages that bring it (none:
 * `test-tools.js` does), and, where a file on PATH
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
  { name: 'dunst', packages: ['dunst'] },
  { name: 'Xvfb', packages: ['xvfb'] },
  { name: 'dbus-daemon', packages: ['dbus'] },
  { name: 'dbus-run-session', packages: ['dbus'] },
  {
    // The system's own Python: another one on PATH (pyenv, a virtual environment) does not see these modules.
    name: 'python3-dbus',
    packages: ['python3-dbus', 'python3-gi'],
    probe: ['/usr/bin/python3', '-c', 'import dbus.service, dbus.mainloop.glib; from gi.repository import GLib'],
  },
  { name: 'busybox', packages: ['busybox'] },
  { name: 'openssl', packages: ['openssl'] },
  { name: 'sshd', packages: ['openssh-server', 'openssh-client'] },
  { name: 'apache2', packages: ['apache2'] },
  { name: 'nginx', packages: ['nginx-light'] },
  { name: 'fcgiwrap', packages: ['fcgiwrap'] },
  { name: 'systemd-socket-activate', packages: ['systemd'] },
  { name: 'git-lfs', packages: ['git-lfs'] },
  { name: 'pre-commit', packages: ['pre-commit'] },
  { name: 'lefthook', packages: [], probe: [LEFTHOOK, 'version'] },
  { name: 'python3', packages: ['python3'] },
  { name: 'lighttpd', packages: ['lighttpd'] },
  {
    name: 'lighttpd-mod-openssl',
    packages: ['lighttpd-mod-openssl'],
    probe: [
      '/bin/sh',
      '-c',
      'ls /usr/lib/lighttpd/mod_openssl.so /usr/lib/*/lighttpd/mod_openssl.so 2>/dev/null | grep .',
    ],
  },
  { name: 'ssh', packages: ['openssh-client'] },
  { name: 'ssh-keygen', packages: ['openssh-client'] },
  { name: 'ssh-agent', packages: ['openssh-client'] },
  { name: 'ssh-add', packages: ['openssh-client'] },
  {
    // Both are modules of the system's own Python, which runs hg.
    name: 'mercurial-keyring',
    packages: ['mercurial-keyring', 'python3-keyring', 'python3-keyrings.alt'],
    probe: ['/usr/bin/python3', '-c', 'import mercurial_keyring, keyring, keyrings.alt.file'],
  },
  {
    // Only root can make the user whose crontab the tests may write.
    name: 'useradd as root',
    packages: ['passwd'],
    probe: ['/bin/sh', '-c', 'test "$(id -u)" = 0 && useradd --help'],
  },
  {
    // The system's own Python, which the substitute for launchctl calls.
    name: 'plistlib',
    packages: ['python3'],
    probe: ['/usr/bin/python3', '-c', 'import plistlib'],
  },
  { name: 'systemd-analyze', packages: ['systemd'] },
  {
    // A manager of one's own starts only on a machine that was booted with systemd, or where root may say that it was.
    name: 'systemd --user',
    packages: ['systemd', 'dbus'],
    probe: ['/bin/sh', '-c', 'test -x /lib/systemd/systemd && { test -d /run/systemd/system || test -w /run; }'],
  },
  { name: 'sshd', packages: ['openssh-server'] },
  { name: 'ssh', packages: ['openssh-client'] },
  { name: 'ssh-agent', packages: ['openssh-client'] },
  {
    // A small one evaluates no expressions.
    name: 'vim',
    packages: ['vim'],
    probe: ['vim', '-N', '-u', 'NONE', '-i', 'NONE', '-es', '-c', 'if !has("eval") | cquit | endif', '-c', 'qall!'],
  },
  { name: 'tmux', packages: ['tmux'] },
  { name: 'zsh', packages: ['zsh'] },
  { name: 'fish', packages: ['fish'] },
  { name: 'mandoc', packages: ['mandoc'] },
  { name: 'unshare', packages: ['util-linux'] },
  { name: 'ps', packages: ['procps'] },
  { name: 'chromium', packages: ['chromium'], probe: ['chromium', '--version'] },
  { name: 'script', packages: ['bsdutils'] },
  {
    // The extension topic; hg runs with the system's own Python.
    name: 'mercurial-evolve',
    packages: ['mercurial-evolve'],
    probe: ['/usr/bin/python3', '-c', 'import hgext3rd.topic'],
  },
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
