import { lstatSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHome, type Home } from '../support/cli.js';
import type { Desk } from '../support/desk.js';
import { needs } from '../support/needs.js';
import { HARNESSES } from '../support/vcs-harness.js';
import type { World } from '../support/world.js';

const NASTY = "<script>alert(1)<-script> & 'x'\u202e.md";

describe.each(HARNESSES.filter(({ name }) => needs(name)))('report of $name', (vcs) => {
  let world: World<Desk>;
  let home: Home;
  let here: Desk;
  let page: string;

  beforeAll(async () => {
    world = vcs.createWorld('laptop', 'desk');
    const [laptop, desk] = world.machines as [Desk, Desk];
    here = laptop;
    home = createHome(mkdtempSync(join(tmpdir(), 'home-')), 'laptop');
    home.autosync('install', here.top, '--scheduler', 'none', '--no-hooks');
    desk.write(NASTY, 'one\n</script><b>theirs</b>\nthree\n');
    desk.write('picture', new Uint8Array([0, 1, 2]));
    await desk.run({ machine: 'desk' });
    here.write(NASTY, 'one\nmine\nthree\n');
    here.write('picture', new Uint8Array([0, 3]));
    home.autosync('snapshot', here.top);
    page = join(home.folder, 'report.html');
  });
  afterAll(() => world.remove());

  it('writes one page, for the person alone, and replaces it by a newer one', () => {
    for (let time = 1; time <= 2; time += 1) {
      expect(home.autosync('report', '--out', page)).toMatchObject({ code: 0, out: 'wrote ~/report.html\n', err: '' });
    }
    const text = readFileSync(page, 'utf8');
    expect(text).toMatch(/^<!doctype html>[\s\S]*<\/html>\n$/);
    expect(text).not.toMatch(/<script|<b>/);
    expect(lstatSync(page).mode & 0o77).toBe(0);
  });

  it('tells who committed what, what the person was not told, and shows both versions', () => {
    const text = home.autosync('report', here.top, '--out', '-').out;
    expect(text).toMatch(/\d by desk, \d by laptop/);
    expect(text).toContain('<td class="text removed"><mark>&lt;/script&gt;&lt;b&gt;theirs&lt;/b&gt;</mark></td>');
    expect(text).toContain('<mark>mine</mark>');
    expect(text).toContain('Not compared: &#39;picture&#39; is no text');
    expect(text.includes('\\u{202e}.md') && !text.includes('\u202e')).toBe(true);
  });

  it('has the same in JSON', () => {
    const { repos, machine } = JSON.parse(home.autosync('report', '--json').out);
    expect(machine).toBe('laptop');
    expect(repos[0].conflicts.map(({ path }: { path: string }) => path)).toEqual([NASTY, 'picture']);
    expect(repos[0].commits.map((commit: { machine: string }) => commit.machine)).toContain('desk');
    expect(repos[0].todo).toMatch(/two versions|both sides changed/);
  });

  it('looks back no further than it is asked to', async () => {
    await sleep(1_500);
    const { repos } = JSON.parse(home.autosync('report', '--json', '--since', '1s').out);
    expect(repos[0].conflicts).toHaveLength(2);
    expect(repos[0].commits).toEqual([]);
  });

  it('bears a repository that is gone, and a folder that is none', () => {
    const aside = `${here.top}-aside`;
    renameSync(here.top, aside);
    const gone = home.autosync('report', '--out', '-');
    expect([gone.code, gone.err, gone.out.includes('the folder is gone')]).toEqual([0, '', true]);
    mkdirSync(here.top);
    const empty = home.autosync('report', '--out', '-');
    expect([empty.code, empty.err, empty.out.includes('cannot be looked at')]).toEqual([0, '', true]);
    rmSync(here.top, { recursive: true });
    renameSync(aside, here.top);
  });
});

describe('report', () => {
  const home = createHome(mkdtempSync(join(tmpdir(), 'home-')), 'laptop');
  const at = (name: string): string => join(home.folder, name);

  it('does not replace a file that is not a report, unless it is told to', () => {
    writeFileSync(at('mine.html'), '<!doctype html><title>mine</title>');
    const refused = home.autosync('report', '--out', at('mine.html'));
    expect(refused).toMatchObject({ code: 2, err: expect.stringMatching(/is not a report of autosync\n.*--force/) });
    expect(readFileSync(at('mine.html'), 'utf8')).toContain('mine');
    expect(home.autosync('report', '--force', '--out', at('mine.html')).code).toBe(0);
    expect(readFileSync(at('mine.html'), 'utf8')).toContain('autosync on laptop');
  });

  it.each([
    [['report'], /no file is named for the report\n {2}autosync report --out/],
    [['report', '--out', '.'], /'\.' is a folder/],
    [['report', '--force', '--out', '/dev/null'], /'\/dev\/null' is no plain file/],
    [['report', '--out', 'x.html', '--since', 'yesterday'], /'--since' does not take 'yesterday'/],
    [['report', '--out', 'x.html', '--since', '0s'], /'--since' does not take '0s'/],
    [['report', 'nowhere', '--out', 'x.html'], /'nowhere' is not an installed repository/],
  ])('%j is refused, with a hint', (words, message) => {
    expect(home.autosync(...words)).toMatchObject({ code: 2, err: expect.stringMatching(message) });
  });

  it('says that nothing is installed with a page about nothing', () => {
    const { code, out } = home.autosync('report', '--out', '-');
    expect(code).toBe(0);
    expect(out.includes('No repository is installed')).toBe(true);
  });
});
