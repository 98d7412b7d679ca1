import type { Settings } from '../model/repo.js';
import { appendLog } from '../store/log.js';
import type { EngineContext } from './context.js';
import { isWorthRepeating, type Unheard } from './unheard.js';

/** Tells whether the settings name anybody who could hear a notification. */
export const isHeardAnywhere = ({ notify, notifyCommand }: Pick<Settings, 'notify' | 'notifyCommand'>): boolean =>
  notify || notifyCommand.length > 0;

/** What is to be told, and about what: the log names it. */
export type Telling = {
  readonly about: string;
  readonly settings: Settings;
  readonly toTell: readonly Unheard[];
  /** When what is new happened, in milliseconds since 1970. */
  readonly now: number;
};

/** Tells the person what is new and what he has not heard yet; returns what nobody took, to be told again. */
export async function tellAll(
  { locations, clock, tell }: Pick<EngineContext, 'locations' | 'clock' | 'tell'>,
  { about, settings, toTell, now }: Telling,
): Promise<readonly Unheard[]> {
  const unheard: Unheard[] = [];
  for (const news of toTell) {
    const { event, title } = news.notification;
    const delivery = await tell(settings, news.notification);
    const isFirstTry = news.since === now;
    if (delivery.kind === 'undelivered' && isWorthRepeating(news)) unheard.push(news);
    if (delivery.kind === 'undelivered' && !isFirstTry) continue;
    const at = new Date(clock.now()).toISOString();
    appendLog(locations, { at, repo: about, event: 'notification', about: event, title, delivery });
  }
  return unheard;
}
