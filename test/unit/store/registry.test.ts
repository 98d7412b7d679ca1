import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { parse } from 'smol-toml';
import { beforeEach, describe, expect, it } from 'vitest';
import { type AbsolutePath, asAbsolute } from '../../../src/model/paths.js';
import { parseSchedule } from '../../../src/scheduler/schedule-text.js';
import type { Locations } from '../../../src/store/locations.js';
import {
  findRepoFor,
  listRepos,
  type Registration,
  rawSettings,
  readRepo,
  registerRepo,
  renderRegistration,
  repoId,
  setSetting,
  unregisterRepo,
} from '../../../src/store/registry.js';
import { readRepoFile, renderRepoFile } from '../../../src/store/repo-file.js';
import { decodePath, fsPath } from '../../../src/system/path-bytes.js';
import { freshLocations } from '../../support/locations.js';

let locations: Locations;
let folder: AbsolutePath;

beforeEach(() => {
  locations = freshLocations();
  folder = asAbsolute(realpathSync(mkdtempSync(join(tmpdir(), 'repos-'))));
});

/** Makes a folder below the test's own. */
function makeRepo(name: string): AbsolutePath {
  const path = asAbsolute(join(folder, name));
  mkdirSync(fsPath(path), { recursive: true });
  return path;
}

const register = (path: AbsolutePath, settings: Readonly<Record<string, string>> = {}): Promise<Registration> =>
  registerRepo(locations, { path, vcs: 'git', hooks: true, settings, parseSchedule });

const find = (path: string): string | undefined =>
  findRepoFor(locations, { path: asAbsolute(path), parseSchedule })?.path;

const listed = (): readonly string[] => listRepos(locations, parseSchedule).repos.map((repo) => repo.path);

/** Writes a file into the registry by hand. */
function plant(name: string, content: string): string {
  mkdirSync(locations.repos, { recursive: true });
  const file = join(locations.repos, name);
  writeFileSync(file, content);
  return file;
}

