import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Desk } from '../support/desk.js';
import { needs } from '../support/needs.js';
import { HARNESSES, type VcsHarness } from '../support/vcs-harness.js';
import type { World } from '../support/world.js';

const KEY = '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEA\n-----END OPENSSH PRIVATE KEY-----\n';

let world: World<Desk>;
let here: Desk;
let there: Desk;

/** Every version control system keeps this. */
function guards(vcs: VcsHarness): void {
  beforeEach(() => {
    world = vcs.createWorld('here', 'there');
    [here, there] = world.machines as [Desk, Desk];
  });
  afterEach(() => world.remove());

  describe('a new file that looks like a secret', () => {
    it('is left out and named, and the rest is taken', async () => {
      here.write('.ssh/id_ed25519', KEY);
      here.write('.env', 'TOKEN=1\n');
      here.write('app/.env.production', 'TOKEN=1\n');
      here.write('.env.example', 'TOKEN=\n');
      here.write('.ssh/id_ed25519.pub', 'ssh-ed25519 AAAA me\n');
      for (const kind of ['committed', 'clean'] as const) {
        const report = await here.run();
        expect(report).toMatchObject({ verdict: 'synced', commit: { kind } });
        expect([...report.quarantined].sort((a, b) => (a.path < b.path ? -1 : 1))).toEqual([
          { path: '.env', reason: 'secret' },
          { path: '.ssh/id_ed25519', reason: 'secret' },
          { path: 'app/.env.production', reason: 'secret' },
        ]);
      }
      expect([...here.committed()].sort()).toEqual(['.env.example', '.ssh/id_ed25519.pub', 'README.md']);
    });

    it('is taken once somebody has added it, and goes on being taken', async () => {
      here.write('.env', 'TOKEN=1\n');
      here.command('add', '.env');
      expect(await here.run()).toMatchObject({ verdict: 'synced', quarantined: [] });
      here.write('.env', 'TOKEN=2\n');
      await here.run();
      await there.run();
      expect(there.read('.env')).toBe('TOKEN=2\n');
    });

    it('is taken where the guard is off', async () => {
      here.write('key.pem', KEY);
      expect(await here.run({ secretsGuard: false })).toMatchObject({ verdict: 'synced', quarantined: [] });
      expect(here.committed()).toContain('key.pem');
    });

    it('does not leave the machine as a copy that makes room for what comes in', async () => {
      there.write('.env', 'THEIRS\n');
      await there.run({ secretsGuard: false });
      here.write('.env', 'SECRET-OF-MINE\n');
      for (let run = 0; run < 2; run += 1) expect(await here.run()).toMatchObject({ verdict: 'synced' });
      expect(here.read('.env')).toBe('THEIRS\n');
      expect(Object.values(here.files())).toContain('SECRET-OF-MINE\n');
      expect(world.hubHistory()).not.toContain('SECRET-OF-MINE');
    });
  });

  describe('many removals at once', () => {
    const names = Array.from({ length: 30 }, (_, n) => `file-${n}.txt`);
    const fill = async (): Promise<void> => {
      for (const name of names) here.write(name, `${name}\n`);
      await here.run();
    };

    it('wait for a person, and are taken when he says so', async () => {
      await fill();
      for (const name of names.slice(0, 25)) here.remove(name);
      const head = here.head();
      const report = await here.run();
      expect(report).toMatchObject({ verdict: 'blocked', blocked: { kind: 'mass-deletion' } });
      expect(report.blocked?.hint).toContain(`25 of 31 files`);
      expect(report.blocked?.hint).toContain(`autosync snapshot '${here.top}' --allow-deletions`);
      expect(here.head()).toBe(head);
      expect(await here.run({}, { allowDeletions: true })).toMatchObject({ verdict: 'synced' });
      expect(here.committed()).toHaveLength(6);
    });

    it('that are few, that only moved, or that the limit allows are taken', async () => {
      await fill();
      for (const name of names) here.rename(name, `moved/${name}`);
      expect(await here.run()).toMatchObject({ verdict: 'synced' });
      for (const name of names.slice(0, 12)) here.remove(`moved/${name}`);
      expect(await here.run()).toMatchObject({ verdict: 'synced' });
      here.remove('moved/file-13.txt');
      const count = { deletionsLimit: { kind: 'count', files: 0 } } as const;
      expect(await here.run(count)).toMatchObject({ blocked: { kind: 'mass-deletion' } });
      expect(await here.run({ deletionsLimit: { kind: 'off' } })).toMatchObject({ verdict: 'synced' });
    });

    it('of others come in as ever', async () => {
      await fill();
      await there.run();
      for (const name of names) there.remove(name);
      await there.run({}, { allowDeletions: true });
      expect(await here.run()).toMatchObject({ verdict: 'synced', integrate: { kind: 'fast-forwarded', files: 30 } });
      expect(here.files()).toEqual({ 'README.md': 'hello\n' });
    });
  });

  describe('patterns', () => {
    const ignore = { ignore: ['*.log', '/build'] } as const;

    it('say what snapshots leave out, without a word and without a loss', async () => {
      for (const path of ['a.log', 'deep/b.log', 'build/out.js', 'deep/build/kept.txt']) here.write(path, `${path}\n`);
      expect(await here.run(ignore)).toMatchObject({ verdict: 'synced', quarantined: [] });
      expect([...here.committed()].sort()).toEqual(['README.md', 'deep/build/kept.txt']);
      expect(await here.run(ignore)).toMatchObject({ verdict: 'synced', commit: { kind: 'clean' } });
      const tree = await here.open(ignore);
      expect(await tree.uncommitted()).toEqual([]);
      expect(Object.keys(here.files())).toHaveLength(5);
    });

    it('say what snapshots take', async () => {
      for (const path of ['notes/a.md', 'notes/b.txt', 'c.md']) here.write(path, `${path}\n`);
      expect(await here.run({ include: ['notes/**/*.md'] })).toMatchObject({ verdict: 'synced', quarantined: [] });
      expect([...here.committed()].sort()).toEqual(['README.md', 'notes/a.md']);
    });

    it('leave out what is changed in tracked files, too, and name it', async () => {
      here.write('README.md', 'CHANGED\n');
      here.write('other.txt', 'other\n');
      const left = { ignore: ['README.md'] };
      expect(await here.run(left)).toMatchObject({
        verdict: 'synced',
        quarantined: [{ path: 'README.md', reason: 'not-included' }],
      });
      expect(world.hubHistory()).not.toContain('CHANGED');
      there.write('README.md', 'THEIRS\n');
      await there.run();
      for (let run = 0; run < 2; run += 1) expect(await here.run(left)).toMatchObject({ verdict: 'synced' });
      expect(here.read('README.md')).toBe('THEIRS\n');
      expect(Object.values(here.files())).toContain('CHANGED\n');
      expect(world.hubHistory()).not.toContain('CHANGED');
    });

    it('keep what they leave out from others when it has to make room', async () => {
      here.write('a.log', 'MINE-ALONE\n');
      await here.run(ignore);
      there.write('a.log', 'THEIRS\n');
      await there.run();
      for (let run = 0; run < 2; run += 1) expect(await here.run(ignore)).toMatchObject({ verdict: 'synced' });
      expect(here.read('a.log')).toBe('THEIRS\n');
      expect(Object.values(here.files())).toContain('MINE-ALONE\n');
      expect(world.hubHistory()).not.toContain('MINE-ALONE');
    });
  });
}

describe.each(HARNESSES)('$name', (vcs) => {
  describe.skipIf(!needs(vcs.name))('guards', () => guards(vcs));
});
