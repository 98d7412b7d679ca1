import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { cleanText } from '../../src/notify/clean-text.js';
import { commandNotifier } from '../../src/notify/command.js';
import { type DesktopOptions, desktopNotifier } from '../../src/notify/desktop.js';
import type { Notification, Notifier } from '../../src/notify/notifier.js';
import { printable } from '../../src/system/printable.js';
import { needs } from '../support/needs.js';
import { NOTIFICATION_PROGRAMS, startNotificationServer } from '../support/notification-server.js';
import { HOSTILE_TEXTS, notification } from '../support/notifications.js';

/** How the other side behaves. */
type Manner = 'takes' | 'hangs' | 'refuses' | 'absent';

/** A notifier with the other side that it talks to. */
type World = {
  readonly notifier: Notifier;
  /** What arrived, oldest first. */
  readonly received: () => readonly Texts[];
  readonly stop: () => Promise<void>;
};

type Texts = Pick<Notification, 'title' | 'body'>;

type Implementation = {
  readonly name: string;
  readonly programs: readonly string[];
  readonly world: (manner: Manner) => Promise<World>;
  /** What of a notification is to arrive, byte for byte. */
  readonly expected: (notification: Notification) => Texts;
};

/** Long enough for a slow machine, except where the other side never answers. */
const limitMs = (manner: Manner): number => (manner === 'hangs' ? 2_000 : 20_000);

const SERVER_MODES = { takes: 'normal', hangs: 'hang', refuses: 'error', absent: 'absent' } as const;

async function desktopWorld(manner: Manner, options: DesktopOptions = {}): Promise<World> {
  const server = await startNotificationServer({ mode: SERVER_MODES[manner] });
  const environment = { DBUS_SESSION_BUS_ADDRESS: server.address };
  const notifier = desktopNotifier({ environment, limitMs: limitMs(manner), ...options });
  const received = () => server.received().map(({ title, body }) => ({ title, body }));
  return { notifier, received, stop: server.stop };
}

function noBusWorld(): World {
  // Without an address and with an empty runtime folder, as on a server where nobody is logged in.
  const notifier = desktopNotifier({ limitMs: limitMs('absent') });
  return { notifier, received: () => [], stop: () => Promise.resolve() };
}

const SCRIPTS: Readonly<Record<Exclude<Manner, 'absent'>, string>> = {
  takes: 'cat >> "$0"',
  hangs: 'exec sleep 600',
  refuses: 'echo "not now" >&2; exit 1',
};

function commandWorld(manner: Manner): World {
  const file = join(mkdtempSync(join(tmpdir(), 'command-')), 'received');
  writeFileSync(file, '');
  const command = manner === 'absent' ? ['/nowhere/notify'] : ['/bin/sh', '-c', SCRIPTS[manner], file];
  const received = () =>
    readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line): Texts => JSON.parse(line))
      .map(({ title, body }) => ({ title, body }));
  return { notifier: commandNotifier(command, limitMs(manner)), received, stop: () => Promise.resolve() };
}

const implementations: readonly Implementation[] = [
  {
    name: 'desktop, through node-notifier',
    programs: NOTIFICATION_PROGRAMS,
    world: (manner) => desktopWorld(manner),
    expected: (told) => cleanText(told, 'markup'),
  },
  {
    name: 'desktop, through notify-send',
    programs: NOTIFICATION_PROGRAMS,
    world: (manner) => desktopWorld(manner, { child: '/nowhere/desktop-child.js' }),
    expected: (told) => cleanText(told, 'markup'),
  },
  {
    name: 'notify-command',
    programs: ['sh'],
    world: (manner) => Promise.resolve(commandWorld(manner)),
    expected: ({ title, body }) => ({ title, body }),
  },
];

const opened: World[] = [];

async function open(world: World | Promise<World>): Promise<World> {
  const ready = await world;
  opened.push(ready);
  return ready;
}

afterEach(async () => {
  await Promise.all(opened.splice(0).map((world) => world.stop()));
});

function isOneLineOfWords(why: string): void {
  expect(why).not.toBe('');
  expect(why).toBe(printable(why));
}

for (const { name, programs, world, expected } of implementations) {
  describe.skipIf(!programs.map(needs).every(Boolean))(`a notifier: ${name}`, () => {
    it('delivers a notification', async () => {
      const { notifier, received } = await open(world('takes'));
      const told = notification({ title: 'notes: conflict in Übersicht 日本.md' });
      expect(await notifier.notify(told)).toEqual({ kind: 'delivered' });
      expect(received()).toEqual([expected(told)]);
    });

    it('delivers whatever a name can hold, as text', async () => {
      const { notifier, received } = await open(world('takes'));
      for (const text of HOSTILE_TEXTS) {
        const told = notification({ title: text, body: `${text}\nautosync status`, paths: [text], repo: '/x' });
        expect(await notifier.notify(told), JSON.stringify(text)).toEqual({ kind: 'delivered' });
        expect(received().at(-1), JSON.stringify(text)).toEqual(expected(told));
      }
      expect(received()).toHaveLength(HOSTILE_TEXTS.length);
    });

    it('delivers several at the same time', async () => {
      const { notifier, received } = await open(world('takes'));
      const titles = ['one', 'two', 'three'];
      const deliveries = await Promise.all(titles.map((title) => notifier.notify(notification({ title }))));
      expect(deliveries).toEqual(titles.map(() => ({ kind: 'delivered' })));
      expect(new Set(received().map(({ title }) => title))).toEqual(new Set(titles));
    });

    it.each(['hangs', 'refuses', 'absent'] as const)('says why not when the other side %s', async (manner) => {
      const { notifier } = await open(world(manner));
      const delivery = await notifier.notify(notification());
      expect(delivery).toEqual({ kind: 'undelivered', why: expect.any(String) });
      if (delivery.kind === 'undelivered') isOneLineOfWords(delivery.why);
    });
  });
}

describe.skipIf(!NOTIFICATION_PROGRAMS.map(needs).every(Boolean))('a notifier: desktop, with no session at all', () => {
  it('says why not', async () => {
    const { notifier } = await open(noBusWorld());
    const delivery = await notifier.notify(notification());
    expect(delivery).toEqual({ kind: 'undelivered', why: expect.stringMatching(/^node-notifier: .*D-Bus/) });
    if (delivery.kind === 'undelivered') isOneLineOfWords(delivery.why);
  });
});
