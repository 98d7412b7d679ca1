import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { nightCautions, privacyCautions } from '../../../src/commands/night.js';
import { nodeCautions } from '../../../src/commands/node-of-tomorrow.js';
import { type Wiring, wire } from '../../../src/commands/wiring.js';
import { asAbsolute } from '../../../src/model/paths.js';
import type { RegisteredRepo } from '../../../src/model/repo.js';
import { parseSchedule } from '../../../src/scheduler/schedule-text.js';
import { readSettings } from '../../../src/store/config.js';
import { until } from '../../support/cli.js';
import { needs } from '../../support/needs.js';

const HOME = asAbsolute('/home/ada');

function repoAt(wiring: Wiring, path: string, vcs: RegisteredRepo['vcs'] = 'git'): RegisteredRepo {
  const settings = readSettings(wiring.locations, parseSchedule);
  return { id: 'notes', path: asAbsolute(path), vcs, hooks: true, settings };
}

describe('a node that goes away with its version', () => {
  it.each([
    ['nvm', '/home/ada/.nvm/versions/node/v22.1.0/bin/node'],
    ['fnm', '/home/ada/.local/share/fnm/node-versions/v22.1.0/installation/bin/node'],
    ['volta', '/home/ada/.volta/tools/image/node/22.1.0/bin/node'],
    ['asdf', '/home/ada/.asdf/installs/nodejs/22.1.0/bin/node'],
    ['mise', '/home/ada/.local/share/mise/installs/node/22.1.0/bin/node'],
    ['Homebrew', '/opt/homebrew/Cellar/node/22.1.0/bin/node'],
  ])('(%s) is named when there is no other, and only then', (_manager, path) => {
    const record = { node: asAbsolute(path), stableNode: '', home: HOME };
    expect(nodeCautions(record, () => false)).toEqual([
      { what: expect.stringContaining(`goes away with its version ('${path}')`), mend: expect.any(String) },
    ]);
    expect(nodeCautions(record, (other) => other === '/usr/bin/node')).toEqual([]);
    expect(nodeCautions({ ...record, stableNode: '/opt/homebrew/bin/node' }, () => false)).toEqual([]);
  });

  it('is not a node of the system', () => {
    expect(nodeCautions({ node: asAbsolute('/usr/bin/node'), stableNode: '', home: HOME }, () => false)).toEqual([]);
  });
});

describe('a folder that macOS keeps closed', () => {
  it.each([
    ['/home/ada/Documents/notes', '~/Documents'],
    ['/home/ada/Desktop', '~/Desktop'],
    ['/home/ada/Library/Mobile Documents/notes', '~/Library/Mobile Documents'],
  ])('%s is named', (path, shown) => {
    const [caution] = privacyCautions(asAbsolute(path), { platform: 'darwin', home: HOME });
    expect(caution?.what).toContain(`out of '${shown}'`);
    expect(caution?.mend).toContain('Full Disk Access');
    expect(privacyCautions(asAbsolute(path), { platform: 'linux', home: HOME })).toEqual([]);
  });

  it.each(['/home/ada/notes', '/home/ada/Documents2', '/Users/Documents'])('%s is not one', (path) => {
    expect(privacyCautions(asAbsolute(path), { platform: 'darwin', home: HOME })).toEqual([]);
  });
});

it.skipIf(!needs('useradd as root'))('an hgrc of somebody else is named, and one of the own user is not', async () => {
  const top = mkdtempSync(join(tmpdir(), 'hg-'));
  mkdirSync(join(top, '.hg'));
  const hgrc = join(top, '.hg', 'hgrc');
  writeFileSync(hgrc, '');
  const wiring = wire();
  expect(await nightCautions(wiring, undefined, [repoAt(wiring, top, 'hg')])).toEqual([]);
  chownSync(hgrc, 65_534, 65_534);
  expect(await nightCautions(wiring, undefined, [repoAt(wiring, top, 'hg')])).toEqual([
    { what: expect.stringContaining('(uid 65534)'), mend: `chown "$(id -u)" '${hgrc}'` },
  ]);
});

