import { chmodSync, existsSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { configHooks } from '../../../src/hooks/config-hooks.js';
import { gitHooks } from '../../../src/hooks/git-hooks.js';
import { AutosyncError } from '../../../src/model/errors.js';
import { contentsOf, type HookWorld, hookWorld } from '../../support/hook-world.js';

let world: HookWorld;
let config: string;
let before: string;

const text = (): string => readFileSync(config, 'latin1');
const install = (): ReturnType<typeof configHooks.install> => configHooks.install(world.request);
const uninstall = (): void => configHooks.uninstall(world.request);
const value = (name: string): string => world.git('config', '--file', config, '--get-all', name).replace(/\n$/, '');

beforeEach(() => {
  world = hookWorld('own', true);
  config = join(world.repository, '.git', 'config');
  before = text();
});

describe('hooks in the configuration', () => {
  it('name each event for itself, because a command is not told which it was', () => {
    install();
    for (const event of ['post-commit', 'post-merge', 'post-rewrite']) {
      expect(value(`hook.autosync-${event}.event`)).toBe(event);
      expect(value(`hook.autosync-${event}.command`)).toContain(`hook '${event}'`);
    }
  });

  it('hold the path of the launcher as a shell reads it, whatever it is made of', () => {
    install();
    const command = value('hook.autosync-post-commit.command');
    const quoted = `'${world.request.launcher.replaceAll("'", `'\\''`)}'`;
    expect(command.split(quoted)).toHaveLength(3);
  });

  it('are a command that takes the arguments of a hook, as git adds them', () => {
    install();
    world.launcherIs('echo "$*" >$$\n');
    const command = value('hook.autosync-post-rewrite.command');
    // What git makes of it: run-command.c, prepare_shell_cmd.
    world.git('-c', `alias.try=!f() { sh -c '${command.replaceAll("'", `'\\''`)} "$@"' x amend; }; f`, 'try');
    expect(world.told()).toEqual(['hook post-rewrite']);
  });

  it('leave the rest of the file, its mode and its place behind a link alone', () => {
    const elsewhere = join(world.request.home, 'config');
    renameSync(config, elsewhere);
    symlinkSync(elsewhere, config);
    chmodSync(elsewhere, 0o600);
    install();
    expect(readFileSync(elsewhere, 'latin1')).toContain(before);
    expect(statSync(elsewhere).mode & 0o777).toBe(0o600);
    uninstall();
    expect(readFileSync(elsewhere, 'latin1')).toBe(before);
    expect(contentsOf(join(world.repository, '.git')).some((line) => line.includes('config ->'))).toBe(true);
  });

  it('stay in their place when git itself changes the file', () => {
    install();
    world.git('config', 'core.hooksPath', '.husky/_');
    world.git('config', 'user.name', 'Somebody');
    expect(configHooks.state(world.request).kind).toBe('present');
    uninstall();
    world.git('config', '--unset', 'core.hooksPath');
    world.git('config', '--remove-section', 'user');
    expect(text()).toBe(before);
  });

  it('come back when somebody has removed one of them', () => {
    install();
    const installed = text();
    world.git('config', '--remove-section', 'hook.autosync-post-merge');
    expect(configHooks.state(world.request).kind).toBe('missing');
    expect(install().kind).toBe('installed');
    expect(text()).toBe(installed);
  });

  it('wait while another program holds the file', () => {
    writeFileSync(`${config}.lock`, 'theirs');
    expect(install()).toMatchObject({ kind: 'left-alone', why: expect.stringContaining('locked') });
    expect(text()).toBe(before);
    expect(readFileSync(`${config}.lock`, 'utf8')).toBe('theirs');
    rmSync(`${config}.lock`);
    install();
    writeFileSync(`${config}.lock`, 'theirs');
    expect(uninstall).toThrow(AutosyncError);
  });

  it('are finished by the next installation when one was killed before the last step', () => {
    install();
    const installed = text();
    uninstall();
    writeFileSync(`${config}.lock`, installed);
    expect(install().kind).toBe('installed');
    expect(text()).toBe(installed);
    expect(existsSync(`${config}.lock`)).toBe(false);
  });

  it('are not written where their markers are torn, or a byte order mark would lose its place', () => {
    writeFileSync(config, `\u{feff}${before}`);
    expect(install()).toMatchObject({ kind: 'left-alone', why: expect.stringContaining('byte order mark') });
    expect(configHooks.state(world.request).kind).toBe('not-ours-to-write');
    expect(configHooks.render(world.request)).toEqual([]);
    writeFileSync(config, before);
    install();
    writeFileSync(config, text().replace('# <<< autosync <<<\n', ''));
    expect(install()).toMatchObject({ kind: 'left-alone', why: expect.stringContaining('not in a pair') });
    expect(uninstall).toThrow(/not in a pair/);
  });

  it('are not written where there is no configuration', () => {
    rmSync(config);
    expect(install().kind).toBe('left-alone');
    uninstall();
    expect(existsSync(config)).toBe(false);
  });

  it('go from any configuration, byte for byte', { timeout: 240_000 }, () => {
    const piece = fc.constantFrom(
      '[core]\n',
      '\tbare = false\n',
      '# note\n',
      '\r\n',
      '\n',
      ';x',
      '\xff',
      '#!/x\n',
      '"',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        writeFileSync(config, pieces.join(''), 'latin1');
        install();
        uninstall();
        expect(text()).toBe(pieces.join(''));
      }),
      { numRuns: 100 },
    );
  });
});

describe('after another git has come to the machine', () => {
  const script = (): string => join(world.hooks, 'post-commit');

  it('the scripts of an older one go when the configuration is enough', () => {
    const hooks = contentsOf(world.hooks);
    gitHooks.install(world.request);
    expect(configHooks.state(world.request).kind).toBe('missing');
    expect(install().kind).toBe('installed');
    expect(configHooks.state(world.request).kind).toBe('present');
    expect(contentsOf(world.hooks)).toEqual(hooks);
    expect(text()).toContain('autosync-post-commit');
  });

  it('all is taken back, whichever there is now', () => {
    for (const installer of [configHooks, gitHooks]) {
      install();
      gitHooks.install(world.request);
      installer.uninstall(world.request);
      expect(existsSync(script())).toBe(false);
      expect(text()).toBe(before);
    }
  });

  it('scripts in a folder that is shared with another repository are that one’s', () => {
    gitHooks.install(world.request);
    const request = { ...world.request, site: { ...world.request.site, owner: 'shared' as const } };
    configHooks.install(request);
    configHooks.uninstall(request);
    expect(existsSync(script())).toBe(true);
    expect(text()).toBe(before);
  });
});
