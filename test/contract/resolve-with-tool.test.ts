import { readFileSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EngineContext } from '../../src/engine/context.js';
import type { OpenConflict } from '../../src/engine/inbox.js';
import type { Resolved } from '../../src/engine/resolve.js';
import { resolveWithTool } from '../../src/engine/resolve-with-tool.js';
import type { AutosyncError } from '../../src/model/errors.js';
import { asAbsolute, asRelative } from '../../src/model/paths.js';
import { systemClock } from '../../src/system/clock.js';
import { systemOf } from '../../src/vcs/index.js';
import type { MergeTool } from '../../src/vcs/merge-tool.js';
import type { WorkingTree } from '../../src/vcs/vcs.js';
import type { Desk } from '../support/desk.js';
import { freshLocations } from '../support/locations.js';
import { needs } from '../support/needs.js';
import { HARNESSES } from '../support/vcs-harness.js';
import type { World } from '../support/world.js';

const PATH = asRelative('a.md');

/** A tool that joins what is mine and theirs. */
const JOIN: MergeTool = {
  name: 'join',
  start: ({ local, remote, merged }) => ({ program: 'join', args: [local, remote, merged], env: {} }),
};

/** A conflict that was left to a person, as the inbox lists it. */
const PAUSED: OpenConflict = {
  state: 'paused',
  path: PATH,
  copy: undefined,
  kind: 'content',
  since: 0,
  kept: { path: PATH, machine: 'laptop' },
  other: { path: undefined, machine: 'desktop' },
  mine: 'kept',
  merge: undefined,
};

describe.each(HARNESSES.filter(({ name }) => needs(name)))(
  'a tool for what was left to a person under $name',
  (vcs) => {
    let world: World<Desk>;
    let here: Desk;
    let there: Desk;

    beforeEach(async () => {
      world = vcs.createWorld('laptop', 'desktop');
      [here, there] = world.machines as [Desk, Desk];
      here.write(PATH, 'BASE\n');
      await here.run();
      await there.run();
      there.write(PATH, 'THEIRS\n');
      await there.run();
      here.write(PATH, 'MINE\n');
      await here.run({ conflict: 'pause' });
    });
    afterEach(() => world.remove());

    /** Merges in the tool, while something happens each time that the hub is looked at. */
    async function resolve(meanwhile: () => void): Promise<Resolved> {
      const fetching = (tree: WorkingTree): WorkingTree => ({
        ...tree,
        fetch: (state) => {
          meanwhile();
          return tree.fetch(state);
        },
      });
      const open: EngineContext['open'] = async (kind, path, options) => {
        const opened = await systemOf(kind)?.open(path, options);
        if (opened?.kind !== 'opened') throw new Error(`'${path}' is ${opened?.kind}`);
        return { ...opened, tree: fetching(opened.tree) };
      };
      const context: EngineContext = {
        locations: freshLocations(),
        clock: systemClock,
        random: Math.random,
        open,
        tell: async () => ({ kind: 'delivered' }),
        handConflict: async () => ({ kind: 'delivered' }),
        keepHooks: () => undefined,
      };
      const settings = { ...here.settings, conflict: 'pause' } as const;
      return await resolveWithTool(context, {
        target: { path: asAbsolute(here.top), vcs: here.vcs, settings, registered: undefined },
        conflict: PAUSED,
        tool: JOIN,
        start: async ({ args: [mine = '', theirs = '', merged = ''] }) => {
          writeFileSync(merged, readFileSync(mine, 'utf8') + readFileSync(theirs, 'utf8'));
          return 0;
        },
      });
    }

    it('makes the file what the tool made of it', async () => {
      expect(await resolve(() => undefined)).toMatchObject({ path: PATH });
      expect(here.files()).toEqual({ 'README.md': 'hello\n', [PATH]: 'MINE\nTHEIRS\n' });
    });

    it('does not replace what was saved while the hub was looked at, and keeps what the tool made', async () => {
      const error = await resolve(() => here.write(PATH, 'SAVED MEANWHILE\n')).catch((thrown: AutosyncError) => thrown);
      if ('path' in error) throw new Error('it was resolved');
      expect(error.message).toContain('a version of it was saved while the tool was open');
      const [, made = ''] = /what the tool made is in '([^']+)'/.exec(error.hints.join('\n')) ?? [];
      expect(readFileSync(made, 'utf8')).toBe('MINE\nTHEIRS\n');
      expect(Object.values(here.files())).toEqual(expect.arrayContaining(['SAVED MEANWHILE\n', 'THEIRS\n']));
    });
  },
);
