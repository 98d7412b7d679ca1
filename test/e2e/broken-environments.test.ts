import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createHome, type Ended, type Home, PROGRAM } from '../support/cli.js';
import { freePort } from '../support/free-port.js';
import { createAuthority, type SshServer, startFront, startSshd } from '../support/hg-servers.js';
import { createHgWorld } from '../support/hg-world.js';
import { needs } from '../support/needs.js';
import { HARNESSES } from '../support/vcs-harness.js';
import { createWorld, type Machine, type World } from '../support/world.js';

/** Where the table of what was said is written, for whoever wants to read it. */
const TABLE = fileURLToPath(new URL('../../.cache/broken-environments.md', import.meta.url));

const SYSTEMS = HARNESSES.filter(({ name }) => needs(name));

const rows: string[] = [];

let world: World;
let machine: Machine;
let home: Home;

beforeEach(() => {
  world = createWorld('laptop');
  [machine] = world.machines as [Machine];
  home = createHome(mkdtempSync(join(tmpdir(), 'home-')), 'laptop');
});

afterEach(() => {
  world.remove();
  rmSync(home.folder, { recursive: true, force: true });
});

afterAll(() => {
  const head = ['| what is broken | who says it | what is said | what mends it |', '| --- | --- | --- | --- |'];
  mkdirSync(dirname(TABLE), { recursive: true });
  writeFileSync(TABLE, `${[...head, ...rows].join('\n')}\n`);
});

const install = (from: Home = home, ...args: readonly string[]): Ended =>
  from.autosync('install', machine.top, '--scheduler', 'none', ...args);

/** One check of `doctor`, as its JSON has it. */
type Check = { readonly result: string; readonly detail: string; readonly mend?: string };

function doctor(name: string, from: Home = home): Check {
  const { checks } = JSON.parse(from.autosync('doctor', '--json').out);
  return checks.find(({ check }: { check: string }) => check === name);
}