describe('registering a repository', () => {
  it('writes a file that says only what was set, for its owner alone', async () => {
    const path = makeRepo('My Notes');
    const registration = await register(path, { conflict: 'pause', sign: 'true' });
    expect(registration).toEqual({
      id: repoId(path),
      file: join(locations.repos, `${repoId(path)}.toml`),
      change: 'created',
    });
    const text = readFileSync(registration.file, 'utf8');
    expect(parse(text)).toEqual({ path, vcs: 'git', hooks: true, conflict: 'pause', sign: true });
    expect(text).toMatch(/^# .*\n# To take it back: autosync uninstall/);
    expect(statSync(registration.file).mode & 0o777).toBe(0o600);
    expect(statSync(locations.repos).mode & 0o777).toBe(0o700);
    expect(readdirSync(locations.repos)).toEqual([`${repoId(path)}.toml`]);
  });

  it('again changes nothing, not even the file', async () => {
    const path = makeRepo('notes');
    const { file } = await register(path, { conflict: 'pause' });
    const { ino, ctimeNs } = statSync(file, { bigint: true });
    expect(await register(path, { conflict: 'pause' })).toMatchObject({ change: 'unchanged' });
    expect(await register(path)).toMatchObject({ change: 'unchanged' });
    expect(statSync(file, { bigint: true })).toMatchObject({ ino, ctimeNs });
  });

  it('again with other settings adds them to the earlier ones', async () => {
    const path = makeRepo('notes');
    await register(path, { conflict: 'pause', settle: '3s' });
    const { id, change } = await register(path, { settle: '4s', schedule: 'every 10m' });
    expect(change).toBe('updated');
    expect(rawSettings(locations, id)).toEqual({ conflict: 'pause', settle: '4s', schedule: 'every 10m' });
  });

  it('by way of a link is the same repository', async () => {
    const path = makeRepo('notes');
    symlinkSync(path, join(folder, 'link'));
    await register(path);
    expect(await register(asAbsolute(join(folder, 'link')))).toMatchObject({ id: repoId(path), change: 'unchanged' });
    expect(listed()).toEqual([path]);
  });

  it('refuses what no repository can have of its own, and writes nothing', async () => {
    const path = makeRepo('notes');
    await expect(register(path, { machine: 'desk' })).rejects.toMatchObject({ kind: 'usage' });
    await expect(register(path, { settle: 'x' })).rejects.toMatchObject({ kind: 'usage' });
    await expect(register(path, { colour: 'red' })).rejects.toMatchObject({ kind: 'usage' });
    await expect(register(asAbsolute(join(folder, 'missing')))).rejects.toMatchObject({ kind: 'environment' });
    expect(existsSync(locations.repos)).toBe(false);
  });

  it('can be shown before it is done', async () => {
    const path = makeRepo('notes');
    const request = { path, vcs: 'git', hooks: false, settings: { settle: '3s' }, parseSchedule } as const;
    const rendered = renderRegistration(locations, request);
    expect(existsSync(locations.repos)).toBe(false);
    await registerRepo(locations, request);
    expect(readFileSync(rendered.file, 'utf8')).toBe(rendered.content);
  });

  it.each([
    ['is empty', ''],
    ['is full of NULs', '\0'.repeat(200)],
  ])('mends a file that after a power cut %s', async (_what, remains) => {
    const path = makeRepo('notes');
    const { file } = await register(path);
    const content = readFileSync(file);
    writeFileSync(file, remains);
    expect(await register(path)).toMatchObject({ change: 'updated' });
    expect(readFileSync(file)).toEqual(content);
  });

  it('leaves a file alone that somebody edited into nonsense', async () => {
    const path = makeRepo('notes');
    const { file } = await register(path);
    writeFileSync(file, 'conflict = pause\n');
    await expect(register(path)).rejects.toMatchObject({ kind: 'config' });
    expect(readFileSync(file, 'utf8')).toBe('conflict = pause\n');
  });

  it('at the same time by several commands loses nothing that any of them set', async () => {
    const path = makeRepo('notes');
    const settings = [{ conflict: 'pause' }, { settle: '3s' }, { sign: 'true' }, { remote: 'hub' }];
    await Promise.all(settings.map((setting) => register(path, setting)));
    expect(rawSettings(locations, repoId(path))).toEqual({
      conflict: 'pause',
      settle: '3s',
      sign: true,
      remote: 'hub',
    });
  });
});

describe('the file of a repository', () => {
  /** Paths of every kind of byte but NUL. */
  const paths = fc
    .array(fc.uint8Array({ minLength: 1, maxLength: 20 }), { minLength: 1, maxLength: 3 })
    .map((parts) => parts.map((part) => decodePath(part.map((byte) => (byte === 0 || byte === 47 ? 10 : byte)))))
    .filter((parts) => !parts.some((part) => part === '.' || part === '..'))
    .map((parts) => asAbsolute(`/${parts.join('/')}`));

  it('gives back every path and every setting that was put into it', () => {
    mkdirSync(locations.repos, { recursive: true });
    const file = asAbsolute(join(locations.repos, 'x.toml'));
    const settings = fc.record(
      {
        message: fc.string({ unit: 'grapheme' }),
        sign: fc.boolean(),
        'notify-command': fc.array(fc.string({ unit: 'grapheme' })),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.oneof(paths, fc.constant(asAbsolute('/💀/"\'\\\n\u007f'))), settings, (path, given) => {
        const repo = { path, vcs: 'git', hooks: true, settings: given } as const;
        const content = renderRepoFile(repo);
        writeFileSync(file, content);
        const { toml: _, ...found } = readRepoFile(file) ?? { toml: undefined };
        expect(found).toEqual(repo);
        expect(content).toMatch(/^[^\p{Cc}]*$/mu);
      }),
    );
  });

  it.each(['a\nb', 'it\'s "quoted"', 'back\\slash', '💀', ' ', '-n', '%s', 'caf\udce9', 'x'.repeat(255)])(
    'is found again for a repository named %j',
    async (name) => {
      const path = makeRepo(name);
      const { id, file } = await register(path);
      expect(find(join(path, 'below'))).toBe(path);
      expect(listed()).toEqual([path]);
      expect(readRepo(locations, { id, parseSchedule })?.path).toBe(path);
      expect(readFileSync(file, 'utf8')).toMatch(/^[ -~\n💀]*$/u);
    },
  );
});

describe('the id of a repository', () => {
  it('is readable, and another one for each path', () => {
    expect(repoId(asAbsolute('/home/me/My Notes'))).toMatch(/^my-notes-[0-9a-f]{10}$/);
    expect(repoId(asAbsolute('/'))).toMatch(/^repository-[0-9a-f]{10}$/);
    expect(repoId(asAbsolute('/a/notes'))).not.toBe(repoId(asAbsolute('/b/notes')));
    expect(repoId(asAbsolute('/a/caf\udce9'))).not.toBe(repoId(asAbsolute('/a/caf\udcea')));
  });

  it('is fit to be a file name on every system', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (name) => {
        expect(repoId(asAbsolute(`/${name}`))).toMatch(/^[a-z0-9](?:[a-z0-9-]{0,60})-[0-9a-f]{10}$/);
      }),
    );
  });
});

