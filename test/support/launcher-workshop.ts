import { spawnSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { type AbsolutePath, asAbsolute } from '../../src/model/paths.js';
import { type LauncherRecord, renderLauncher } from '../../src/store/launcher.js';

/** What makes trouble in a path, all in one. */
const ODD = 'a b\'c"d$HOME%e\n`f\\é;&*';

/** Says what it was given, in a file `answer-<pid>` beside it; if there is a file `stay`, it lives on and can be called. */
const ENTRY = `
const { existsSync, readFileSync, renameSync, writeFileSync } = require('node:fs');
const { pid, env } = process;
const args = process.argv.slice(2);
if (existsSync(__dirname + '/stay')) {
  process.on('SIGUSR2', () => writeFileSync(__dirname + '/called-' + pid, ''));
  setTimeout(() => {}, 600_000);
}
const answer = { pid, args, env, stdin: readFileSync(0, 'utf8'), cwd: process.cwd(), umask: process.umask() };
writeFileSync(__dirname + '/new-' + pid, JSON.stringify(answer));
renameSync(__dirname + '/new-' + pid, __dirname + '/answer-' + pid);
console.log('this is what autosync says');
process.exitCode = args[0] === 'exit' ? Number(args[1]) : 0;
`;

/** What the program that the launcher started was given. */
export type Answer = {
  readonly pid: number;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly stdin: string;
  readonly cwd: string;
  readonly umask: number;
};

/** A home with a launcher in it, and a stand-in for autosync that tells what it was given. */
export type LauncherWorkshop = {
  readonly launcher: AbsolutePath;
  readonly record: LauncherRecord;
  readonly log: string;
  readonly spool: AbsolutePath;
  /** A repository's top, with an empty `.git`: where hooks are called. */
  readonly repository: AbsolutePath;
  readonly answers: () => readonly Answer[];
  /** Lets the stand-in live until the test is over. */
  readonly stay: () => void;
};

/** What a {@link launcherWorkshop} may have otherwise. */
export type WorkshopOptions = {
  readonly name?: string;
  /** Returns what the launcher remembers, other than the plain things, from the home. */
  readonly record?: (home: string) => Partial<LauncherRecord>;
  /** Changes the launcher's text, to give it a machine that is not this one. */
  readonly change?: (text: string) => string;
};

/** Makes a home with a launcher below a folder whose name has all that makes trouble. */
export function launcherWorkshop({
  name = ODD,
  record = () => ({}),
  change = (text) => text,
}: WorkshopOptions = {}): LauncherWorkshop {
  const home = join(realpathSync(mkdtempSync(join(tmpdir(), 'l'))), name);
  const at = (...parts: readonly string[]): AbsolutePath => asAbsolute(join(home, ...parts));
  for (const folder of ['program', 'repository/.git']) mkdirSync(at(folder), { recursive: true });
  writeFileSync(at('program', 'entry.js'), ENTRY);
  symlinkSync(process.execPath, at('program', 'node'));
  const remembered: LauncherRecord = {
    entry: at('program', 'entry.js'),
    state: at('state'),
    home: at(),
    node: at('program', 'node'),
    stableNode: '',
    path: '',
    sshAuthSock: '',
    umask: 0o022,
    configHome: '',
    dataHome: '',
    stateHome: '',
    ...record(home),
  };
  writeFileSync(at('run'), change(renderLauncher(remembered)), { mode: 0o700 });
  return {
    launcher: at('run'),
    record: remembered,
    log: at('state', 'launcher.log'),
    spool: at('state', 'spool'),
    repository: at('repository'),
    answers: () => readAnswers(at('program')),
    stay: () => writeFileSync(at('program', 'stay'), ''),
  };
}

function readAnswers(folder: string): readonly Answer[] {
  const names = readdirSync(folder).filter((name) => name.startsWith('answer-'));
  return names.map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Answer);
}

/** How a launcher is called; by default as cron would do it. */
export type CallOptions = {
  /** The shell, with its options; by default the one that the launcher's first line names. */
  readonly shell?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Whether to wait, too, for all that the launcher leaves running in the background. */
  readonly untilAllIsOver?: boolean;
};

/** How a call ended, and what the caller would have got to see. */
export type Called = { readonly status: number | null; readonly printed: string };

/** Calls the launcher, and waits until it has ended and nobody holds its streams any more. */
export function callLauncher(workshop: LauncherWorkshop, args: readonly string[], options: CallOptions = {}): Called {
  const { shell = [], env = {}, cwd = workshop.repository, untilAllIsOver = false } = options;
  const [program = '', ...more] = [...shell, workshop.launcher, ...args];
  // Something to read on the standard input: it is the caller's, the launcher may not take it.
  const input = openSync(workshop.launcher, 'r');
  // The launcher closes the files that a caller is likely to have open. This one is kept by whatever runs.
  const kept = untilAllIsOver ? [...Array(9).fill('ignore'), 'pipe'] : [];
  const result = spawnSync(program, more, { env: { ...env }, cwd, stdio: [input, 'pipe', 'pipe', ...kept] });
  closeSync(input);
  if (result.error !== undefined) throw result.error;
  return { status: result.status, printed: `${result.stdout}${result.stderr}` };
}

/** Waits for the one program that the launcher starts in the background, and ends it when the test is over. */
export async function backgroundAnswer(workshop: LauncherWorkshop): Promise<Answer> {
  await expect.poll(() => workshop.answers().length, { timeout: 40_000 }).toBe(1);
  const [answer] = workshop.answers();
  if (answer === undefined) throw new Error('the answer is gone again');
  onTestFinished(() => endProcess(answer.pid));
  return answer;
}

/** Waits for a sign of life from a program that was told to stay: a dead process can have a pid, too. */
export async function signOfLife(workshop: LauncherWorkshop, pid: number): Promise<void> {
  const sign = join(dirname(workshop.record.entry), `called-${pid}`);
  process.kill(pid, 'SIGUSR2');
  await expect.poll(() => existsSync(sign), { timeout: 15_000 }).toBe(true);
}

function endProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
