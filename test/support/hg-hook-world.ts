import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HookRequest } from '../../src/hooks/hook-installer.js';
import { asAbsolute } from '../../src/model/paths.js';

/** A Mercurial repository with one commit and no `hgrc`, and a launcher that only writes down how it was called. */
export type HgHookWorld = {
  readonly repository: string;
  /** The repository's `.hg`, without its history. */
  readonly metadata: string;
  readonly hgrc: string;
  readonly request: HookRequest;
  /** Runs hg in the repository and waits for all that hooks leave running, too; returns what was printed. */
  readonly hg: (...args: readonly string[]) => string;
  /** The same with other variables besides. */
  readonly hgWith: (env: NodeJS.ProcessEnv, ...args: readonly string[]) => string;
  /** Runs hg as a program does that captures what is printed: waits until nobody holds its streams any more. */
  readonly hgAlone: (...args: readonly string[]) => string;
  /** How the launcher was called, and in which folder, sorted. */
  readonly told: () => readonly string[];
  readonly launcherIs: (script: string) => void;
};

/** Makes a world; the launcher's path has what a shell, or a configuration file, would stumble over. */
export function hgHookWorld(): HgHookWorld {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'h')));
  const repository = join(folder, 'repository');
  const launcher = join(folder, "it's $HOME; # [x]", 'run');
  const calls = join(folder, 'calls');
  for (const name of [join(folder, "it's $HOME; # [x]"), calls, repository]) mkdirSync(name);
  const metadata = join(repository, '.hg');
  const run = (env: NodeJS.ProcessEnv, args: readonly string[]): string => {
    const all = { ...process.env, HGRCPATH: '', HGUSER: 'Test', HGPLAIN: '1', ...env, HOOK_WORLD: folder };
    const result = spawnSync('hg', args, { cwd: repository, env: all, encoding: 'utf8', timeout: 60_000 });
    if (result.error !== undefined) throw result.error;
    if (result.status !== 0) throw new Error(`hg ${args.join(' ')}: ${result.stderr}`);
    return `${result.stdout}${result.stderr}`;
  };
  const hgWith = (env: NodeJS.ProcessEnv, ...args: readonly string[]): string => {
    const printed = run(env, args);
    waitForAll(`HOOK_WORLD=${folder}`);
    return printed;
  };
  const launcherIs = (script: string): void =>
    writeFileSync(launcher, `#!/bin/sh\nfolder=$PWD\ncd ${calls}\n${script}`, { mode: 0o755 });
  launcherIs('echo "$*" >$$\n');
  run({}, ['init']);
  writeFileSync(join(repository, 'a'), '');
  run({}, ['commit', '-q', '-A', '-m', 'first']);
  rmSync(join(metadata, 'hgrc'), { force: true });
  return {
    repository,
    metadata,
    hgrc: join(metadata, 'hgrc'),
    request: {
      site: { vcs: 'hg', folder: asAbsolute(metadata), owner: 'own' },
      launcher: asAbsolute(launcher),
      home: asAbsolute(folder),
    },
    hg: (...args) => hgWith({}, ...args),
    hgWith,
    hgAlone: (...args) => run({}, args),
    told: () =>
      readdirSync(calls)
        .map((name) => readFileSync(join(calls, name), 'utf8').trim())
        .sort(),
    launcherIs,
  };
}

/** So many looks in a row: a process that is just becoming another program shows no variables for a moment. */
const QUIET_LOOKS = 3;

/** Waits until no process has a variable any more: hg gives its hooks no file whose end would tell. */
function waitForAll(variable: string): void {
  for (let tries = 0, quiet = 0; tries < 2_000; tries += 1) {
    const { status, stdout } = spawnSync('ps', ['axeww', '-o', 'args='], { encoding: 'utf8', timeout: 20_000 });
    quiet = status === 0 && !stdout.includes(variable) ? quiet + 1 : 0;
    if (quiet === QUIET_LOOKS) return;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
  }
  throw new Error('what a hook has started does not end');
}
