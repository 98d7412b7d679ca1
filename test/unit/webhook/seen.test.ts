import { mkdtempSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { asAbsolute } from '../../../src/model/paths.js';
import { seenIn } from '../../../src/webhook/seen.js';

const DAY_MS = 86_400_000;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'seen-'));
});

/** Puts so many deliveries into the memory that came some days ago. */
function fill(count: number, days: number): void {
  const at = new Date(Date.now() - days * DAY_MS);
  for (let number = 0; number < count; number += 1) {
    writeFileSync(join(folder, `${days}-${number}`), '');
    utimesSync(join(folder, `${days}-${number}`), at, at);
  }
}

const remembered = (days: number): number => readdirSync(folder).filter((name) => name.startsWith(`${days}-`)).length;

describe('deliveries that were taken', () => {
  it('are known again, until they are forgotten', () => {
    const seen = seenIn(asAbsolute(folder), Date.now());
    expect([seen.isNew('one'), seen.isNew('one'), seen.isNew('other')]).toEqual([true, false, true]);
    seen.forget('one');
    expect(seen.isNew('one')).toBe(true);
  });

  it('are forgotten after ninety days', () => {
    fill(50, 91);
    fill(49, 89);
    seenIn(asAbsolute(folder), Date.now()).isNew('new');
    expect([remembered(91), remembered(89)]).toEqual([0, 49]);
  });

  it('are ten thousand at the most, whatever is sent; the oldest go', () => {
    fill(150, 2);
    fill(9_949, 1);
    const seen = seenIn(asAbsolute(folder), Date.now());
    seen.isNew('new');
    expect([remembered(2), remembered(1), seen.isNew('new')]).toEqual([50, 9_949, false]);
  });
});
