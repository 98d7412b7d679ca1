import { appendFileSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { HOOK_EVENTS, type HookEvent } from '../../src/hooks/hook-installer.js';
import { folderOfGitThatSays, folderOfNewGit, putOnPath } from '../support/gits.js';
import { HOOK_MANAGERS, type HookManager } from '../support/hook-managers.js';
import { type HookTrial, hookTrial, type Ran } from '../support/hook-trial.js';
import { hooksPage, rowsOf, type Seen, type SeenOfWay } from '../support/hooks-page.js';
import { needs } from '../support/needs.js';

/** The two ways in which git is told to call us. */
const SCRIPTS = 'An older git: scripts in the hooks folder';
const CONFIGURATION = 'git 2.54 or newer: hooks in the configuration';

const newGit = folderOfNewGit();
const WAYS = [
  { way: SCRIPTS, folder: () => folderOfGitThatSays('2.53.0') },
  ...(newGit === undefined ? [] : [{ way: CONFIGURATION, folder: () => newGit }]),
];

const trials: HookTrial[] = [];
const newTrial = (manager: HookManager): HookTrial => {
  const trial = hookTrial(manager);
  trials.push(trial);
  return trial;
};
afterEach(() => {
  for (const trial of trials.splice(0)) trial.remove();
});

type AtEvents<T> = Readonly<Record<HookEvent, T>>;
const atEach = <T>(answer: (event: HookEvent) => T): AtEvents<T> => ({
  'post-commit': answer('post-commit'),
  'post-merge': answer('post-merge'),
  'post-rewrite': answer('post-rewrite'),
});

const seenFirst = new Map<string, AtEvents<Seen['theirsFirst']>>();
const seenLast = new Map<string, AtEvents<Seen['oursFirst']>>();

describe.each(WAYS)('$way', ({ way, folder }) => {
  let takeAway: () => void;
  beforeAll(() => {
    takeAway = putOnPath(folder());
  });
  afterAll(() => takeAway());

  const present = HOOK_MANAGERS.filter(({ program }) => program === undefined || needs(program));

  describe.each(present)('$name', (manager) => {
    const key = `${way}/${manager.name}`;
    const { events = HOOK_EVENTS, leftAlone, refuses } = manager;
    const isLeftAlone = way === SCRIPTS && leftAlone !== undefined;
    const mayRefuse = way === SCRIPTS && refuses !== undefined;
    const alone = atEach((event): Ran => ({ theirs: events.includes(event) ? 1 : 0, ours: 0 }));
    const both = atEach((event): Ran => ({ ...alone[event], ours: isLeftAlone ? 0 : 1 }));

    const theirs = (event: HookEvent, ...ran: readonly AtEvents<Ran>[]): string => {
      if (!events.includes(event)) return '–';
      return ran.every((at) => at[event].theirs === 1) ? 'yes' : 'no';
    };
    const ours = (event: HookEvent, ran: AtEvents<Ran>): string => {
      if (isLeftAlone) return ran[event].ours === 0 ? 'left alone' : 'no';
      return ran[event].ours === 1 ? 'yes' : 'no';
    };
    const healed = (event: HookEvent, before: AtEvents<Ran>, after: AtEvents<Ran>): string => {
      if (isLeftAlone) return '–';
      if (after[event].ours !== 1) return 'no';
      return before[event].ours === 1 ? 'not lost' : 'yes';
    };

    it('keep running when ours come, which come back, and go without a trace', async () => {
      const trial = newTrial(manager);
      trial.installTheirs();
      expect(trial.fire()).toEqual(alone);
      const before = trial.traces();
      const result = await trial.installOurs();
      expect(result).toMatchObject(
        isLeftAlone ? { kind: 'left-alone', why: leftAlone } : { kind: 'installed', notes: [] },
      );
      const installed = trial.fire();
      await trial.uninstallOurs();
      const restored = trial.traces();
      await trial.installOurs();
      trial.installTheirs();
      const overwritten = trial.fire();
      await trial.tick();
      const mended = trial.fire();
      await trial.uninstallOurs();
      const isRestored = [restored, trial.traces()].every((now) => now.join('\n') === before.join('\n'));
      const cell = (event: HookEvent): Seen['theirsFirst'] => ({
        theirs: theirs(event, installed, overwritten, mended),
        ours: ours(event, installed),
        restored: isRestored ? 'yes' : 'no',
        healed: healed(event, overwritten, mended),
      });
      seenFirst.set(key, atEach(cell));
      expect(installed).toEqual(both);
      expect(restored).toEqual(before);
      expect(mended).toEqual(both);
      expect(trial.traces()).toEqual(before);
      expect(trial.fire()).toEqual(alone);
    });

    it('are installed where ours are already, and ours go without a trace', async () => {
      const trial = newTrial(manager);
      await trial.installOurs();
      if (mayRefuse) expect(trial.installTheirs).toThrow(refuses);
      else trial.installTheirs();
      await trial.tick();
      const mended = trial.fire();
      await trial.uninstallOurs();
      // What was refused can be had now.
      if (mayRefuse) trial.installTheirs();
      const after = trial.sortedTraces();
      const last = trial.fire();
      trial.remove();
      const twin = newTrial(manager);
      twin.installTheirs();
      const expected = twin.sortedTraces();
      const isRestored = after.join('\n') === expected.join('\n');
      const cell = (event: HookEvent): Seen['oursFirst'] => ({
        theirs: mayRefuse && mended[event].theirs < alone[event].theirs ? 'refused' : theirs(event, mended),
        ours: ours(event, mended),
        restored: isRestored ? 'yes' : 'no',
      });
      seenLast.set(key, atEach(cell));
      expect(mended).toEqual(mayRefuse ? atEach((event) => ({ ...both[event], theirs: 0 })) : both);
      expect(after).toEqual(expected);
      expect(last).toEqual(alone);
    });

    if (mayRefuse) {
      it('take the place of ours when the person insists, and the next run adds ours', async () => {
        const trial = newTrial(manager);
        await trial.installOurs();
        expect(trial.installTheirs).toThrow(refuses);
        manager.insist?.(trial.place);
        await trial.tick();
        expect(trial.fire()).toEqual(both);
      });
    }

    const { uninstall } = manager;
    if (uninstall === undefined) return;

    it('may go before ours do, which the next run puts back', async () => {
      const uninstallTheirs = (trial: HookTrial): void => uninstall(trial.place);
      const trial = newTrial(manager);
      trial.installTheirs();
      await trial.installOurs();
      uninstallTheirs(trial);
      await trial.tick();
      const mended = trial.fire();
      await trial.uninstallOurs();
      const after = trial.sortedTraces();
      trial.remove();
      const twin = newTrial(manager);
      twin.installTheirs();
      uninstallTheirs(twin);
      const left = twin.fire();
      expect(mended).toEqual(atEach((event) => ({ ...left[event], ours: 1 })));
      expect(after).toEqual(twin.sortedTraces());
    });
  });
});

describe.runIf(needs('lefthook'))('lefthook, when its configuration changes', () => {
  it('writes its hooks anew at the next commit, and the next run adds ours', async () => {
    const takeAway = putOnPath(folderOfGitThatSays('2.53.0'));
    const manager = HOOK_MANAGERS.find(({ program }) => program === 'lefthook');
    if (manager === undefined) throw new Error('lefthook is not among the tools');
    const trial = newTrial(manager);
    trial.installTheirs();
    await trial.installOurs();
    const settings = join(trial.place.top, 'lefthook.yml');
    appendFileSync(settings, 'pre-push:\n  commands:\n    say:\n      run: "true"\n');
    // It looks at the time of its file by the second.
    const later = Date.now() / 1000 + 5;
    utimesSync(settings, later, later);
    trial.fire();
    expect(trial.fire()['post-commit']).toEqual({ theirs: 1, ours: 0 });
    await trial.tick();
    expect(trial.fire()).toEqual(atEach((): Ran => ({ theirs: 1, ours: 1 })));
    takeAway();
  });
});

function seenOf(title: string): SeenOfWay {
  const tools = HOOK_MANAGERS.flatMap(({ name }) => {
    const [first, last] = [seenFirst.get(`${title}/${name}`), seenLast.get(`${title}/${name}`)];
    if (first === undefined || last === undefined) return [];
    return [{ name, seen: atEach((event) => ({ theirsFirst: first[event], oursFirst: last[event] })) }];
  });
  return { title, tools };
}

it('docs/hooks.md says what was seen (npm run docs)', () => {
  const page = fileURLToPath(new URL('../../docs/hooks.md', import.meta.url));
  const ways = [SCRIPTS, CONFIGURATION].map(seenOf);
  // Where a program is missing here, the rest of the page has still to be true.
  const isWhole = ways.every(({ tools }) => tools.length === HOOK_MANAGERS.length);
  if (process.env['AUTOSYNC_TEST_WRITE_DOCS'] !== undefined) {
    if (!isWhole) throw new Error('the page needs every tool and both kinds of git');
    writeFileSync(page, hooksPage(ways));
  }
  const text = readFileSync(page, 'utf8');
  expect(text.split('\n')).toEqual(expect.arrayContaining(ways.flatMap(({ tools }) => tools.flatMap(rowsOf))));
  if (isWhole) expect(text).toBe(hooksPage(ways));
});
