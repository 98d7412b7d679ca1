import type { Notification } from '../notify/notifier.js';

/** News that nobody has taken yet, and since when, in milliseconds since 1970: told again after the next run. */
export type Unheard = { readonly notification: Notification; readonly since: number };

/** Thirty days: after that, `status` is where to look. */
const KEPT_MS = 30 * 86_400_000;

/** As many as a person reads when he comes back to a desktop. */
const MOST = 5;

/** What there is to say when all is well again is only for those who know that it was not. */
const OVER: readonly Notification['event'][] = ['attention', 'blocked', 'failed', 'offline'];

/**
 * Returns what is to be told now, oldest first: what nobody has heard yet, then the news of this run. Trouble that
 * nobody has heard of and that is over is not told any more, and its end is not news then.
 */
export function stillToTell(
  unheard: readonly Unheard[],
  { notification, now }: { readonly notification: Notification | undefined; readonly now: number },
): readonly Unheard[] {
  // A clock that was set back must not throw news away.
  const kept = unheard.filter(({ since }) => now - since < KEPT_MS);
  if (notification === undefined) return kept;
  const others = kept.filter((old) => !isReplacedBy(notification, old.notification));
  const wasNeverHeard = notification.event === 'recovered' && kept.some((old) => OVER.includes(old.notification.event));
  return wasNeverHeard ? others : [...others, { notification, since: now }].slice(-MOST);
}

const isReplacedBy = (news: Notification, old: Notification): boolean =>
  (news.event === 'recovered' && OVER.includes(old.event)) || (news.event === old.event && news.body === old.body);

/** Files that came in are told at once or not at all: later they are no news. */
export const isWorthRepeating = ({ notification }: Unheard): boolean => notification.event !== 'incoming';

/** Reads what nobody has heard yet back from JSON; anything that is not it counts as nothing. */
export const readUnheard = (value: unknown): readonly Unheard[] =>
  Array.isArray(value) ? value.filter(isUnheard) : [];

const EVENTS: readonly string[] = ['conflict', ...OVER, 'recovered', 'incoming', 'test'];

function isUnheard(value: unknown): value is Unheard {
  if (typeof value !== 'object' || value === null || !('since' in value) || !('notification' in value)) return false;
  const { since, notification } = value;
  if (typeof since !== 'number' || typeof notification !== 'object' || notification === null) return false;
  const { event, repo, title, body, paths } = notification as Record<string, unknown>;
  const isText = [repo, title, body].every((text) => typeof text === 'string');
  return isText && typeof event === 'string' && EVENTS.includes(event) && Array.isArray(paths);
}
