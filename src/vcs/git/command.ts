import { AutosyncError } from '../../model/errors.js';
import type { AbsolutePath } from '../../model/paths.js';
import { childEnvironment, type Environment, KEEPS_MEMORY } from '../../system/environment.js';
import { type ExecResult, exec } from '../../system/exec.js';
import { redact } from '../../system/printable.js';
import { ignoresCase } from './letter-case.js';

/** Settings for every git that we start, whatever the person configured; each with its reason. */
const HARDENING: readonly (readonly [string, string])[] = [
  // A program named in the repository's configuration; our looks are rare enough to do without.
  ['core.fsmonitor', 'false'],
  // Housekeeping in the background would outlive the run; `housekeeping.ts` does it in the foreground.
  ['gc.auto', '0'],
  ['maintenance.auto', 'false'],
  // What we take into the index must not be marked as unchanged for ever.
  ['core.ignoreStat', 'false'],
  // The default flushes no loose object: a power cut leaves empty ones behind (field notes, C8).
  ['core.fsync', 'committed,reference,index'],
  ['core.protectHFS', 'true'],
  ['core.protectNTFS', 'true'],
  ['credential.interactive', 'false'],
  ['protocol.ext.allow', 'never'],
  ['safe.bareRepository', 'explicit'],
  ['submodule.recurse', 'false'],
  ['push.recurseSubmodules', 'no'],
  ['push.gpgSign', 'false'],
  ['color.ui', 'false'],
  ['log.showSignature', 'false'],
  ['i18n.commitEncoding', 'UTF-8'],
  ['i18n.logOutputEncoding', 'UTF-8'],
  // The same merge must come out the same on every machine.
  ['merge.renames', 'true'],
  ['merge.directoryRenames', 'true'],
  ['merge.conflictStyle', 'merge'],
];

const asArguments = (settings: typeof HARDENING): readonly string[] =>
  settings.flatMap(([name, value]) => ['-c', `${name}=${value}`]);

/** The events of what we call; git 2.54 and newer runs hooks of the configuration, too, wherever `core.hooksPath` leads. */
const OUR_EVENTS = [
  'pre-push',
  'reference-transaction',
  'post-index-change',
  'post-checkout',
  'post-commit',
  'post-merge',
  'post-rewrite',
  'pre-auto-gc',
] as const;

/** Hooks are run by `user-hooks.ts` alone: one that came with a push must not run (PROMISES, P11). */
const NO_HOOKS: typeof HARDENING = [
  ['core.hooksPath', '/dev/null'],
  ...OUR_EVENTS.map((event) => [`hook.${event}.enabled`, 'false'] as const),
];

const HARDENED_BUT_HOOKS = asArguments(HARDENING);
const HARDENED = asArguments([...NO_HOOKS, ...HARDENING]);

const ENVIRONMENT: Environment = {
  ...KEEPS_MEMORY,
  // Untranslated: a few refusals can only be told apart by their words.
  LC_ALL: 'C',
  GIT_TERMINAL_PROMPT: '0',
  // Set but empty: git then asks nobody, not even SSH_ASKPASS.
  GIT_ASKPASS: '',
  SSH_ASKPASS_REQUIRE: 'never',
  GCM_INTERACTIVE: 'never',
  GIT_EDITOR: ':',
  // A look must not take the index lock away from the person.
  GIT_OPTIONAL_LOCKS: '0',
  // What a commit was replaced by here is not what the hub has of it.
  GIT_NO_REPLACE_OBJECTS: '1',
  // A name like `*.txt` or `:(glob)x` is a name.
  GIT_LITERAL_PATHSPECS: '1',
};

/** Ten minutes: staging a large first snapshot takes this long on a slow disk. */
const LOCAL_LIMIT_MS = 600_000;

/** How one git command is run. */
export type GitOptions = {
  readonly input?: string | Uint8Array;
  readonly env?: Environment;
  readonly timeoutMs?: number;
  readonly idleTimeoutMs?: number;
  readonly onStderr?: (text: string) => void;
  /** For a command that runs no hook, but has to know where the person's are. */
  readonly seesHooksPath?: true;
};

/** Runs git in one folder. */
export type Git = {
  /** Runs git and hands back whatever came of it. */
  readonly run: (args: readonly string[], options?: GitOptions) => Promise<ExecResult>;
  /** Runs git, which must succeed, and hands back its standard output. */
  readonly output: (args: readonly string[], options?: GitOptions) => Promise<Buffer>;
  /** Runs git, which must succeed, and hands back its standard output as text without the last newline. */
  readonly text: (args: readonly string[], options?: GitOptions) => Promise<string>;
  /** Tells whether one of them was killed, by us or by somebody else: it may have left its locks. */
  readonly wasKilled: () => boolean;
};

/** Returns the door to git for a working tree, by its top: git is told of its disk as it is, whatever was configured. */
export function gitAtTop(top: AbsolutePath): Git {
  const ignored = ignoresCase(top);
  // Git would not look at a new file beside a tracked one of its name in other letters.
  return gitIn(top, ignored === undefined ? [] : ['-c', `core.ignoreCase=${ignored}`]);
}

/** Returns the door to git for one folder; every hardening setting applies. */
export function gitIn(folder: AbsolutePath, settings: readonly string[] = []): Git {
  let killed = false;
  const run: Git['run'] = async (args, options = {}) => {
    const result = await exec({
      program: 'git',
      args: [...(options.seesHooksPath === true ? HARDENED_BUT_HOOKS : HARDENED), ...settings, ...args],
      cwd: folder,
      env: childEnvironment({ ...ENVIRONMENT, ...options.env }),
      timeoutMs: options.timeoutMs ?? LOCAL_LIMIT_MS,
      ...(options.input === undefined ? {} : { input: options.input }),
      ...(options.idleTimeoutMs === undefined ? {} : { idleTimeoutMs: options.idleTimeoutMs }),
      ...(options.onStderr === undefined ? {} : { onStderr: options.onStderr }),
    });
    if (result.exitCode === -1) killed = true;
    return result;
  };
  const output: Git['output'] = async (args, options) => {
    const result = await run(args, options);
    if (result.exitCode !== 0) throw gitFailure(args, result);
    return result.stdout;
  };
  const text: Git['text'] = async (args, options) => (await output(args, options)).toString('utf8').replace(/\n$/, '');
  return { run, output, text, wasKilled: () => killed };
}

/** Builds the error for a git command that should have succeeded. */
export function gitFailure(args: readonly string[], result: ExecResult): AutosyncError {
  const verb = args.find((arg) => !arg.startsWith('-')) ?? 'git';
  const words = result.timedOut ? 'it did not end in time' : lastWords(result.stderr);
  // Where git writes files it does not say what kept it from that.
  const hints = /unable to write file/.test(result.stderr)
    ? ['is the disk full, or may nothing be written there?']
    : [];
  return new AutosyncError('failed', `git ${verb} failed: ${words}`, hints, result);
}

/** What git adds when ssh, or the hub, has said why. */
const NO_NEWS = /^fatal: Could not read from remote repository/;

/** Returns the lines in which git, or what it speaks through, says what is wrong, without secrets; bounded. */
export function lastWords(stderr: string, alsoTelling: RegExp = /^$/): string {
  const lines = redact(stderr)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('hint:'));
  const telling = lines.filter((line) => /^(fatal|error|remote|abort)/.test(line) || alsoTelling.test(line));
  const news = telling.filter((line) => !NO_NEWS.test(line));
  const said = [news, telling, lines].find((some) => some.length > 0) ?? [];
  return said.slice(-4).join('; ').slice(0, 600) || 'it gave no reason';
}