describe.skipIf(!['sshd', 'ssh-agent', 'ssh'].every(needs))('a hub behind ssh', () => {
  const children: ChildProcess[] = [];
  let folder: string;
  let port: number;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'ssh-'));
    port = await freePort();
    for (const [name, phrase] of Object.entries({ host: '', locked: 'secret', open: '' })) {
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', phrase, '-f', join(folder, name)]);
    }
    execFileSync('sh', ['-c', 'cat locked.pub open.pub > authorized'], { cwd: folder });
    if (!existsSync('/run/sshd') && process.getuid?.() === 0) mkdirSync('/run/sshd');
    const options = [
      `HostKey=${join(folder, 'host')}`,
      `AuthorizedKeysFile=${join(folder, 'authorized')}`,
      'ListenAddress=127.0.0.1',
      'PidFile=none',
      'StrictModes=no',
      'UsePAM=no',
      'PermitRootLogin=yes',
    ].flatMap((option) => ['-o', option]);
    start('/usr/sbin/sshd', ['-D', '-f', '/dev/null', '-p', String(port), ...options]);
    start('ssh-agent', ['-D', '-a', join(folder, 'agent')]);
    writeFileSync(join(folder, 'askpass'), '#!/bin/sh\necho secret\n', { mode: 0o755 });
    const askpass = { SSH_ASKPASS: join(folder, 'askpass'), SSH_ASKPASS_REQUIRE: 'force' };
    const env = { ...process.env, ...askpass, SSH_AUTH_SOCK: join(folder, 'agent') };
    // Its socket stands there a moment before it answers: 2 says that it does not, 1 that it has no key yet.
    await until('the agent answers', () => spawnSync('ssh-add', ['-l'], { env }).status === 1);
    execFileSync('ssh-add', ['-q', join(folder, 'locked')], { env, stdio: ['ignore', 'ignore', 'pipe'] });
    execFileSync('git', ['init', '-q', '--bare', join(folder, 'hub.git')]);
    await until('sshd answers', () => spawnSync('ssh-keyscan', ['-p', String(port), '127.0.0.1']).stdout.length > 0);
  }, 180_000);
  afterAll(() => {
    for (const child of children) child.kill();
  });
  afterEach(() => {
    delete process.env['SSH_AUTH_SOCK'];
  });

  function start(program: string, args: readonly string[]): void {
    children.push(spawn(program, args, { stdio: 'ignore' }));
  }

  function cloneWith(key: string): string {
    const top = mkdtempSync(join(folder, 'tree-'));
    const files = `-i ${join(folder, key)} -oUserKnownHostsFile=${join(folder, 'known')} -oStrictHostKeyChecking=no`;
    execFileSync('git', ['init', '-q', top]);
    execFileSync('git', ['-C', top, 'config', 'core.sshCommand', `ssh -F none -oIdentitiesOnly=yes ${files}`]);
    const name = execFileSync('id', ['-un'], { encoding: 'utf8' }).trim();
    execFileSync('git', ['-C', top, 'remote', 'add', 'origin', `ssh://${name}@127.0.0.1:${port}${folder}/hub.git`]);
    return top;
  }

  it('is named when only the agent of this session opens the key', async () => {
    const wiring = wire();
    const repo = repoAt(wiring, cloneWith('locked'));
    process.env['SSH_AUTH_SOCK'] = join(folder, 'agent');
    expect(await nightCautions(wiring, undefined, [repo])).toEqual([
      { what: `${repo.path} reaches its hub only while the ssh agent of this session lives`, mend: expect.any(String) },
    ]);
  }, 180_000);

  it('is not named when the key has no passphrase', async () => {
    const wiring = wire();
    process.env['SSH_AUTH_SOCK'] = join(folder, 'agent');
    expect(await nightCautions(wiring, undefined, [repoAt(wiring, cloneWith('open'))])).toEqual([]);
  }, 180_000);

  it('is not named when it is out of reach either way, which the run itself has said', async () => {
    const wiring = wire();
    const top = cloneWith('locked');
    execFileSync('git', ['-C', top, 'remote', 'set-url', 'origin', 'ssh://nobody@127.0.0.1:1/x']);
    process.env['SSH_AUTH_SOCK'] = join(folder, 'agent');
    expect(await nightCautions(wiring, undefined, [repoAt(wiring, top)])).toEqual([]);
  }, 180_000);
});

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
