import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Locations, locations } from '../../src/store/locations.js';

/** Returns folders for autosync's own files in which nothing is yet; from here on they are those of this process. */
export function freshLocations(): Locations {
  const home = mkdtempSync(join(tmpdir(), 'home-'));
  const folders = { config: join(home, 'config'), data: join(home, 'data'), state: join(home, 'state') };
  Object.assign(process.env, {
    XDG_CONFIG_HOME: folders.config,
    XDG_DATA_HOME: folders.data,
    XDG_STATE_HOME: folders.state,
    APPDATA: folders.config,
    LOCALAPPDATA: folders.data,
  });
  return locations();
}