describe('the list of repositories', () => {
  it('is empty where nothing was ever installed', () => {
    expect(listRepos(locations, parseSchedule)).toEqual({ repos: [], problems: [] });
  });

  it('is ordered by path and has each with all its settings', async () => {
    mkdirSync(locations.config, { recursive: true });
    writeFileSync(locations.configFile, 'settle = "5s"\nconflict = "pause"\n');
    await register(makeRepo('b'), { conflict: 'keep-both' });
    await register(makeRepo('a'));
    await register(makeRepo('c'));
    const { repos } = listRepos(locations, parseSchedule);
    expect(repos.map((repo) => repo.path)).toEqual(['a', 'b', 'c'].map((name) => join(folder, name)));
    expect(repos.map((repo) => repo.settings.conflict)).toEqual(['pause', 'keep-both', 'pause']);
    expect(repos.map((repo) => repo.settings.settleSeconds)).toEqual([5, 5, 5]);
  });

  it('is not hidden by bad files, each of which is named', async () => {
    const path = makeRepo('good');
    const { id } = await register(path);
    const text = readFileSync(join(locations.repos, `${id}.toml`), 'utf8');
    const bad = [
      plant('1-empty.toml', ''),
      plant('2-nuls.toml', '\0\0\0'),
      plant('3-copied.toml', text),
      plant('4-relative.toml', 'path = "notes"\nvcs = "git"\nhooks = true\n'),
      plant('5-upward.toml', 'path = "/a/../b"\nvcs = "git"\nhooks = true\n'),
      plant('6-no-path.toml', 'vcs = "git"\nhooks = true\n'),
      plant('7-vcs.toml', 'path = "/a"\nvcs = "svn"\nhooks = true\n'),
      plant('8-hooks.toml', 'path = "/a"\nvcs = "git"\nhooks = "yes"\n'),
      plant('9-machine.toml', 'path = "/a"\nvcs = "git"\nhooks = true\nmachine = "x"\n'),
      plant(`${repoId(asAbsolute('/a'))}.toml`, 'path = "/a"\nvcs = "git"\nhooks = true\nsettle = "x"\n'),
    ];
    plant(`${id}.toml.new`, 'half of a fi');
    plant('README', 'not ours');
    const { repos, problems } = listRepos(locations, parseSchedule);
    expect(repos.map((repo) => repo.path)).toEqual([path]);
    expect(problems.map((problem) => problem.file)).toEqual(bad);
    for (const { file, error } of problems) {
      expect(error.kind).toBe('config');
      expect(error.message).toContain(file);
    }
    expect(problems.at(-1)?.error.message).toMatch(/:4: 'settle' cannot be 'x'$/);
  });

  it('is refused as a whole when the defaults of all are wrong', async () => {
    await register(makeRepo('notes'));
    writeFileSync(locations.configFile, 'conflict = "ours"\n');
    expect(() => listRepos(locations, parseSchedule)).toThrow("config.toml:1: 'conflict' cannot be 'ours'");
  });
});

describe('finding the repository around a path', () => {
  it('finds it from the top, from below, and from what is not there any more', async () => {
    const path = makeRepo('notes');
    await register(path);
    makeRepo('notes/a/b');
    expect(find(path)).toBe(path);
    expect(find(join(path, 'a', 'b'))).toBe(path);
    expect(find(join(path, 'gone', 'deeper.md'))).toBe(path);
    expect(find(folder)).toBeUndefined();
    expect(find(`${path}-2`)).toBeUndefined();
  });

  it('finds the innermost', async () => {
    const outer = makeRepo('outer');
    const inner = makeRepo('outer/inner');
    await register(outer);
    await register(inner);
    expect(find(join(inner, 'x'))).toBe(inner);
    expect(find(join(outer, 'x'))).toBe(outer);
  });

  it('finds it by way of a link, and when it was moved and linked to', async () => {
    const path = makeRepo('notes');
    await register(path);
    symlinkSync(path, join(folder, 'link'));
    expect(find(join(folder, 'link', 'x'))).toBe(path);
    renameSync(path, join(folder, 'moved'));
    expect(find(path)).toBe(path);
    symlinkSync(join(folder, 'moved'), path);
    expect(find(join(path, 'x'))).toBe(path);
    expect(find(join(folder, 'moved', 'x'))).toBe(path);
  });

  it('does not take a repository whose file is broken for one that is not installed', async () => {
    const path = makeRepo('notes');
    const { file } = await register(path);
    writeFileSync(file, 'path = 1\n');
    expect(() => find(join(path, 'x'))).toThrow(expect.objectContaining({ kind: 'config' }));
  });

  it('still finds one when the file of another is broken', async () => {
    const path = makeRepo('notes');
    await register(path);
    plant('bad.toml', '');
    symlinkSync(path, join(folder, 'link'));
    expect(find(join(folder, 'link'))).toBe(path);
    expect(find(folder)).toBeUndefined();
  });
});

