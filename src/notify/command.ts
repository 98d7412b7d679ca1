import { childEnvironment, homeFolder } from '../system/environment.js';
import { attempt } from './attempt.js';
import type { ConflictNews, Delivery, Notification, Notifier } from './notifier.js';

const LIMIT_MS = 10_000;

/**
 * Returns the notifier that runs the person's own `notify-command`: a program and its arguments, without a shell, in
 * the home folder. It gets the notification as JSON on standard input, and `AUTOSYNC_EVENT` and `AUTOSYNC_REPO` in its
 * environment; exit code 0 within ten seconds means that it took the notification.
 */
export function commandNotifier(command: readonly string[], limitMs: number = LIMIT_MS): Notifier {
  const [program = '', ...args] = command;
  return {
    name: 'notify-command',
    notify: async (notification) => {
      const { delivery } = await attempt(`notify-command '${program}'`, {
        program,
        args,
        cwd: homeFolder(),
        env: childEnvironment(variables(notification)),
        input: `${JSON.stringify(notification)}\n`,
        timeoutMs: limitMs,
      });
      return delivery;
    },
  };
}

/**
 * Gives a new conflict to the person's own `conflict-command` in the same way; `AUTOSYNC_EVENT` is `conflict`. Never
 * throws.
 */
export async function handConflict(
  command: readonly string[],
  news: ConflictNews,
  limitMs: number = LIMIT_MS,
): Promise<Delivery> {
  const [program = '', ...args] = command;
  const { delivery } = await attempt(`conflict-command '${program}'`, {
    program,
    args,
    cwd: homeFolder(),
    env: childEnvironment({ AUTOSYNC_EVENT: 'conflict', AUTOSYNC_REPO: news.repo }),
    input: `${JSON.stringify(news)}\n`,
    timeoutMs: limitMs,
  });
  return delivery;
}

const variables = ({ event, repo }: Notification): Readonly<Record<string, string>> => ({
  AUTOSYNC_EVENT: event,
  AUTOSYNC_REPO: repo,
});
