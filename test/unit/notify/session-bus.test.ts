import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { sessionBus } from '../../../src/notify/session-bus.js';

const UID = process.getuid?.() ?? 0;
const servers: Server[] = [];

/** Makes what `/run/user` is: a folder with one for each person who is logged in. */
function runFolder(uid: number): { readonly folder: string; readonly bus: string } {
  const folder = mkdtempSync(join(tmpdir(), 'r'));
  mkdirSync(join(folder, String(uid)));
  return { folder, bus: join(folder, String(uid), 'bus') };
}

async function listen(path: string): Promise<void> {
  const server = createServer();
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(path, resolve));
}

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
  vi.unstubAllEnvs();
});

describe.skipIf(process.platform === 'win32')('sessionBus', () => {
  it("finds the person's own bus when the environment names no session", async () => {
    vi.stubEnv('XDG_RUNTIME_DIR', undefined);
    const { folder, bus } = runFolder(UID);
    await listen(bus);
    expect(sessionBus(UID, folder)).toEqual({
      XDG_RUNTIME_DIR: join(folder, String(UID)),
      DBUS_SESSION_BUS_ADDRESS: `unix:path=${bus}`,
    });
  });

  it.each(['XDG_RUNTIME_DIR', 'DBUS_SESSION_BUS_ADDRESS'])('leaves alone a session that %s names', async (name) => {
    vi.stubEnv('XDG_RUNTIME_DIR', undefined);
    vi.stubEnv(name, '/somewhere/else');
    const { folder, bus } = runFolder(UID);
    await listen(bus);
    expect(sessionBus(UID, folder)).toEqual({});
  });

  it("does not go to somebody else's bus", async () => {
    vi.stubEnv('XDG_RUNTIME_DIR', undefined);
    const { folder, bus } = runFolder(UID + 1);
    await listen(bus);
    expect(sessionBus(UID + 1, folder)).toEqual({});
  });

  it('does not take a file or a link for a bus', async () => {
    vi.stubEnv('XDG_RUNTIME_DIR', undefined);
    const file = runFolder(UID);
    writeFileSync(file.bus, '');
    expect(sessionBus(UID, file.folder)).toEqual({});
    const link = runFolder(UID);
    await listen(join(link.folder, 'real'));
    symlinkSync(join(link.folder, 'real'), link.bus);
    expect(sessionBus(UID, link.folder)).toEqual({});
  });

  it('adds nothing where nobody is logged in, or where there are no user ids', () => {
    vi.stubEnv('XDG_RUNTIME_DIR', undefined);
    expect(sessionBus(UID, join(tmpdir(), 'nowhere'))).toEqual({});
    expect(sessionBus(undefined)).toEqual({});
  });
});
