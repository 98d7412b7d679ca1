import { join } from 'node:path';
import { type AbsolutePath, asAbsolute } from '../model/paths.js';
import { homeFolder, platform, variable } from '../system/environment.js';

/** Where autosync keeps its own files; every path is absolute. */
export type Locations = {
  /** The person's settings: `config.toml` and `repos/<id>.toml`. */
  readonly config: AbsolutePath;
  /** The launcher. */
  readonly data: AbsolutePath;
  /** Log, spool, backups and what is remembered of each repository. */
  readonly state: AbsolutePath;
  readonly configFile: AbsolutePath;
  readonly repos: AbsolutePath;
  readonly launcher: AbsolutePath;
  readonly log: AbsolutePath;
  readonly spool: AbsolutePath;
  readonly backups: AbsolutePath;
  /** Where merge tools work, and where what they made stays if it could not be put in place. */
  readonly merges: AbsolutePath;
};

/** Returns the folders by the XDG rules on Linux and macOS, by APPDATA and LOCALAPPDATA on Windows. */
export function locations(): Locations {
  const home = homeFolder();
  const windows = platform === 'win32';
  const base = (name: string, ...fallback: readonly string[]): string => variable(name) ?? join(home, ...fallback);
  const config = windows ? base('APPDATA', 'AppData', 'Roaming') : base('XDG_CONFIG_HOME', '.config');
  const data = windows ? base('LOCALAPPDATA', 'AppData', 'Local') : base('XDG_DATA_HOME', '.local', 'share');
  const state = windows ? join(data, 'state') : base('XDG_STATE_HOME', '.local', 'state');
  return below(join(config, 'autosync'), join(data, 'autosync'), join(state, 'autosync'));
}

function below(config: string, data: string, state: string): Locations {
  const at = (...parts: readonly [string, ...string[]]): AbsolutePath => asAbsolute(join(...parts));
  return {
    config: asAbsolute(config),
    data: asAbsolute(data),
    state: asAbsolute(state),
    configFile: at(config, 'config.toml'),
    repos: at(config, 'repos'),
    launcher: at(data, platform === 'win32' ? 'run.cmd' : 'run'),
    log: at(state, 'log.jsonl'),
    spool: at(state, 'spool'),
    backups: at(state, 'backups'),
    merges: at(state, 'merges'),
  };
}
