import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { hgHooks } from '../../../src/hooks/hg-hooks.js';
import type { HookRequest } from '../../../src/hooks/hook-installer.js';
import { hasSourceHook, installSourceHook, removeSourceHook } from '../../../src/mirror/source-hook.js';
import { asAbsolute } from '../../../src/model/paths.js';

const LAUNCHER = asAbsolute('/opt/run');

let hgrc: string;
let repository: HookRequest;
let add: (name?: string) => void;
let remove: (name?: string) => void;
let has: () => boolean;

beforeEach(() => {
  const source = mkdtempSync(join(tmpdir(), 'source-'));
  mkdirSync(join(source, '.hg'));
  hgrc = join(source, '.hg', 'hgrc');
  const folder = asAbsolute(join(source, '.hg'));
  repository = { site: { vcs: 'hg', folder, owner: 'own' }, launcher: LAUNCHER, home: asAbsolute('/') };
  add = (name = 'one') => installSourceHook({ mirror: { name, source }, launcher: LAUNCHER });
  remove = (name = 'one') => removeSourceHook({ name, source });
  has = () => hasSourceHook({ mirror: { name: 'one', source }, launcher: LAUNCHER });
});

describe('the hooks of a source', () => {
  it('stand below a byte order mark, which hg overlooks only at the very beginning', () => {
    writeFileSync(hgrc, '\ufeff[ui]\nusername = me\n');
    add();
    expect([readFileSync(hgrc, 'utf8').indexOf('\ufeff'), has()]).toEqual([0, true]);
    add();
    remove();
    expect(readFileSync(hgrc, 'utf8')).toBe('\ufeff[ui]\nusername = me\n');
  });

  it('leave the permission bits as they are, whatever the umask lets', () => {
    writeFileSync(hgrc, '[ui]\n');
    chmodSync(hgrc, 0o664);
    add();
    expect(statSync(hgrc).mode & 0o777).toBe(0o664);
    remove();
    expect(statSync(hgrc).mode & 0o777).toBe(0o664);
  });

  it('leave an empty configuration there', () => {
    writeFileSync(hgrc, '');
    add();
    remove();
    expect(readFileSync(hgrc, 'utf8')).toBe('');
  });
});

describe('a configuration that was made for hooks', () => {
  const install = (): unknown => hgHooks.install(repository);
  const uninstall = (): void => hgHooks.uninstall(repository);

  it.each([
    ['one mirror', () => [add, remove]],
    ['one mirror, added again', () => [add, add, remove]],
    ['two mirrors', () => [add, () => add('two'), remove, () => remove('two')]],
    ['an installation, then a mirror', () => [install, add, uninstall, remove]],
    ['an installation around a mirror', () => [install, add, remove, uninstall]],
    ['a mirror, then an installation', () => [add, install, remove, uninstall]],
    ['a mirror around an installation', () => [add, install, uninstall, remove]],
  ])('goes with the last of them: %s', (_name, steps) => {
    for (const step of steps()) step();
    expect(existsSync(hgrc)).toBe(false);
  });

  it.each([
    ['an installation, then a mirror', () => [install, add, uninstall, remove]],
    ['a mirror, then an installation', () => [add, install, remove, uninstall]],
  ])('stays where there had been one: %s', (_name, steps) => {
    writeFileSync(hgrc, '');
    for (const step of steps()) step();
    expect(readFileSync(hgrc, 'utf8')).toBe('');
  });
});
