import type { Settings } from '../model/repo.js';
import { together } from './attempt.js';
import { commandNotifier } from './command.js';
import { desktopNotifier } from './desktop.js';
import type { Delivery, Notification, Notifier } from './notifier.js';

/** Returns the ways to tell the person that the settings ask for: the desktop (`notify`), a command, both or none. */
export function notifiersFor(settings: Pick<Settings, 'notify' | 'notifyCommand'>): readonly Notifier[] {
  return [
    ...(settings.notify ? [desktopNotifier()] : []),
    ...(settings.notifyCommand.length > 0 ? [commandNotifier(settings.notifyCommand)] : []),
  ];
}

/** Hands a notification to all notifiers at the same time: delivered when one of them took it, else every reason. */
export async function deliver(notifiers: readonly Notifier[], notification: Notification): Promise<Delivery> {
  if (notifiers.length === 0) return { kind: 'undelivered', why: 'notifications are switched off' };
  return together(await Promise.all(notifiers.map((notifier) => notifier.notify(notification))));
}
