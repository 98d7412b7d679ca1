import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, type NetConnectOpts } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findProgram } from '../../scripts/steps/programs.js';
import { until } from './cli.js';

const PAGE = fileURLToPath(new URL('../../docs/webhook.md', import.meta.url));

/** Returns an example of docs/webhook.md by its name, with what stands in it replaced by what is here. */
function example(name: string, here: Readonly<Record<string, string>>): string {
  const page = readFileSync(PAGE, 'utf8');
  const [, text] = new RegExp(`^\`\`\`\\w+ ${name.replace(/[.@]/g, '\\$&')}\\n([^]*?)^\`\`\`$`, 'm').exec(page) ?? [];
  if (text === undefined) throw new Error(`docs/webhook.md has no example '${name}'`);
  return Object.entries(here).reduce((filled, [from, to]) => filled.replaceAll(from, to), text);
}

/** Where a server of a test stands. */
export type Site = {
  readonly folder: string;
  readonly home: string;
  /** The command that answers one request. */
  readonly autosync: readonly string[];
  readonly port: number;
};

/** A server that was started, and how to end it. */
export type WebServer = { readonly url: string; readonly stop: () => Promise<void> };

/** The fronts that docs/webhook.md shows: each by the program that it needs, and how it is started. */
export const FRONTS: Readonly<Record<string, (site: Site) => Promise<WebServer>>> = {
  lighttpd: async (site) => {
    writeCgi(site);
    const config = join(site.folder, 'lighttpd.conf');
    writeFileSync(config, example('lighttpd.conf', replacements(site)));
    return await serve(site, '/autosync', ['lighttpd', '-D', '-f', config]);
  },
  apache2: async (site) => {
    writeCgi(site);
    const config = join(site.folder, 'apache.conf');
    const ours = [`ServerRoot ${site.folder}`, 'ServerName localhost', 'PidFile apache.pid', 'ErrorLog apache.log'];
    const text = example('apache.conf', {
      ...replacements(site),
      'User ann': 'User www-data',
      'Group ann': 'Group www-data',
    });
    writeFileSync(config, `${ours.join('\n')}\nScriptSock ${site.folder}/cgid.sock\n${text}`);
    return await serve(site, '/autosync', ['apache2', '-X', '-d', site.folder, '-f', config]);
  },
  nginx: async (site) => {
    writeCgi(site);
    const socket = join(site.folder, 'fcgiwrap.sock');
    const wrapper = start(site, ['fcgiwrap', '-c', '8', '-s', `unix:${socket}`], { detached: true });
    // What nginx cannot hand on it answers by itself, as a broken gateway.
    await untilAnswers('fcgiwrap', wrapper, { path: socket });
    const config = join(site.folder, 'nginx.conf');
    writeFileSync(
      config,
      `${nginxOwn(site)}${example('nginx.conf', { ...replacements(site), '/run/fcgiwrap.sock': socket })}`,
    );
    const server = await serve(site, '/autosync', ['nginx', '-p', site.folder, '-c', config]);
    const stop = async (): Promise<void> => {
      await server.stop();
      // Those that it has forked would stay behind.
      if (wrapper.pid !== undefined && wrapper.exitCode === null) process.kill(-wrapper.pid, 'SIGKILL');
      await end(wrapper);
    };
    return { ...server, stop };
  },
  'systemd-socket-activate': async (site) => {
    const script = writeScript(site, 'autosync-inetd');
    mkdirSync(join(site.home, '.cache'), { recursive: true });
    const args = ['--accept', '--inetd', '-l', `127.0.0.1:${site.port}`];
    return await serve(site, '', ['systemd-socket-activate', ...args, script]);
  },
};

/** What nginx must be told where it is not the system's own. */
const nginxOwn = ({ folder }: Site): string =>
  `daemon off;\nmaster_process off;\npid ${folder}/nginx.pid;\nerror_log ${folder}/nginx.log;\n`;

const replacements = ({ folder, port }: Site): Readonly<Record<string, string>> => ({
  8080: String(port),
  '/var/www/html': folder,
  '/home/ann': folder,
});

const writeCgi = (site: Site): string => writeScript(site, 'autosync.cgi');

function writeScript({ folder, home, autosync }: Site, name: string): string {
  mkdirSync(folder, { recursive: true });
  const script = join(folder, name);
  const text = example(name, { '/home/ann': home, ' autosync webhook': ` ${autosync.join(' ')} webhook` });
  writeFileSync(script, text);
  chmodSync(script, 0o755);
  return script;
}

/** Starts a server; one that is detached is a group of its own, with all that it forks. */
function start(
  { folder }: Site,
  [program = '', ...args]: readonly string[],
  { detached = false }: { readonly detached?: boolean } = {},
): ChildProcess {
  const child = spawn(findProgram(program) ?? program, args, {
    cwd: folder,
    detached,
    stdio: 'ignore',
    env: { PATH: process.env['PATH'] },
  });
  child.on('error', () => undefined);
  return child;
}

async function serve(site: Site, path: string, command: readonly string[]): Promise<WebServer> {
  const child = start(site, command);
  await untilAnswers(`${command[0]}`, child, { port: site.port, host: '127.0.0.1' });
  return { url: `http://127.0.0.1:${site.port}${path}`, stop: () => end(child) };
}

async function untilAnswers(name: string, child: ChildProcess, place: NetConnectOpts): Promise<void> {
  let answers = false;
  const knock = (): boolean => {
    const caller = connect(place, () => {
      answers = true;
      caller.destroy();
    });
    caller.on('error', () => undefined);
    if (child.exitCode !== null) throw new Error(`${name} has ended (${child.exitCode})`);
    return answers;
  };
  await until(`${name} answers`, knock);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const limit = setTimeout(() => child.kill('SIGKILL'), 5_000);
  await ended;
  clearTimeout(limit);
}
