import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createHome, type Home } from '../support/cli.js';
import type { Desk } from '../support/desk.js';
import { needs } from '../support/needs.js';
import { HARNESSES } from '../support/vcs-harness.js';
import type { World } from '../support/world.js';

/** What an editor leaves that is in the middle of saving, and what a person leaves who has mistyped. */
const BROKEN = [
  ['is half saved', 'ignore = ["*.lo'],
  ['has a pattern that is none', 'ignore = ["../*.log"]\n'],
  ['is no text', '\0\0\0'],
] as const;

describe.each(HARNESSES.filter(({ name }) => needs(name)))(
  'rules that a repository brings along under $name',
  (vcs) => {
    let world: World<Desk>;
    let home: Home;
    let here: Desk;

    beforeEach(() => {
      world = vcs.createWorld('laptop');
      [here] = world.machines as [Desk];
      home = createHome(mkdtempSync(join(tmpdir(), 'home-')), 'laptop');
    });
    afterEach(() => world.remove());

    const snapshot = (): ReturnType<Home['autosync']> => home.autosync('snapshot', here.top);
    const install = (): unknown => home.autosync('install', here.top, '--scheduler', 'none', '--no-hooks');

    it.each(BROKEN)('hold as a run has read them last while the file %s', (_how, content) => {
      install();
      here.write('.autosync.toml', 'ignore = ["*.log"]\n');
      expect(snapshot().code).toBe(0);
      here.write('private.log', 'MINE ALONE\n');
      here.write('.autosync.toml', content);
      here.write('good.txt', 'good\n');
      snapshot();
      expect(here.committed()).toContain('good.txt');
      expect(here.committed()).not.toContain('private.log');
      here.write('.autosync.toml', 'ignore = ["*.txt"]\n');
      here.write('new.txt', 'new\n');
      expect(snapshot().code).toBe(0);
      expect(here.committed()).toContain('private.log');
      expect(here.committed()).not.toContain('new.txt');
    });

    it('that no run has read yet keep it from taking anything', () => {
      here.write('.autosync.toml', 'ignore = ["*.lo');
      here.write('private.log', 'MINE ALONE\n');
      const { code, out } = snapshot();
      expect(code).toBe(1);
      expect(out).toContain("'.autosync.toml' cannot be used");
      expect(here.committed()).not.toContain('private.log');
      here.write('.autosync.toml', 'ignore = ["*.log"]\n');
      expect(snapshot().code).toBe(0);
      expect(here.committed()).not.toContain('private.log');
    });

    it('are of no matter where the machine has its own for the repository', () => {
      install();
      home.autosync('config', here.top, 'ignore', '*.log');
      home.autosync('config', here.top, 'include', '*');
      here.write('.autosync.toml', 'ignore = [');
      here.write('private.log', 'MINE ALONE\n');
      here.write('good.txt', 'good\n');
      expect(snapshot().code).toBe(0);
      expect(here.committed()).toContain('good.txt');
      expect(here.committed()).not.toContain('private.log');
    });
  },
);