/** Writes down what was said, in the table's own words. */
function note(what: string, who: string, said: string, mend: string): void {
  const cell = (text: string): string =>
    text
      .replaceAll(world.folder, '…')
      .replaceAll(home.folder, '~')
      .replaceAll(/\/[^ ']*\/hg-world-\w+/g, '…')
      .replaceAll(/127\.0\.0\.1:\d+/g, 'hub')
      .replaceAll('|', '\\|');
  rows.push(`| ${what} | \`${who}\` | ${cell(said)} | ${cell(mend)} |`);
}

/** Looks for a problem's line in what `install` said, and for the line that mends it below. */
function expectInstallSays(what: string, { code, out, err }: Ended, said: RegExp, mend: RegExp): void {
  const text = `${out}${err}`;
  expect(text).toMatch(said);
  expect(text).toMatch(mend);
  const lineOf = (pattern: RegExp): string => text.split('\n').find((line) => pattern.test(line)) ?? '';
  // What is wrong and what mends it may share a line.
  const [first = '', ...rest] = lineOf(said).split(/; | → /);
  const mends = lineOf(said) === lineOf(mend) ? rest.join('; ') : lineOf(mend);
  note(what, `install (${code})`, lineOf(said) === lineOf(mend) ? first : lineOf(said), mends);
}

function expectDoctorSays(what: string, name: string, said: RegExp, mend: RegExp, from: Home = home): void {
  const check = doctor(name, from);
  expect(check).toMatchObject({ detail: expect.stringMatching(said), mend: expect.stringMatching(mend) });
  expect(check.result).not.toBe('ok');
  note(what, `doctor: ${name} (${check.result})`, check.detail, check.mend ?? '');
}

describe.skipIf(!needs('sshd'))('a hub behind ssh', () => {
  let ssh: SshServer;
  let agent: string | undefined;
  beforeAll(async () => {
    ssh = await startSshd();
  });
  afterAll(() => ssh?.stop());
  afterEach(() => {
    if (agent !== undefined) process.kill(Number(agent));
    agent = undefined;
  });

  /** Points the repository at the hub, and says in the home's own files with which key, and which host is known. */
  function useSsh({ key, isKnown = true }: { readonly key: string; readonly isKnown?: boolean }): void {
    machine.git('remote', 'set-url', 'origin', `ssh://${ssh.user}@127.0.0.1:${ssh.port}${world.hub}`);
    const folder = join(home.folder, '.ssh');
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(join(folder, 'known'), isKnown ? ssh.knownHost : '');
    copyFileSync(ssh.key, join(folder, key));
    copyFileSync(`${ssh.key}.pub`, join(folder, `${key}.pub`));
    chmodSync(join(folder, key), 0o600);
    const options = `-F none -oIdentitiesOnly=yes -oUserKnownHostsFile=${join(folder, 'known')} -i ${join(folder, key)}`;
    appendFileSync(join(home.folder, '.gitconfig'), `[core]\n\tsshCommand = ssh ${options}\n`);
  }

  const close = (key: string): string =>
    execFileSync('ssh-keygen', ['-q', '-p', '-P', '', '-N', 'passphrase', '-f', join(home.folder, '.ssh', key)], {
      encoding: 'utf8',
    });

  it('with a key that has a passphrase, and no agent', () => {
    useSsh({ key: 'closed' });
    close('closed');
    expectInstallSays(
      'ssh key with a passphrase, no agent',
      install(),
      /Permission denied/,
      /name a key without a passphrase/,
    );
    expectDoctorSays('the same, asked later', 'hub', /^auth/, /key/);
    execFileSync('ssh-keygen', ['-q', '-p', '-P', 'passphrase', '-N', '', '-f', join(home.folder, '.ssh', 'closed')]);
    expect(doctor('hub').result).toBe('ok');
  });

  it('with a key that only an agent of this session opens', () => {
    useSsh({ key: 'lent' });
    const started = execFileSync('ssh-agent', ['-s'], { encoding: 'utf8' });
    agent = /SSH_AGENT_PID=(\d+)/.exec(started)?.[1];
    const socket = /SSH_AUTH_SOCK=([^;]+)/.exec(started)?.[1] ?? '';
    const session = home.with({ SSH_AUTH_SOCK: socket });
    execFileSync('ssh-add', ['-q', join(home.folder, '.ssh', 'lent')], {
      env: { ...process.env, SSH_AUTH_SOCK: socket },
    });
    close('lent');
    expectInstallSays(
      'ssh key that only the agent of this session opens',
      install(session),
      /only while the ssh agent of this session lives/,
      /name a key without a passphrase/,
    );
    expectDoctorSays('the same, asked later', 'at night', /ssh agent/, /without a passphrase/, session);
  });

  it('whose host key nobody has accepted', () => {
    useSsh({ key: 'mine', isKnown: false });
    expectInstallSays(
      'ssh host that is not known yet',
      install(),
      /Host key verification failed/,
      /accept the host key/,
    );
    writeFileSync(join(home.folder, '.ssh', 'known'), ssh.knownHost);
    expect(doctor('hub').result).toBe('ok');
  });
});

describe('a hub', () => {
  it.skipIf(!needs('lighttpd-mod-openssl'))('whose credential helper asks a person', async () => {
    const authority = createAuthority();
    const front = await startFront({ port: await freePort(), stop: () => {} }, { authority, user: 'me:secret' });
    try {
      const asks = join(home.folder, 'asks');
      writeFileSync(
        asks,
        '#!/bin/sh\n[ "$1" = get ] && { echo "Password?" >/dev/tty; read -r word </dev/tty; echo "password=$word"; }\n',
        { mode: 0o755 },
      );
      machine.git('remote', 'set-url', 'origin', `https://127.0.0.1:${front.port}/notes`);
      appendFileSync(
        join(home.folder, '.gitconfig'),
        `[http]\n\tsslCAInfo = ${authority.certificate}\n[credential]\n\thelper = ${asks}\n`,
      );
      expectInstallSays(
        'credential helper that asks a person',
        install(),
        /could not read Username|auth/,
        /credential/,
      );
    } finally {
      front.stop();
    }
  });

  it.skipIf(!needs('lighttpd-mod-openssl'))('whose certificate nobody vouches for', async () => {
    const front = await startFront({ port: await freePort(), stop: () => {} }, { authority: createAuthority() });
    try {
      machine.git('remote', 'set-url', 'origin', `https://127.0.0.1:${front.port}/notes`);
      expectInstallSays(
        'certificate that nothing here trusts',
        install(),
        /certificate verification failed/,
        /sslCAInfo/,
      );
    } finally {
      front.stop();
    }
  });

  it.each(SYSTEMS)('of $name that was moved away', (vcs) => {
    const { hub, machines } = vcs.createWorld('laptop');
    home.autosync('install', machines[0]?.top ?? '', '--scheduler', 'none');
    renameSync(hub, `${hub}.away`);
    expectDoctorSays(`${vcs.name} hub that is not there any more`, 'hub', /not-found|offline/, /remote|hg paths/);
    renameSync(`${hub}.away`, hub);
    expect(doctor('hub').result).toBe('ok');
  });
});

describe('a machine', () => {
  it('whose node went away with its version goes on with another one', () => {
    const node = join(home.folder, '.nvm', 'versions', 'node', 'v20.1.0', 'bin', 'node');
    mkdirSync(dirname(node), { recursive: true });
    copyFileSync(process.execPath, node);
    execFileSync(node, [PROGRAM, 'install', machine.top, '--scheduler', 'none'], { env: home.env, stdio: 'pipe' });
    rmSync(node);
    writeFileSync(join(machine.top, 'after.md'), 'after\n');
    const launcher = join(home.folder, '.local', 'share', 'autosync', 'run');
    execFileSync(launcher, ['snapshot', '--all'], { env: { HOME: home.folder }, stdio: 'pipe' });
    expect(execFileSync('git', ['show', 'main:after.md'], { cwd: world.hub, encoding: 'utf8' })).toBe('after\n');
  });

  it('on which no scheduler runs anything', () => {
    expectInstallSays(
      'no scheduler that works',
      home.autosync('install', machine.top),
      /no scheduler calls autosync on this machine: .*cron/,
      /then: autosync doctor --fix/,
    );
    expectDoctorSays(
      'the same, asked later',
      'scheduler',
      /no scheduler calls autosync \(/,
      /enable-linger.* autosync doctor --fix/,
    );
  });

  it('without a desktop that listens', () => {
    writeFileSync(join(home.folder, '.config', 'autosync', 'config.toml'), 'machine = "laptop"\n');
    const silent = home.with({ DBUS_SESSION_BUS_ADDRESS: `unix:path=${join(home.folder, 'none')}` });
    install(silent);
    expectDoctorSays('no session bus', 'notification', /no notification can be delivered/, /notify-command/, silent);
  });

  it('whose launcher is gone', () => {
    install();
    rmSync(join(home.folder, '.local', 'share', 'autosync', 'run'));
    expectDoctorSays('launcher that is gone', 'launcher', /is missing/, /doctor --fix/);
    home.autosync('doctor', '--fix');
    expect(doctor('launcher').result).toBe('ok');
  });

  it('whose settings cannot be read', () => {
    install();
    writeFileSync(join(home.folder, '.config', 'autosync', 'config.toml'), 'machine = "laptop"\nsetle = "2s"\n');
    expectDoctorSays('setting that is none', 'configuration', /setle/, /settle/);
  });
});

describe('a repository', () => {
  it('whose hooks another tool has written anew', () => {
    install();
    const hook = join(machine.top, '.git', 'hooks', 'post-commit');
    writeFileSync(hook, '#!/bin/sh\necho theirs\n', { mode: 0o755 });
    expectDoctorSays('hooks that another tool has written anew', 'hooks', /post-commit/, /doctor --fix/);
    home.autosync('doctor', '--fix');
    expect(doctor('hooks').result).toBe('ok');
    expect(readFileSync(hook, 'utf8')).toContain('echo theirs');
  });

  it.each(SYSTEMS)('of $name whose folder is gone', (vcs) => {
    const top = vcs.createWorld('laptop').machines[0]?.top ?? '';
    home.autosync('install', top, '--scheduler', 'none');
    renameSync(top, `${top}.away`);
    expectDoctorSays(`${vcs.name} folder that is gone`, 'hooks', /folder is gone/, /autosync uninstall/);
  });

  it('in which a merge was begun and never ended', () => {
    install();
    writeFileSync(join(machine.top, '.git', 'MERGE_HEAD'), `${machine.git('rev-parse', 'HEAD')}\n`);
    expectDoctorSays('merge that nobody finished', 'hub', /merge/, /git merge --abort|commit/);
  });

  it.skipIf(!needs('hg'))('of hg in which a merge was begun and never ended', () => {
    const other = createHgWorld('laptop');
    const desk = other.machines[0] ?? expect.fail('no machine');
    for (const side of ['one', 'two']) {
      desk.hg('update', '-q', '-r', '0');
      desk.write(side, side);
      desk.hg('commit', '-q', '-A', '-m', side);
    }
    desk.hg('merge', '-q');
    home.autosync('install', desk.top, '--scheduler', 'none');
    expectDoctorSays('hg merge that nobody finished', 'hub', /merge/, /hg (commit|merge --abort|update)/);
    other.remove();
  });

  it.skipIf(!needs('hg') || process.getuid?.() !== 0)('whose settings Mercurial does not trust', () => {
    const other = createHgWorld('laptop');
    try {
      const top = other.machines[0]?.top ?? expect.fail('no machine');
      home.autosync('install', top, '--scheduler', 'none');
      chownSync(join(top, '.hg', 'hgrc'), 12345, 12345);
      expectDoctorSays('hgrc of another owner', 'trust', /trust/, /chown|trusted/);
      chownSync(join(top, '.hg', 'hgrc'), 0, 0);
      expect(doctor('trust').result).toBe('ok');
    } finally {
      other.remove();
    }
  });
});
