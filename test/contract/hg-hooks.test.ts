import {
  appendFileSync,
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { hgHooks } from '../../src/hooks/hg-hooks.js';
import { asAbsolute } from '../../src/model/paths.js';
import { type HgHookWorld, hgHookWorld } from '../support/hg-hook-world.js';
import { contentsOf } from '../support/hook-world.js';
import { needs } from '../support/needs.js';

const HGRCS: readonly (readonly [string, string])[] = [
  ['empty', ''],
  ['with sections and comments', '# mine\n[paths]\ndefault = /hub\n\n; end\n[ui]\nusername = Me\n'],
  ['without its last line end', '[paths]\ndefault = /hub'],
  ['with the line ends of Windows', '[paths]\r\ndefault = /hub\r\n'],
  ['with a byte order mark', '\ufeff[paths]\ndefault = /hub\n'],
  ['that includes other files', '%include ../autosync.rc\n%include autosync.rc.d/mine.rc\n'],
  ['with a value of several lines at its end', '[hooks]\ncommit.mine =\n  true\n  true'],
  ['in Latin-1', Buffer.from('# r\u00e9pertoire\n[ui]\n', 'latin1').toString('latin1')],
];

describe.skipIf(!needs('hg'))('the hooks of hg', () => {
  let world: HgHookWorld;

  beforeEach(() => {
    world = hgHookWorld();
  });

  describe.each(HGRCS)('with an hgrc %s', (name, text) => {
    const bytes = Buffer.from(text, name.includes('Latin') ? 'latin1' : 'utf8');

    it('leave it byte for byte when they are taken back, and hg reads it as before', () => {
      writeFileSync(world.hgrc, bytes, { mode: 0o640 });
      const before = contentsOf(world.metadata);
      const read = world.hg('config', 'paths', 'ui', '--config', 'ui.x=1');
      hgHooks.install(world.request);
      expect(world.hg('config', 'paths', 'ui', '--config', 'ui.x=1')).toBe(read);
      expect(world.hg('config', 'hooks.commit.autosync')).toContain('hook commit');
      expect(readFileSync(world.hgrc).toString('latin1').split('%include autosync.rc\n')).toHaveLength(2);
      hgHooks.uninstall(world.request);
      expect(contentsOf(world.metadata)).toEqual(before);
    });
  });

  it('are one line in the file of the person, before all that is his', () => {
    writeFileSync(world.hgrc, '[ui]\nusername = Me');
    hgHooks.install(world.request);
    expect(readFileSync(world.hgrc, 'utf8')).toBe('%include autosync.rc\n[ui]\nusername = Me');
  });

  it('leave what the person has added since, also to a file that was not there', () => {
    hgHooks.install(world.request);
    appendFileSync(world.hgrc, '[ui]\nusername = Me\n');
    hgHooks.uninstall(world.request);
    expect(readFileSync(world.hgrc, 'utf8')).toBe('[ui]\nusername = Me\n');
  });

  it('are taken back also where an editor has changed the end of their line', () => {
    hgHooks.install(world.request);
    writeFileSync(world.hgrc, '[ui]\r\nusername = Me\r\n%include autosync.rc \r\n');
    hgHooks.uninstall(world.request);
    expect(readFileSync(world.hgrc, 'utf8')).toBe('[ui]\r\nusername = Me\r\n');
  });

  it('are put back, line or file, and still know that there was no hgrc', () => {
    for (const name of ['hgrc', 'autosync.rc']) {
      hgHooks.install(world.request);
      rmSync(join(world.metadata, name));
      expect(hgHooks.state(world.request)).toMatchObject({ kind: 'missing', detail: expect.stringContaining(name) });
      expect(hgHooks.install(world.request).kind).toBe('installed');
      hgHooks.uninstall(world.request);
      expect(existsSync(world.hgrc)).toBe(false);
    }
  });

  it('can be read by whoever can read the hgrc, for hg gives up over an include that it may not read', () => {
    writeFileSync(world.hgrc, '', { mode: 0o600 });
    const modes = (): readonly string[] =>
      ['hgrc', 'autosync.rc'].map((name) => (lstatSync(join(world.metadata, name)).mode & 0o777).toString(8));
    hgHooks.install(world.request);
    expect(modes()).toEqual(['600', '600']);
    chmodSync(world.hgrc, 0o664);
    expect(hgHooks.state(world.request).kind).toBe('missing');
    hgHooks.install(world.request);
    expect(modes()).toEqual(['664', '664']);
  });

  it('run beside those of the person', () => {
    writeFileSync(world.hgrc, '[hooks]\ncommit = echo mine\ncommit.other = echo other\n');
    hgHooks.install(world.request);
    appendFileSync(join(world.repository, 'a'), 'x');
    expect(world.hg('commit', '-m', 'by hand')).toBe('mine\nother\n');
    expect(world.told()).toEqual(['hook commit']);
  });

  it('say nothing of what hg itself takes away and brings back', () => {
    hgHooks.install(world.request);
    appendFileSync(join(world.repository, 'a'), 'x');
    world.hg('commit', '-m', 'x');
    world.hg('--config', 'extensions.strip=', 'strip', '-q', '--keep', 'tip');
    world.hg('--config', 'extensions.shelve=', 'shelve', '-q');
    world.hg('--config', 'extensions.shelve=', 'unshelve', '-q');
    expect(world.told()).toEqual(['hook commit']);
  });

  it('tell of an amended commit, whatever the command was called', () => {
    hgHooks.install(world.request);
    world.hg('ci', '-q', '--am', '-m', 'short');
    world.hg('--config', 'extensions.amend=', 'amend', '-q', '-m', 'by the extension');
    expect(world.told()).toEqual(['hook amend', 'hook amend']);
  });

  describe('next to another repository on this machine', () => {
    const other = (): string => join(world.request.home, 'other');
    const commitThere = (): void => {
      appendFileSync(join(other(), 'a'), 'x');
      world.hg('-R', other(), 'commit', '-q', '-m', 'there');
    };

    it('hear of what a person, and autosync, push into this one', () => {
      world.hg('clone', '-q', '.', other());
      hgHooks.install(world.request);
      world.launcherIs('echo "$* in $folder, marker [$AUTOSYNC_RUNNING]" >$$\n');
      for (const env of [{}, { AUTOSYNC_RUNNING: '1' }]) {
        commitThere();
        expect(world.hgWith(env, '-R', other(), 'push', '-q')).toBe('');
      }
      const told = `hook changegroup in ${world.repository}, marker []`;
      expect(world.told()).toEqual([told, told]);
    });

    it('are quiet when it is autosync that pulls', () => {
      world.hg('clone', '-q', '.', other());
      hgHooks.install(world.request);
      commitThere();
      world.hgWith({ AUTOSYNC_RUNNING: '1' }, 'pull', '-q', other());
      expect(world.told()).toEqual([]);
    });

    it.each(['no', 'yes'])('tell of a commit in a share with the folder of the share (safe: %s)', (safe) => {
      const config = ['--config', `format.use-share-safe=${safe}`, '--config', 'extensions.share='];
      hgHooks.install(world.request);
      world.hg(...config, 'share', '-q', '.', other());
      const site = { ...world.request.site, folder: asAbsolute(join(other(), '.hg')) };
      const before = contentsOf(site.folder);
      hgHooks.install({ ...world.request, site });
      world.launcherIs('echo "$* in $folder" >$$\n');
      commitThere();
      expect(world.told()).toEqual([`hook commit in ${other()}`]);
      hgHooks.uninstall({ ...world.request, site });
      expect(contentsOf(site.folder).filter((line) => /hgrc|autosync/.test(line))).toEqual(
        before.filter((line) => /hgrc|autosync/.test(line)),
      );
    });
  });

  describe('leave an hgrc alone, and all to the scheduler,', () => {
    const leftAlone = (why: RegExp): void => {
      const before = contentsOf(world.metadata);
      expect(hgHooks.install(world.request)).toMatchObject({ kind: 'left-alone', why: expect.stringMatching(why) });
      expect(hgHooks.state(world.request)).toMatchObject({ kind: 'not-ours-to-write' });
      expect(hgHooks.render(world.request)).toEqual([]);
      hgHooks.uninstall(world.request);
      expect(contentsOf(world.metadata)).toEqual(before);
    };

    it('that is a link to a file elsewhere', () => {
      writeFileSync(join(world.request.home, 'shared.rc'), '');
      symlinkSync('../../shared.rc', world.hgrc);
      leftAlone(/is a link.*scheduler/);
    });

    it.skipIf(!needs('useradd as root'))('that belongs to another user, which hg does not trust', () => {
      writeFileSync(world.hgrc, '[ui]\n');
      chownSync(world.hgrc, 12345, 12345);
      leftAlone(/belongs to another user.*scheduler/);
    });

    it('when the launcher has a name that no hgrc can hold', () => {
      const launcher = asAbsolute(`${world.request.launcher}\nx`);
      expect(hgHooks.install({ ...world.request, launcher })).toMatchObject({ kind: 'left-alone' });
    });
  });
});
