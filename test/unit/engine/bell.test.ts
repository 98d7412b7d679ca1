import { describe, expect, it } from 'vitest';
import { createBell, hearOut } from '../../../src/engine/bell.js';

const never = (): boolean => false;

/** A clock that goes on by so much with each look. */
function steps(milliseconds: number): { readonly monotonic: () => number } {
  let at = 0;
  return { monotonic: () => (at += milliseconds) };
}

describe('a bell', () => {
  it('keeps a ring until somebody hears it, once', async () => {
    const bell = createBell();
    bell.ring();
    bell.ring();
    expect(await bell.hear(60_000)).toBe('rang');
    expect(await bell.hear(0)).toBe('quiet');
  });

  it('wakes whoever waits for it', async () => {
    const bell = createBell();
    const heard = bell.hear(60_000);
    bell.ring();
    expect(await heard).toBe('rang');
    expect(await bell.hear(0)).toBe('quiet');
  });
});

describe('hearing a burst out', () => {
  it('ends with the first quiet time, and leaves no ring behind', async () => {
    const bell = createBell();
    bell.ring();
    await hearOut(bell, { quietMs: 1, mostMs: 60_000, clock: steps(1), isOver: never });
    expect(await bell.hear(0)).toBe('quiet');
  });

  it('ends although it never gets quiet', async () => {
    const bell = createBell();
    let rings = 0;
    const hear = async (): Promise<'rang'> => {
      rings += 1;
      return 'rang';
    };
    await hearOut({ ...bell, hear }, { quietMs: 1000, mostMs: 50, clock: steps(10), isOver: never });
    expect(rings).toBe(4);
  });

  it('ends at once when there is nothing left to wait for', async () => {
    const bell = createBell();
    bell.ring();
    await hearOut(bell, { quietMs: 60_000, mostMs: 60_000, clock: steps(1), isOver: () => true });
    expect(await bell.hear(0)).toBe('rang');
  });
});
