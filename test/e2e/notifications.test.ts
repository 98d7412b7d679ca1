import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createHome, type Home, until } from '../support/cli.js';
import type { Desk } from '../support/desk.js';
import { needs } from '../support/needs.js';
import { removeFolder } from '../support/remove-folder.js';
import { HARNESSES } from '../support/vcs-harness.js';
import type { World } from '../support/world.js';

/** Takes a notification, one line of JSON, unless nobody listens. */
const LISTENER = `#!/bin/sh
[ -e "$HOME/nobody-listens" ] && { cat >/dev/null; exit 1; }
cat >>"$HOME/heard"
`;

describe.each(HARNESSES.filter(({ name }) => needs(name)))('$name', (vcs) => {
  let world: World<Desk>;
  let machine: Desk;
  let home: Home;

  beforeEach(() => {
    world = vcs.createWorld('laptop');
    home = createHome(mkdtempSync(join(tmpdir(), 'home-')), 'laptop');
    machine = world.machines[0] ?? expect.fail('no machine');
    const listener = join(home.folder, 'listener');
    writeFileSync(listener, LISTENER);
    chmodSync(listener, 0o755);
    appendFileSync(join(home.folder, '.config/autosync/config.toml'), `notify-command = ["${listener}"]\n`);
    home.autosync('install', machine.top, '--scheduler', 'none', '--no-hooks');
  });

  afterEach(() => {
    world.remove();
    // The program that a hook started ends a moment after its run.
    removeFolder(home.folder);
  });

  const run = (): number | null => home.autosync('snapshot', machine.top).code;

  function heard(): readonly string[] {
    const file = join(home.folder, 'heard');
    // The last line may be half written.
    const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [];
    return lines.map((line) => JSON.parse(line).event);
  }

  const plug = (): void => writeFileSync(join(home.folder, 'nobody-listens'), '');
  const unplug = (): void => rmSync(join(home.folder, 'nobody-listens'));
  const loseHub = (): void => renameSync(world.hub, `${world.hub}.away`);
  const findHub = (): void => renameSync(`${world.hub}.away`, world.hub);

  describe('what nobody could be told', () => {
    it('is told after the next run, once', () => {
      plug();
      loseHub();
      run();
      run();
      expect(heard()).toEqual([]);
      unplug();
      run();
      run();
      expect(heard()).toEqual(['attention']);
      findHub();
      expect(run()).toBe(0);
      expect(run()).toBe(0);
      expect(heard()).toEqual(['attention', 'recovered']);
    });

    it('is not told any more when it is over', () => {
      plug();
      loseHub();
      run();
      unplug();
      findHub();
      expect(run()).toBe(0);
      expect(run()).toBe(0);
      expect(heard()).toEqual([]);
    });
  });

  it('a conflict that a run begun by a hook meets is told', async () => {
    home.autosync('install', machine.top, '--scheduler', 'none');
    const other = world.add('other');
    writeFileSync(join(other.top, 'README.md'), 'theirs\n');
    other.commit('theirs');
    other.send();
    writeFileSync(join(machine.top, 'README.md'), 'mine\n');
    machine.commit('mine');
    await until('it is told', () => heard().length > 0);
    expect(heard()).toEqual(['conflict']);
    await until('the run is over', () => !existsSync(join(machine.top, `.${vcs.name}`, 'autosync', 'lock')));
  });
});
