import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inject, vi } from 'vitest';

vi.mock('../../src/vcs/hg/command-server.js', async (original) =>
  (await import('./staying-servers.js')).withStayingServers(await original()),
);

/**
 * What of the machine and of the caller must not reach a test: the repository, identity and hooks of a `git push` that
 * runs the tests, the person's own desktop, agents, editors and settings.
 */
const FOREIGN =
  /^(GIT_|HG|XDG_|LC_|AUTOSYNC_(?!TEST_)|npm_|SSH_|DBUS_|GPG_|(LANG|LANGUAGE|EMAIL|EDITOR|VISUAL|PAGER|DISPLAY|WAYLAND_DISPLAY|XAUTHORITY|MAIL|INIT_CWD|NODE_EXTRA_CA_CERTS|NO_COLOR|FORCE_COLOR|CLICOLOR_FORCE|GNUPGHOME|HUSKY)$)/;

/** A careful person's settings: nothing that starts in the background, nothing that asks. */
const GIT_CONFIG = `[user]
\tname = Test Person
\temail = test@example.invalid
[init]
\tdefaultBranch = main
[commit]
\tgpgSign = false
[gc]
\tauto = 0
[maintenance]
\tauto = false
[advice]
\tdetachedHead = false
`;

/** Runs before each test file, in its own process: gives it a home of its own and forgets the caller's environment. */
function moveOut(): void {
  for (const name of Object.keys(process.env)) {
    if (FOREIGN.test(name)) delete process.env[name];
  }
  const folder = mkdtempSync(join(inject('workshop'), 'w'));
  const home = join(folder, 'home');
  for (const [names, path] of Object.entries(places(folder, home))) {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    for (const name of names.split(' ')) process.env[name] = path;
  }
  Object.assign(process.env, { GIT_CONFIG_NOSYSTEM: '1', LC_ALL: 'C.UTF-8', TZ: 'UTC' });
  writeFileSync(join(home, '.gitconfig'), GIT_CONFIG);
}

/** Returns which variables name which folder, on every operating system. */
const places = (folder: string, home: string): Readonly<Record<string, string>> => ({
  'HOME USERPROFILE': home,
  'TMPDIR TEMP TMP': join(folder, 'tmp'),
  XDG_CONFIG_HOME: join(home, '.config'),
  XDG_DATA_HOME: join(home, '.local', 'share'),
  XDG_STATE_HOME: join(home, '.local', 'state'),
  XDG_CACHE_HOME: join(home, '.cache'),
  XDG_RUNTIME_DIR: join(folder, 'run'),
  APPDATA: join(home, 'AppData', 'Roaming'),
  LOCALAPPDATA: join(home, 'AppData', 'Local'),
});

moveOut();
