import { spawnSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HookRequest } from '../../src/hooks/hook-installer.js';
import { asAbsolute } from '../../src/model/paths.js';
import type { HookSite } from '../../src/model/repo.js';

/** A repository with one commit and no hooks, and a launcher that only writes down how it was called. */
export type HookWorld = {
  readonly repository: string;
  readonly hooks: string;
  /** Everything that an installer may write, byte for byte. */
  readonly written: () => readonly string[];
  readonly request: HookRequest;
  /** Runs git in the repository and waits for all that hooks leave running, too; returns what was printed. */
  readonly git: (...args: readonly string[]) => string;
  /** Runs git as a program does that captures what is printed: waits until nobody holds its streams any more. */
  readonly gitAlone: (...args: readonly string[]) => string;
  /** How the launcher was called, sorted. */
  readonly told: () => readonly string[];
  /** Gives the launcher another text, in which `$1` is the folder where the text before has written. */
  readonly launcherIs: (script: string) => void;
};

/** What a shell or git's configuration would stumble over. */
const ODD = 'it\'s "$HOME" \\ # ;';

/** Makes a world; the launcher's path has what a shell would stumble over. Its git may be one that runs configured hooks. */
export function hookWorld(owner: HookSite['owner'] = 'own', runsConfigHooks = false): HookWorld {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'h')));
  const repository = join(folder, 'repository');
  const hooks = join(repository, '.git', 'hooks');
  const launcher = join(folder, ODD, 'run');
  const config = join(repository, '.git', 'config');
  const calls = join(folder, 'calls');
  for (const name of [join(folder, ODD), calls, repository]) mkdirSync(name);
  const gitAlone = (...args: readonly string[]): string => run({ repository, args, files: [] });
  // A file that nobody on the way closes, so that its end is the end of all.
  const git = (...args: readonly string[]): string =>
    run({ repository, args, files: [...Array(9).fill('ignore'), 'pipe'] });
  const launcherIs = (script: string): void =>
    writeFileSync(launcher, `#!/bin/sh\ncd ${calls}\n${script}`, { mode: 0o755 });
  launcherIs('echo "$*" >$$\n');
  git('init', '--quiet', '--template=');
  git('commit', '--quiet', '--allow-empty', '-m', 'first');
  mkdirSync(hooks);
  return {
    repository,
    hooks,
    written: () => [...contentsOf(hooks), modeOf(config), readFileSync(config, 'latin1')],
    request: {
      site: {
        vcs: 'git',
        folder: asAbsolute(hooks),
        owner,
        config: { file: asAbsolute(config), runsHooks: runsConfigHooks },
      },
      launcher: asAbsolute(launcher),
      home: asAbsolute(folder),
    },
    git,
    gitAlone,
    told: () =>
      readdirSync(calls)
        .map((name) => readFileSync(join(calls, name), 'utf8').trim())
        .sort(),
    launcherIs,
  };
}

const modeOf = (path: string): string => lstatSync(path).mode.toString(8);

type GitRun = {
  readonly repository: string;
  readonly args: readonly string[];
  readonly files: readonly ('ignore' | 'pipe')[];
};

function run({ repository, args, files }: GitRun): string {
  const result = spawnSync('git', args, { cwd: repository, stdio: ['ignore', 'pipe', 'pipe', ...files] });
  if (result.error !== undefined) throw result.error;
  if (result.status !== 0) throw new Error(`git ${args.join(' ')}: ${result.stderr}`);
  return `${result.stdout}${result.stderr}`;
}

/** Returns what is in a folder, byte for byte, mode for mode, link for link; `absent` when there is no such folder. */
export function contentsOf(folder: string): readonly string[] {
  if (!existsSync(folder)) return ['absent'];
  return readdirSync(folder)
    .sort()
    .flatMap((name) => {
      const path = join(folder, name);
      const found = lstatSync(path);
      if (found.isSymbolicLink()) return [`${path} -> ${readlinkSync(path)}`];
      const line = `${path} ${found.mode.toString(8)}`;
      if (found.isDirectory()) return [line, ...contentsOf(path)];
      return [`${line} ${readFileSync(path).toString('latin1')}`];
    });
}

/** How a hook ended, and what it printed. */
export type HookRun = { readonly status: number | null; readonly stdout: string; readonly stderr: string };

/** Runs a hook as git does: by its path from the top of the working tree, with something on its standard input. */
export function runHook({ repository }: HookWorld, event: string): HookRun {
  const input = join(repository, '..', 'input');
  writeFileSync(input, 'old new\n');
  const file = openSync(input, 'r');
  const result = spawnSync(join('.git', 'hooks', event), ['amend', 'two  words'], {
    cwd: repository,
    stdio: [file, 'pipe', 'pipe'],
    encoding: 'utf8',
  });
  closeSync(file);
  if (result.error !== undefined) throw result.error;
  return { status: result.status, stdout: result.stdout, stderr: result.stderr };
}
