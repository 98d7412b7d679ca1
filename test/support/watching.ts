import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { type Home, PROGRAM, until } from './cli.js';

/** An `autosync watch --json` that runs, and what it has said so far. */
export type Watching = {
  readonly pid: number;
  /** The reports of all of its runs. */
  readonly reports: () => readonly ReturnType<typeof JSON.parse>[];
  readonly err: () => string;
  /** Waits until it has said this on standard error. */
  readonly said: (words: string) => Promise<void>;
  readonly signal: (name: NodeJS.Signals) => void;
  /** Waits for its end; returns its exit code. */
  readonly ended: () => Promise<number | null>;
};

/** Half an hour: one watch may serve all tests of a file, however slow the machine. */
const LIMIT_MS = 1_800_000;

/** Starts the program through another one if need be, and waits until it watches. */
export async function startWatching(
  home: Home,
  args: readonly string[],
  { through = [], words = 'watching ' }: { readonly through?: readonly string[]; readonly words?: string } = {},
): Promise<Watching> {
  const [program = process.execPath, ...rest] = [...through, process.execPath, PROGRAM, 'watch', '--json', ...args];
  const child: ChildProcessByStdio<null, Readable, Readable> = spawn(program, rest, {
    cwd: home.folder,
    env: home.env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [out, err] = ['', ''];
  child.stdout.on('data', (piece) => (out += piece));
  child.stderr.on('data', (piece) => (err += piece));
  const end = new Promise<number | null>((resolve) => child.on('close', (code) => resolve(code)));
  const limit = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS);
  void end.then(() => clearTimeout(limit));
  const said = (what: string): Promise<void> =>
    until(`'${what}' is said`, () => err.includes(what)).catch((error: unknown) => {
      throw new Error(`what is said: ${err}`, { cause: error });
    });
  await said(words);
  return {
    pid: child.pid ?? 0,
    reports: () =>
      out
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line)),
    err: () => err,
    said,
    signal: (name) => void child.kill(name),
    ended: () => end,
  };
}