describe('a setting of a repository', () => {
  const set = (id: string, name: string, value: string | undefined): Promise<string> =>
    setSetting(locations, { id, name, value, parseSchedule });

  it('is set, changed and taken back, and the rest stays', async () => {
    const path = makeRepo('notes');
    const { id, file } = await register(path, { sign: 'true' });
    const before = readFileSync(file);
    expect(await set(id, 'settle', '3s')).toBe('changed');
    expect(await set(id, 'settle', '3s')).toBe('unchanged');
    expect(await set(id, 'settle', '4s')).toBe('changed');
    expect(rawSettings(locations, id)).toEqual({ settle: '4s', sign: true });
    expect(readRepo(locations, { id, parseSchedule })?.settings).toMatchObject({ settleSeconds: 4, sign: true });
    expect(await set(id, 'settle', undefined)).toBe('changed');
    expect(await set(id, 'settle', undefined)).toBe('unchanged');
    expect(readFileSync(file)).toEqual(before);
  });

  it('keeps what was edited by hand', async () => {
    const { id, file } = await register(makeRepo('notes'));
    writeFileSync(file, `${readFileSync(file, 'utf8')}message = "{event} ☂"\n`);
    await set(id, 'settle', '3s');
    expect(rawSettings(locations, id)).toEqual({ message: '{event} ☂', settle: '3s' });
  });

  it('is refused when it is wrong, global or of no repository', async () => {
    const { id, file } = await register(makeRepo('notes'));
    const before = readFileSync(file);
    await expect(set(id, 'settle', 'x')).rejects.toMatchObject({ kind: 'usage' });
    await expect(set(id, 'machine', 'x')).rejects.toMatchObject({ kind: 'usage', hints: ['set it in config.toml'] });
    await expect(set(id, 'path', '/x')).rejects.toMatchObject({ kind: 'usage' });
    await expect(set('nobody', 'settle', '3s')).rejects.toMatchObject({ kind: 'usage' });
    expect(readFileSync(file)).toEqual(before);
  });

  it('is not lost to another one that is set at the same time', async () => {
    const { id } = await register(makeRepo('notes'));
    await Promise.all([set(id, 'settle', '3s'), set(id, 'sign', 'true'), set(id, 'remote', 'hub')]);
    expect(rawSettings(locations, id)).toEqual({ settle: '3s', sign: true, remote: 'hub' });
  });
});

describe('unregistering a repository', () => {
  it('removes its file and the remains of writing it, and nothing else', async () => {
    const { id } = await register(makeRepo('notes'));
    const other = await register(makeRepo('other'));
    plant(`${id}.toml.new`, 'half');
    expect(await unregisterRepo(locations, id)).toBe(true);
    expect(await unregisterRepo(locations, id)).toBe(false);
    expect(readdirSync(locations.repos)).toEqual([`${other.id}.toml`]);
    expect(rawSettings(locations, id)).toEqual({});
  });

  it('works for a folder that is gone and a file that is broken', async () => {
    const path = makeRepo('notes');
    const { id, file } = await register(path);
    rmSync(path, { recursive: true });
    writeFileSync(file, '\0');
    expect(await unregisterRepo(locations, id)).toBe(true);
  });
});

describe('where settings cannot be written', () => {
  it('a file in the way of the folder is named', async () => {
    mkdirSync(locations.config, { recursive: true });
    writeFileSync(locations.repos, '');
    await expect(register(makeRepo('notes'))).rejects.toMatchObject({
      kind: 'environment',
      message: expect.stringContaining(locations.repos),
    });
  });
});
