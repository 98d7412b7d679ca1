import { chmodSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { desktopNotifier } from '../../../src/notify/desktop.js';
import type { Notification } from '../../../src/notify/notifier.js';
import { needs } from '../../support/needs.js';
import {
  NOTIFICATION_PROGRAMS,
  type NotificationServer,
  startNotificationServer,
} from '../../support/notification-server.js';
import { notification } from '../../support/notifications.js';

/** Makes a program that writes its arguments, each ended by NUL, and returns the folder for PATH and what was written. */
function recorder(name: string, exitCode = 0): { readonly folder: string; readonly called: () => readonly string[] } {
  const folder = mkdtempSync(join(tmpdir(), 'bin-'));
  const file = join(folder, 'arguments');
  writeFileSync(file, '');
  writeFileSync(join(folder, name), `#!/bin/sh\nprintf '%s\\0' "$@" >> '${file}'\nexit ${exitCode}\n`);
  chmodSync(join(folder, name), 0o755);
  return { folder, called: () => readFileSync(file, 'utf8').split('\0').slice(0, -1) };
}

const BROKEN_CHILD = '/nowhere/desktop-child.js';

/** Long enough to start a program on a machine that has other things to do. */
const limitMs = 20_000;

describe.skipIf(process.platform === 'win32')('desktopNotifier, when node-notifier fails', () => {
  it('runs notify-send itself, with the texts behind the end of the options', async () => {
    const { folder, called } = recorder('notify-send');
    const notifier = desktopNotifier({
      child: BROKEN_CHILD,
      platform: 'linux',
      environment: { PATH: folder },
      limitMs,
    });
    expect(await notifier.notify(notification({ title: '-x', body: 'a<b' }))).toEqual({ kind: 'delivered' });
    expect(called()).toEqual(['--app-name=autosync', '--expire-time=0', '--', '\u2010x', 'a&lt;b']);
  });

  it('runs osascript with a fixed script on macOS, the texts as its arguments and without markup', async () => {
    const { folder, called } = recorder('osascript');
    const notifier = desktopNotifier({
      child: BROKEN_CHILD,
      platform: 'darwin',
      environment: { PATH: folder },
      limitMs,
    });
    const title = '" & (do shell script "id") & "';
    expect(await notifier.notify(notification({ title, body: 'a<b' }))).toEqual({ kind: 'delivered' });
    const script = ['on run argv', 'display notification (item 2 of argv) with title (item 1 of argv)', 'end run'];
    expect(called()).toEqual([...script.flatMap((line) => ['-e', line]), title, 'a<b']);
  });

  it('gives both reasons when that fails too', async () => {
    const { folder } = recorder('notify-send', 4);
    const notifier = desktopNotifier({
      child: BROKEN_CHILD,
      platform: 'linux',
      environment: { PATH: folder },
      limitMs,
    });
    expect(await notifier.notify(notification())).toEqual({
      kind: 'undelivered',
      why: expect.stringMatching(/^node-notifier: .+; notify-send: ended with exit code 4$/),
    });
  });

  it('says that a program is missing', async () => {
    const environment = { PATH: '/nowhere' };
    const delivery = await desktopNotifier({ child: BROKEN_CHILD, platform: 'linux', environment, limitMs }).notify(
      notification(),
    );
    expect(delivery).toMatchObject({ why: expect.stringContaining("program 'notify-send' not found") });
  });

  it('does not try a second program when the first one ran out of time', async () => {
    const { folder, called } = recorder('notify-send');
    const child = join(folder, 'child.js');
    writeFileSync(child, 'setInterval(() => {}, 1000);\n');
    const notifier = desktopNotifier({ child, platform: 'linux', environment: { PATH: folder }, limitMs: 500 });
    expect(await notifier.notify(notification())).toEqual({
      kind: 'undelivered',
      why: 'node-notifier: no answer within 0.5 s',
    });
    expect(called()).toEqual([]);
  });
});

describe.skipIf(!NOTIFICATION_PROGRAMS.map(needs).every(Boolean))('desktopNotifier, on a real bus', () => {
  const servers: NotificationServer[] = [];
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.stop()));
  });

  async function started(): Promise<NotificationServer> {
    const server = await startNotificationServer();
    servers.push(server);
    return server;
  }

  it("speaks in autosync's name", async () => {
    const server = await started();
    const environment = { DBUS_SESSION_BUS_ADDRESS: server.address };
    await desktopNotifier({ environment, limitMs }).notify(notification());
    expect(server.received()).toMatchObject([{ app: 'autosync', actions: [] }]);
  });

  const lasting: readonly (readonly [Notification['event'], number])[] = [
    ['conflict', 0],
    ['attention', 0],
    ['blocked', 0],
    ['failed', 0],
    ['offline', 0],
    ['recovered', 10_000],
    ['incoming', 10_000],
    ['test', 10_000],
  ];
  it.each(lasting)('lets %s stand for %i ms, 0 being until somebody closes it', async (event, expires) => {
    const server = await started();
    const environment = { DBUS_SESSION_BUS_ADDRESS: server.address };
    expect(await desktopNotifier({ environment, limitMs }).notify(notification({ event }))).toEqual({
      kind: 'delivered',
    });
    expect(server.received()).toMatchObject([{ expires }]);
  });
});
