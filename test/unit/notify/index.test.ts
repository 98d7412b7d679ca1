import { describe, expect, it } from 'vitest';
import { deliver, notifiersFor } from '../../../src/notify/index.js';
import type { Delivery, Notifier } from '../../../src/notify/notifier.js';
import { notification } from '../../support/notifications.js';

const answering = (delivery: Delivery): Notifier => ({ name: 'test', notify: () => Promise.resolve(delivery) });
const taking = answering({ kind: 'delivered' });
const refusing = (why: string): Notifier => answering({ kind: 'undelivered', why });

describe('notifiersFor', () => {
  it.each([
    [{ notify: true, notifyCommand: [] }, ['desktop']],
    [{ notify: false, notifyCommand: ['x'] }, ['notify-command']],
    [{ notify: true, notifyCommand: ['x', 'y'] }, ['desktop', 'notify-command']],
    [{ notify: false, notifyCommand: [] }, []],
  ])('gives for %j the notifiers %j', (settings, names) => {
    expect(notifiersFor(settings).map(({ name }) => name)).toEqual(names);
  });
});

describe('deliver', () => {
  it('is delivered when any notifier took it', async () => {
    expect(await deliver([refusing('a'), taking], notification())).toEqual({ kind: 'delivered' });
  });

  it('gives every reason when none took it', async () => {
    const delivery = await deliver([refusing('a'), refusing('b')], notification());
    expect(delivery).toEqual({ kind: 'undelivered', why: 'a; b' });
  });

  it('says so when there is no notifier', async () => {
    const delivery = await deliver([], notification());
    expect(delivery).toEqual({ kind: 'undelivered', why: 'notifications are switched off' });
  });
});
