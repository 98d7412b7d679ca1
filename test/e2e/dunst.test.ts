import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createHome, type Home, until } from '../support/cli.js';
import type { Desk } from '../support/desk.js';
import { needs } from '../support/needs.js';
import { type NotificationServer, startNotificationServer } from '../support/notification-server.js';
import { HARNESSES } from '../support/vcs-harness.js';
import type { World } from '../support/world.js';

/** A picture of the screen, for whoever wants to look at it. */
const PICTURE = fileURLToPath(new URL('../../.cache/notification.png', import.meta.url));

const PROGRAMS = ['dunst', 'Xvfb', 'dbus-daemon', 'notify-send'];

/** A message as dunst keeps it. */
type Shown = { readonly summary: string; readonly body: string; readonly appname: string };

const SYSTEMS = HARNESSES.filter(({ name }) => needs(name));

describe.skipIf(!PROGRAMS.every(needs)).each(SYSTEMS)(
  'a desktop whose notifications dunst shows, under $name',
  (vcs) => {
    let folder: string;
    let world: World<Desk>;
    let here: Desk;
    let there: Desk;
    let home: Home;
    let bus: NotificationServer;
    let env: NodeJS.ProcessEnv;
    const programs: ChildProcess[] = [];

    beforeEach(async () => {
      folder = mkdtempSync(join(tmpdir(), 'dunst-'));
      world = vcs.createWorld('here', 'there');
      [here, there] = world.machines as [Desk, Desk];
      bus = await startNotificationServer({ mode: 'absent' });
      const display = await startScreen();
      env = { ...process.env, DISPLAY: display, DBUS_SESSION_BUS_ADDRESS: bus.address, HOME: folder };
      programs.push(spawn('dunst', [], { env, stdio: 'ignore' }));
      await until('dunst answers', () => control('count', 'displayed') === '0');
      const plain = createHome(folder, 'laptop');
      writeFileSync(join(folder, '.config', 'autosync', 'config.toml'), 'machine = "laptop"\n');
      home = plain.with({ DBUS_SESSION_BUS_ADDRESS: bus.address });
      home.autosync('install', here.top, '--scheduler', 'none', '--no-hooks');
    });

    afterEach(async () => {
      for (const program of programs.splice(0)) program.kill('SIGKILL');
      await bus?.stop();
      world?.remove();
      rmSync(folder, { recursive: true, force: true });
    });

    /** Starts an X server without a screen on a display that is free; it says which. */
    async function startScreen(): Promise<string> {
      const server = spawn('Xvfb', ['-displayfd', '1', '-screen', '0', '900x400x24', '-nolisten', 'tcp'], {
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      programs.push(server);
      const said = await new Promise<string>((resolve) =>
        server.stdout.once('data', (piece) => resolve(String(piece))),
      );
      return `:${said.trim()}`;
    }

    function control(...args: readonly string[]): string {
      try {
        return execFileSync('dunstctl', args, { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
      } catch {
        return '';
      }
    }

    /** What was on the screen, when it is closed. */
    function shown(): readonly Shown[] {
      control('close-all');
      const [messages = []] = JSON.parse(control('history')).data;
      return messages.map(({ summary, body, appname }: Record<string, { data: string }>) => ({
        summary: summary?.data ?? '',
        body: body?.data ?? '',
        appname: appname?.data ?? '',
      }));
    }

    it('shows a conflict once, with the names of both files as they are', async () => {
      const name = 'plan <b>&.md';
      writeFileSync(join(there.top, name), 'theirs\n');
      there.commit('theirs');
      there.send();
      writeFileSync(join(here.top, name), 'mine\n');
      expect(home.autosync('snapshot', here.top).out).toContain('conflict');
      await until('it is on the screen', () => control('count', 'displayed') === '1');
      takePicture();
      expect(home.autosync('snapshot', here.top).code).toBe(0);
      expect(control('count', 'displayed')).toBe('1');
      const [message, ...more] = shown();
      expect(more).toEqual([]);
      // dunst keeps markup as it got it: what is no markup arrives escaped.
      expect(message?.summary).toMatch(/^here: conflict in plan <b>&\.md$/);
      expect(message?.body).toMatch(/plan &lt;b&gt;&amp; \(conflict laptop \d{4}-\d\d-\d\d [0-9a-f]{7}\)\.md/);
    });

    function takePicture(): void {
      if (!existsSync('/usr/bin/import')) return;
      mkdirSync(dirname(PICTURE), { recursive: true });
      execFileSync('import', ['-window', 'root', PICTURE], { env, stdio: 'ignore' });
    }
  },
);
