import { chownSync, mkdirSync, mkdtempSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { type AbsolutePath, asAbsolute } from '../../../src/model/paths.js';
import { parseSchedule } from '../../../src/scheduler/schedule-text.js';
import { readSettings } from '../../../src/store/config.js';
import type { Locations } from '../../../src/store/locations.js';
import { listRepos, readRepo, registerRepo } from '../../../src/store/registry.js';
import { NEVER_RUN, readState, updateState } from '../../../src/store/state.js';
import { freshLocations } from '../../support/locations.js';

const ANOTHER = 12_345;
const we = vi.hoisted((): { id: number | undefined } => ({ id: undefined }));

vi.mock('../../../src/system/environment.js', async (original) => ({
  ...(await original<object>()),
  userId: () => we.id ?? process.getuid?.(),
}));

let locations: Locations;

beforeEach(() => {
  we.id = undefined;
  locations = freshLocations();
});

/** Makes a file another user's: root can give it away, and anybody else can take himself for another. */
function giveAway(file: string): void {
  if (process.getuid?.() === 0) chownSync(file, ANOTHER, ANOTHER);
  else we.id = ANOTHER;
}

describe('a file that another user has planted', () => {
  it('among the repositories is left out and named, also behind a link', async () => {
    const path = asAbsolute(mkdtempSync(join(tmpdir(), 'repo-')));
    const { id, file } = await registerRepo(locations, { path, vcs: 'git', hooks: true, settings: {}, parseSchedule });
    giveAway(file);
    const expectRefusal = (): void => {
      const { repos, problems } = listRepos(locations, parseSchedule);
      expect(repos).toEqual([]);
      expect(problems).toMatchObject([{ file, error: { kind: 'config' } }]);
      expect(() => readRepo(locations, { id, parseSchedule })).toThrow(/belongs to another user \(uid \d+\)$/);
    };
    expectRefusal();
    renameSync(file, join(path, 'planted'));
    symlinkSync(join(path, 'planted'), file);
    expectRefusal();
  });

  it('as config.toml is refused, for it could name a program', () => {
    mkdirSync(locations.config, { recursive: true });
    writeFileSync(locations.configFile, 'notify-command = ["/tmp/evil"]\n');
    giveAway(locations.configFile);
    expect(() => readSettings(locations, parseSchedule)).toThrow('belongs to another user');
  });

  it('as state says nothing', async () => {
    await updateState(locations, { id: 'x', change: (state) => ({ ...state, failures: 3 }) });
    expect(readState(locations, 'x').failures).toBe(3);
    giveAway(stateFile('x'));
    expect(readState(locations, 'x')).toEqual(NEVER_RUN);
  });
});

const stateFile = (id: string): AbsolutePath => asAbsolute(join(locations.state, 'repos', `${id}.json`));
