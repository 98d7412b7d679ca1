import { childEnvironment, type Environment, node, platform } from '../system/environment.js';
import type { ExecRequest } from '../system/exec.js';
import { joinPath } from '../system/files.js';
import { packageRoot } from '../system/package.js';
import { attempt, together } from './attempt.js';
import { cleanText, type NotificationText } from './clean-text.js';
import type { Delivery, Notification, Notifier } from './notifier.js';
import { sessionBus } from './session-bus.js';

/** Where and how a desktop notification is sent; the defaults are the machine's own. */
export type DesktopOptions = {
  /** The compiled `desktop-child.js`. */
  readonly child?: string;
  readonly platform?: NodeJS.Platform;
  /** Added to the environment of the programs that show it. */
  readonly environment?: Environment;
  /** Milliseconds that each program may take. */
  readonly limitMs?: number;
};

/** What `desktop-child.js` reads from standard input, as JSON. */
export type DesktopMessage = NotificationText & {
  /** Seconds that it stays on the screen; 0 means until somebody closes it. */
  readonly seconds: number;
};

const LIMIT_MS = 5_000;
const PASSING_SECONDS = 10;

/** The compiled child, also for sources that are run as they are. */
const COMPILED_CHILD = joinPath(packageRoot, 'dist', 'notify', 'desktop-child.js');

/** What passes by; everything else waits on the screen for a person to act. */
const PASSING: readonly Notification['event'][] = ['recovered', 'incoming', 'test'];

/**
 * Returns the notifier for the person's desktop: node-notifier in a short-lived child, because a notification server
 * that never answers keeps a process alive for ever (tried), and the system's own program when that fails. Not after
 * a time-out: the message may be on the screen, and the same server would only hang again.
 */
export function desktopNotifier(options: DesktopOptions = {}): Notifier {
  return { name: 'desktop', notify: (notification) => notifyDesktop(notification, options) };
}

async function notifyDesktop(notification: Notification, options: DesktopOptions): Promise<Delivery> {
  const system = options.platform ?? platform;
  const markup = system !== 'darwin' && system !== 'win32';
  const seconds = PASSING.includes(notification.event) ? PASSING_SECONDS : 0;
  const message = { ...cleanText(notification, markup ? 'markup' : 'plain'), seconds };
  const common = {
    cwd: packageRoot,
    env: childEnvironment({ ...sessionBus(), ...options.environment }),
    timeoutMs: options.limitMs ?? LIMIT_MS,
  };
  const child = { program: node.path, args: [options.child ?? COMPILED_CHILD], input: JSON.stringify(message) };
  const first = await attempt('node-notifier', { ...child, ...common });
  const direct = directProgram(system, message);
  if (first.delivery.kind === 'delivered' || first.timedOut || direct === undefined) return first.delivery;
  const second = await attempt(direct.program, { ...direct, ...common });
  return together([first.delivery, second.delivery]);
}

/** The data are arguments of a fixed script: AppleScript would evaluate what is put into its text. */
const APPLE_SCRIPT = ['on run argv', 'display notification (item 2 of argv) with title (item 1 of argv)', 'end run'];

function directProgram(
  system: NodeJS.Platform,
  message: DesktopMessage,
): Pick<ExecRequest, 'program' | 'args'> | undefined {
  const { title, body, seconds } = message;
  if (system === 'darwin') {
    return { program: 'osascript', args: [...APPLE_SCRIPT.flatMap((line) => ['-e', line]), title, body] };
  }
  if (system === 'win32') return undefined;
  const options = ['--app-name=autosync', `--expire-time=${seconds * 1000}`];
  return { program: 'notify-send', args: [...options, '--', title, body] };
}
