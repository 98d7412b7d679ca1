import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from './cli.js';

/** A program in a real terminal, which is tmux's. */
export type Terminal = {
  /** Types text as it is, and then keys by their names (`Enter`, `Tab`). */
  readonly type: (text: string, ...keys: readonly string[]) => void;
  /** What stands on the screen, without empty lines at its end. */
  readonly screen: () => string;
  /** Waits until the screen shows this. */
  readonly shows: (words: string | RegExp, limitMs?: number) => Promise<void>;
  readonly end: () => void;
};

/** Starts a program in a terminal of its own, which nobody else's tmux knows of. */
export function openTerminal(program: readonly string[], env: NodeJS.ProcessEnv, cwd: string): Terminal {
  // The path of a socket is short on every system.
  const folder = mkdtempSync('/tmp/as-tty-');
  const [socket, settings] = [join(folder, 's'), join(folder, 'settings')];
  // What a program says last may be looked for when it has ended already.
  writeFileSync(settings, 'setw -g remain-on-exit on\n');
  const tmux = (...args: readonly string[]): string =>
    execFileSync('tmux', ['-S', socket, '-f', settings, ...args], { env, cwd, encoding: 'utf8', timeout: 120_000 });
  tmux('new-session', '-d', '-x', '200', '-y', '40', '--', ...program);
  const screen = (): string => tmux('capture-pane', '-p', '-J').trimEnd();
  return {
    type: (text, ...keys) => {
      if (text !== '') tmux('send-keys', '-l', '--', text);
      if (keys.length > 0) tmux('send-keys', ...keys);
    },
    screen,
    shows: async (words, limitMs) => {
      const shown = (): boolean => (typeof words === 'string' ? screen().includes(words) : words.test(screen()));
      try {
        await until(`${words} on the screen`, shown, limitMs);
      } catch (error) {
        throw new Error(`${error instanceof Error ? error.message : ''}; it shows:\n${screen()}`);
      }
    },
    end: () => {
      try {
        tmux('kill-server');
      } catch {
        // It has gone by itself.
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
