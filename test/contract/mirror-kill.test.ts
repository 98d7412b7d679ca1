import { describe, expect, it } from 'vitest';
import { type Action, canCut } from '../support/cut.js';
import { cutAndGoOn, cutReference, orphanAndGoOn } from '../support/mirror-cut.js';
import { needs } from '../support/needs.js';

/** Some calls, spread over a run; `npm run torture -- --only mirror` takes every one. */
const SOME = 5;

const BROKEN: readonly Action[] = [
  { kind: 'error', error: 'ENOSPC', sticky: true },
  { kind: 'error', error: 'EIO', sticky: false },
  { kind: 'error', error: 'ENOSPC', sticky: true },
  { kind: 'error', error: 'EIO', sticky: true },
];

describe.skipIf(!needs('hg') || !canCut()).each(['first', 'second'] as const)('a %s run that is killed', (kind) => {
  it('leaves what the next one makes whole: the same commits and refs as if nothing had happened', async () => {
    const reference = await cutReference(kind);
    const seed = Math.floor(Math.random() * 1000);
    expect(reference.calls.length).toBeGreaterThan(50);
    for (let n = 0; n < SOME; n += 1) {
      const at = 1 + ((seed + Math.floor((n * reference.calls.length) / SOME)) % reference.calls.length);
      const call = reference.calls[at - 1];
      const end = await cutAndGoOn(reference, { kind: 'kill' }, at);
      expect({ at, call, end }).toEqual({ at, call, end: { ...reference.end, happened: end.happened } });
    }
  }, 300_000);

  it('is made whole also when git was just putting its pack in place', async () => {
    const reference = await cutReference(kind);
    const at = 1 + reference.calls.findIndex((call) => /^unlink .*\/tmp_pack_/.test(call));
    expect(at).toBeGreaterThan(0);
    expect(await cutAndGoOn(reference, { kind: 'kill' }, at)).toEqual({ ...reference.end, happened: true });
  }, 300_000);

  it('whose disk is full or broken does not say that it is done, and the next one makes it whole', async () => {
    const reference = await cutReference(kind);
    const seed = Math.floor(Math.random() * 1000);
    for (const [n, action] of BROKEN.entries()) {
      const at = 1 + ((seed + Math.floor((n * reference.calls.length) / BROKEN.length)) % reference.calls.length);
      const call = reference.calls[at - 1];
      const end = await cutAndGoOn(reference, action, at);
      expect({ action, at, call, end }).toEqual({
        action,
        at,
        call,
        end: { ...reference.end, happened: end.happened },
      });
    }
  }, 300_000);

  it('may leave children that go on: they do no harm to the next run', async () => {
    const reference = await cutReference(kind);
    for (const afterMs of [400, 800]) {
      expect(await orphanAndGoOn(reference, afterMs)).toEqual(reference.end);
    }
  }, 300_000);
});
