import { cpSync, existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Settings } from '../../src/model/repo.js';
import type { RepoReport } from '../../src/model/report.js';
import { bundle, compiledSources } from '../support/compiled.js';
import { type Action, runCut } from '../support/cut.js';
import type { DeedOp } from './op.js';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const FOLDERS = ['model', 'system', 'store', 'vcs', 'scheduler', 'hooks', 'notify', 'engine'];

/** What a run is told. */
export type RunRequest = {
  readonly top: string;
  readonly settings: Settings;
  readonly trigger: 'manual' | 'scheduler';
};

/** What became of something that a person asked autosync to do: the run after it, or why it was refused. */
export type DeedResult = { readonly report: RepoReport } | { readonly refused: string };

/** What autosync is asked to do; the version to restore by its id. */
export type Deed = DeedOp & { readonly id?: string };

/** An engine that was compiled into a folder of its own, whole or with a fault planted in it. */
export type Engine = {
  /** Makes a run in this process; `before` is called before each program that the run starts. */
  readonly run: (request: RunRequest, before?: () => Promise<void>) => Promise<RepoReport>;
  /** Does in this process what a person asks for, and makes the run after it. */
  readonly doDeed: (request: Omit<RunRequest, 'trigger'>, deed: Deed) => Promise<DeedResult>;
  /** Makes a run in a process of its own, to which something happens. */
  readonly runCut: (request: RunRequest, cut: CutRun) => Promise<CutRunResult>;
};

/** What happens to a run, at which of its calls below which folder that change the file system. */
export type CutRun = { readonly below: string; readonly action: Action; readonly at: number };

/** Whether it happened, how many calls there were, and the report, unless the run died of it. */
export type CutRunResult = {
  readonly happened: number;
  readonly calls: number;
  readonly report: RepoReport | undefined;
  readonly err: string;
};

/** One change of the engine's text; a pattern that is not there exactly once is an error. */
export type Fault = { readonly file: string; readonly from: string; readonly to: string };

type RunIn = (top: string, settings: Settings, trigger: string) => Promise<RepoReport>;
type DoIn = (top: string, settings: Settings, deed: Deed) => Promise<DeedResult>;
type BeforeProgram = Map<string, () => Promise<void>>;

/** Where the compiled `exec` looks for what is to be done before a program starts in a working tree. */
const HOOK = 'beforeProgram';

let compiled: string | undefined;

/** Each engine ends its programs when the process ends. */
process.setMaxListeners(100);

/** Compiles the engine, with faults planted in it where that is wished. */
export async function compileEngine(faults: readonly Fault[] = []): Promise<Engine> {
  compiled ??= compiledSources(...FOLDERS);
  const folder = mkdtempSync(join(tmpdir(), 'engine-'));
  cpSync(compiled, folder, { recursive: true, verbatimSymlinks: true });
  cpSync(join(HERE, 'run-in.js'), join(folder, 'run-in.js'));
  for (const fault of [...faults, LISTENING]) plant(folder, fault);
  const { runIn, doIn } = (await import(/* @vite-ignore */ pathToFileURL(join(folder, 'run-in.js')).href)) as {
    runIn: RunIn;
    doIn: DoIn;
  };
  const hooks: BeforeProgram = new Map();
  Object.assign(globalThis, { [HOOK]: hooksOf(hooks) });
  return {
    run: async ({ top, settings, trigger }, before) => {
      if (before !== undefined) hooks.set(top, before);
      try {
        return await runIn(top, settings, trigger);
      } finally {
        hooks.delete(top);
      }
    },
    doDeed: ({ top, settings }, deed) => doIn(top, settings, deed),
    runCut: (request, cut) => runInProcess(oneFile(folder), request, cut),
  };
}

/** All engines of this process share one place, since their working trees have different names. */
function hooksOf(own: BeforeProgram): (cwd: string) => Promise<void> {
  const others = (globalThis as { [HOOK]?: (cwd: string) => Promise<void> })[HOOK];
  return async (cwd) => await (own.get(cwd)?.() ?? others?.(cwd));
}

/** Lets a test do something between two programs of a run, which is where it waits. */
const LISTENING: Fault = {
  file: 'system/exec.js',
  from: 'const startedAt = performance.now();',
  to: `await globalThis.${HOOK}?.(request.cwd); const startedAt = performance.now();`,
};

function plant(folder: string, { file, from, to }: Fault): void {
  const path = join(folder, 'src', file);
  const text = readFileSync(path, 'utf8');
  if (text.split(from).length !== 2) throw new Error(`'${file}' does not hold exactly once: ${from}`);
  writeFileSync(
    path,
    text.replace(from, () => to),
  );
}

/** Joins a compiled engine into one file, at the first need: most of a process's time would go into finding its modules. */
function oneFile(folder: string): string {
  const file = join(folder, 'run-in.bundle.js');
  if (!existsSync(file)) bundle({ entryPoints: [join(folder, 'run-in.js')] }, file);
  return file;
}

async function runInProcess(file: string, request: RunRequest, cut: CutRun): Promise<CutRunResult> {
  const { top, settings, trigger } = request;
  const command = [process.execPath, join(HERE, 'run-once.js'), file, top, JSON.stringify(settings), trigger];
  const { happened, calls, out, err } = await runCut({ ...cut, command, cwd: top, env: process.env });
  return { happened, calls, err, report: out === '' ? undefined : (JSON.parse(out) as RepoReport) };
}
