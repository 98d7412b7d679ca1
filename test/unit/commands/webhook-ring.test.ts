import { mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { ringFor } from '../../../src/commands/webhook-ring.js';
import type { Locations } from '../../../src/store/locations.js';
import { acquireLock } from '../../../src/store/lock.js';
import { spoolLock } from '../../../src/store/spool.js';
import type { WebhookRoute } from '../../../src/store/webhook-routes.js';
import { freshLocations } from '../../support/locations.js';

const { execDetached } = vi.hoisted(() => ({ execDetached: vi.fn() }));
vi.mock('../../../src/system/exec-detached.js', () => ({ execDetached }));

let places: Locations;

const route = (name: string): WebhookRoute => ({
  name,
  provider: 'github',
  secret: 'of no importance here',
  target: { kind: 'mirror', name },
});

const waiting = (): readonly string[] => readdirSync(places.spool).filter((name) => name.endsWith('.request'));

/** Makes what waits as old as what somebody has left who died before he started a run. */
function makeOld(): void {
  const then = Date.now() / 1000 - 120;
  for (const name of waiting()) utimesSync(join(places.spool, name), then, then);
}

beforeEach(() => {
  execDetached.mockClear();
  places = freshLocations();
  const mirrors = join(places.config, 'mirrors');
  for (const folder of [mirrors, places.state, dirname(places.launcher)]) mkdirSync(folder, { recursive: true });
  writeFileSync(places.launcher, '#!/bin/sh\n', { mode: 0o755 });
  const facts =
    'source = "/srv/hg"\ndestination = "/srv/git"\nbackend = "export"\ntriggers = []\ndefault-branch = "main"\n';
  for (const name of ['one', 'other']) writeFileSync(join(mirrors, `${name}.toml`), facts);
});

describe('who rings', () => {
  it('leaves one word for a mirror and starts one run, however many ring before it begins', () => {
    for (let n = 0; n < 5; n += 1) ringFor(places, route('one'));
    expect(waiting()).toHaveLength(1);
    expect(execDetached).toHaveBeenCalledTimes(1);
    ringFor(places, route('other'));
    expect(
      waiting()
        .map((name) => readFileSync(join(places.spool, name), 'utf8'))
        .sort(),
    ).toEqual([`webhook\n${places.data}/mirrors/one`, `webhook\n${places.data}/mirrors/other`]);
  });

  it('starts a run also when a word has waited long: whoever left it may have died before he started one', () => {
    ringFor(places, route('one'));
    makeOld();
    ringFor(places, route('one'));
    expect(execDetached).toHaveBeenCalledTimes(2);
  });

  it('leaves a word and starts nothing while somebody serves the spool, who will look again', () => {
    const lock = acquireLock(spoolLock(places));
    ringFor(places, route('one'));
    expect(lock.kind).toBe('acquired');
    expect(waiting()).toHaveLength(1);
    expect(execDetached).not.toHaveBeenCalled();
  });
});
