import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** What the programs below need; suites ask `needs()` for each. */
export const NOTIFICATION_PROGRAMS: readonly string[] = ['dbus-daemon', 'python3-dbus', 'notify-send'];

/** A message as the server got it over D-Bus. */
export type ReceivedNotification = {
  readonly app: string;
  readonly icon: string;
  readonly title: string;
  readonly body: string;
  readonly actions: readonly string[];
  /** Milliseconds; 0 means never. */
  readonly expires: number;
};

export type NotificationServerOptions = {
  /** `hang` takes a message and never answers, `error` refuses it, `absent` is a bus where nobody listens. */
  readonly mode?: 'normal' | 'hang' | 'error' | 'absent';
  /** Whose session it is, when we are root: somebody whom the password database knows; else our own. */
  readonly owner?: { readonly uid: number; readonly gid: number };
  /** Where the bus listens, such as `/run/user/<uid>/bus`; its folder is made, and taken away, if it is not there. */
  readonly socketPath?: string;
};

export type NotificationServer = {
  /** For `DBUS_SESSION_BUS_ADDRESS`. */
  readonly address: string;
  readonly received: () => readonly ReceivedNotification[];
  readonly stop: () => Promise<void>;
};

/** Starts a private session bus with nothing on it but a notification server that writes down what it is sent. */
export async function startNotificationServer(options: NotificationServerOptions = {}): Promise<NotificationServer> {
  const { mode = 'normal', owner } = options;
  // Another user may not enter the folder that the tests' temporary files live in.
  const folder = mkdtempSync(join(owner === undefined ? tmpdir() : '/tmp', 'as-bus-'));
  own(folder, owner);
  const socket = options.socketPath ?? join(folder, 'bus');
  const made = mkdirSync(dirname(socket), { recursive: true });
  if (made !== undefined) own(dirname(socket), owner);
  const programs: ChildProcess[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(programs.map(end));
    for (const path of [folder, socket, ...(made === undefined ? [] : [made])]) {
      rmSync(path, { recursive: true, force: true });
    }
  };
  const address = `unix:path=${socket}`;
  const messages = join(folder, 'messages');
  writeFileSync(messages, '');
  own(messages, owner);
  const config = join(folder, 'bus.xml');
  writeFileSync(config, busConfig(address), { mode: 0o644 });
  try {
    const daemon = ['--nofork', '--nopidfile', '--nosyslog', '--print-address=1', `--config-file=${config}`];
    await start(programs, 'dbus-daemon', daemon, { owner });
    if (mode !== 'absent') await start(programs, '/usr/bin/python3', [SERVER, mode, messages], { owner, address });
  } catch (error) {
    await stop();
    throw error;
  }
  return { address, received: () => readMessages(messages), stop };
}

/** Puts a notification server on a session bus that is there already, as a desktop does. */
export async function listenOn(address: string): Promise<Omit<NotificationServer, 'address'>> {
  const folder = mkdtempSync(join(tmpdir(), 'as-bus-'));
  const messages = join(folder, 'messages');
  writeFileSync(messages, '');
  const programs: ChildProcess[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(programs.map(end));
    rmSync(folder, { recursive: true, force: true });
  };
  await start(programs, '/usr/bin/python3', [SERVER, 'normal', messages], { address });
  return { received: () => readMessages(messages), stop };
}

const SERVER = fileURLToPath(new URL('notification-server.py', import.meta.url));

/** A session's usual configuration without its service folders: nothing on this bus is started on demand. */
const busConfig = (address: string): string => `<busconfig>
  <type>session</type>
  <listen>${address}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
`;

type StartOptions = {
  readonly owner?: NotificationServerOptions['owner'] | undefined;
  readonly address?: string;
};

/** Starts a program and waits for its first line, with which both of ours say that they are ready. */
async function start(
  programs: ChildProcess[],
  program: string,
  args: readonly string[],
  { owner, address }: StartOptions,
): Promise<void> {
  const child = spawn(program, args, {
    cwd: '/',
    env: {
      PATH: '/usr/bin:/bin:/usr/local/bin',
      LC_ALL: 'C.UTF-8',
      ...(address && { DBUS_SESSION_BUS_ADDRESS: address }),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...owner,
  });
  programs.push(child);
  let complaints = '';
  child.stderr.on('data', (piece) => {
    complaints += String(piece);
  });
  const said = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const line = await Promise.race([said.next(), once(child, 'error').then(([error]) => Promise.reject(error))]);
  if (line.done === true) throw new Error(`${program} did not start: ${complaints}`);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

function own(path: string, owner: NotificationServerOptions['owner']): void {
  if (owner === undefined) return;
  chmodSync(path, 0o700);
  chownSync(path, owner.uid, owner.gid);
}

const readMessages = (file: string): readonly ReceivedNotification[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line): ReceivedNotification => JSON.parse(line));
