import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { appendFileSync, chmodSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { createHome, PROGRAM, until } from '../support/cli.js';
import { freePort } from '../support/free-port.js';
import { startGitDaemon } from '../support/git-daemon.js';
import { startHgServe } from '../support/hg-servers.js';
import { hg } from '../support/hg-world.js';
import { needs } from '../support/needs.js';
import { canListProcesses, processesAt } from '../support/processes.js';
import { removeFolder } from '../support/remove-folder.js';
import { keepTable } from '../support/table.js';
import { FRONTS } from '../support/web-servers.js';
import { git } from '../support/world.js';

/** Only a server that is started as root changes to another user, who then must own what he works with. */
const changesUser = (front: string): boolean => front === 'apache2' && process.getuid?.() === 0;

/** What is to be done when a test is over, the last first. */
const stops: (() => unknown)[] = [];
const seen: (readonly string[])[] = [];

afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

afterAll(() => keepTable('mirror-webhook', ['front', 'seconds', 'processes before', 'after'], seen));

describe.skipIf(!needs('hg') || !canListProcesses()).each(['lighttpd', 'apache2'])('under %s', (front) => {
  it.skipIf(!needs(front))('a push to a hub of hgweb is soon in the git hub, and nothing stays behind', async () => {
    // Apache's own user may not enter the folder that the tests' temporary files live in.
    const folder = mkdtempSync('/tmp/as-ring-');
    chmodSync(folder, 0o755);
    stops.push(() => removeFolder(folder));
    const own = (path: string): string => join(folder, path);
    const web = {
      folder: own('web'),
      home: own('home'),
      port: await freePort(),
      autosync: [process.execPath, PROGRAM],
    };

    // The owner of the Mercurial hub: a hook, and a secret.
    hg(folder, 'init', own('hub'));
    const secret = randomBytes(32).toString('base64');
    writeFileSync(own('secret'), secret, { mode: 0o600 });
    const url = `http://127.0.0.1:${web.port}/autosync/hook/project`;
    const hook = `'${process.execPath}' '${PROGRAM}' webhook --send ${url} --secret-file '${own('secret')}'`;
    writeFileSync(own('hub/.hg/hgrc'), `[hooks]\nchangegroup.autosync = ${hook}\n`);
    const source = await startHgServe(own('hub'));
    stops.push(source.stop);
    hg(folder, 'clone', '-q', `http://127.0.0.1:${source.port}/`, own('person'));

    // The git hub, and the machine that mirrors.
    mkdirSync(own('git'));
    git(folder, 'init', '-q', '--bare', '-b', 'main', own('git/hub.git'));
    const hub = await startGitDaemon(own('git'));
    stops.push(hub.stop);
    const home = createHome(web.home, 'laptop');
    const [from, to] = [`http://127.0.0.1:${source.port}/`, `git://127.0.0.1:${hub.port}/hub.git`];
    expect(home.autosync('mirror', 'add', from, to, '--name', 'project', '--trigger', 'webhook').code).toBe(0);
    const config = join(home.folder, '.config', 'autosync');
    writeFileSync(join(config, 'project.secret'), secret, { mode: 0o600 });
    const route =
      'provider = "standard-webhooks"\nsecret-file = "~/.config/autosync/project.secret"\nmirror = "project"';
    appendFileSync(join(config, 'config.toml'), `\n[webhook.project]\n${route}\n`);
    mkdirSync(web.folder);
    if (changesUser(front)) execFileSync('chown', ['-R', 'www-data:www-data', home.folder, web.folder]);
    const server = await (FRONTS[front] ?? expect.fail(`no front '${front}'`))(web);
    stops.push(server.stop);

    const before = await restingAt(folder);
    for (const name of ['first', 'second']) {
      writeFileSync(own(`person/${name}`), `${name}\n`);
      hg(own('person'), 'commit', '-q', '-A', '-m', `about ${name}`);
      const began = process.hrtime.bigint();
      hg(own('person'), 'push', '-q');
      await until('the git hub has it', () => tipOf(own('git/hub.git')) === `about ${name}`);
      const seconds = Number(process.hrtime.bigint() - began) / 1e9;
      await until('every program has ended', () => processesAt(folder).length === before.length);
      seen.push([`${front}, ${name} push`, seconds.toFixed(1), `${before.length}`, `${processesAt(folder).length}`]);
    }
    expect(processesAt(folder)).toEqual(before);
    const log = readFileSync(join(home.folder, '.local/state/autosync/log.jsonl'), 'utf8');
    expect(log.match(/"event":"webhook".*"status":202/g)).toHaveLength(2);
    expect(log).not.toContain(secret);
  });
});

/** Returns the processes at a folder once none comes or goes: the git daemon may still be seeing off the last caller. */
async function restingAt(folder: string): Promise<readonly string[]> {
  let found = processesAt(folder);
  let alike = 0;
  await until('no program comes or goes', () => {
    const now = processesAt(folder);
    alike = now.join('\n') === found.join('\n') ? alike + 1 : 0;
    found = now;
    return alike === 5;
  });
  return found;
}

describe('who rings in vain', () => {
  it('hears why', () => {
    const home = createHome(mkdtempSync(join(tmpdir(), 'sender-')), 'hub');
    writeFileSync(join(home.folder, 'secret'), randomBytes(32).toString('base64'), { mode: 0o600 });
    const send = (...args: readonly string[]): ReturnType<typeof home.autosync> =>
      home.autosync('webhook', '--send', 'http://127.0.0.1:1/hook/project', ...args);
    expect(send('--secret-file', 'secret')).toMatchObject({
      code: 12,
      err: expect.stringContaining('cannot ring at http://127.0.0.1:1/hook/project'),
    });
    expect(send()).toMatchObject({ code: 2, err: expect.stringContaining('--secret-file') });
    expect(send('--secret-file', 'nowhere')).toMatchObject({ code: 2, err: expect.stringContaining("'nowhere'") });
    expect(send('--secret-file', 'secret', '--inetd').code).toBe(2);
  });
});

const tipOf = (repository: string): string =>
  git(repository, 'for-each-ref', '--format=%(contents:subject)', 'refs/heads/main');
