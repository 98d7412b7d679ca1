import type { Argv } from 'yargs';
import type { Arguments } from './commands/command.js';
import type { Listed, ListedCommand } from './commands/help-page.js';
import { AutosyncError, errorMessage, isMachineError, isPathError } from './model/errors.js';
import { EXIT, type ExitCode } from './model/exit-codes.js';
import { workingFolder } from './system/environment.js';
import { packageVersion } from './system/package.js';
import { foreign, outliveReader, say, setColour, setProgress, warn } from './system/terminal.js';

const RUN_CODES = [EXIT.someFailed, EXIT.conflict, EXIT.locked, EXIT.offline];

/** Every command of autosync. */
export const ENTRIES: readonly Listed[] = [
  {
    usage: 'install [repo..]',
    describe: 'Keep repositories the same on all your machines',
    load: () => import('./commands/install.js'),
    codes: RUN_CODES,
  },
  {
    usage: 'clone <url> [dir]',
    describe: 'Clone a repository, and install it',
    load: () => import('./commands/clone.js'),
    codes: RUN_CODES,
  },
  {
    usage: 'import',
    describe: 'Install what another tool has kept the same',
    parts: [
      {
        usage: 'gitsync [file]',
        describe: 'Install every repository that GitSync knows',
        load: () => import('./commands/import-gitsync.js'),
        codes: RUN_CODES,
      },
    ],
  },
  {
    usage: 'uninstall [repo..]',
    describe: 'Take everything back',
    load: () => import('./commands/uninstall.js'),
    codes: [EXIT.locked],
  },
  {
    usage: 'snapshot [repo..]',
    aliases: ['sync'],
    describe: 'Commit, fetch, merge and push, now',
    load: () => import('./commands/snapshot.js'),
    codes: RUN_CODES,
  },
  {
    usage: 'watch [repo..]',
    describe: 'Run soon after each save, until Ctrl-C',
    load: () => import('./commands/watch.js'),
  },
  {
    usage: 'status [repo..]',
    describe: 'Show how every repository stands',
    load: () => import('./commands/status.js'),
  },
  { usage: 'log [repo]', describe: 'Show what autosync did', load: () => import('./commands/log.js') },
  {
    usage: 'conflicts [repo..]',
    describe: 'Show what waits for you to decide',
    load: () => import('./commands/conflicts.js'),
    codes: [EXIT.someFailed, EXIT.conflict],
  },
  {
    usage: 'resolve [path]',
    describe: 'Decide a conflict: mine, theirs or both',
    load: () => import('./commands/resolve.js'),
    codes: [EXIT.conflict, EXIT.locked, EXIT.offline],
  },
  {
    usage: 'history <path>',
    describe: 'Show the versions of a file',
    load: () => import('./commands/history.js'),
  },
  {
    usage: 'restore <path>',
    describe: 'Bring a file or folder back as it was',
    load: () => import('./commands/restore.js'),
    codes: [EXIT.conflict, EXIT.locked, EXIT.offline],
  },
  {
    usage: 'undo [repo]',
    describe: 'Take back what the last run did',
    load: () => import('./commands/undo.js'),
    codes: [EXIT.conflict, EXIT.locked, EXIT.offline],
  },
  {
    usage: 'report [repo..]',
    describe: 'Write a page about what happened, what needs you, and every conflict',
    load: () => import('./commands/report.js'),
  },
  {
    usage: 'pause [repo..]',
    describe: 'Leave repositories alone for a while',
    load: () => import('./commands/pause.js'),
  },
  { usage: 'resume [repo..]', describe: 'Go on after a pause', load: () => import('./commands/resume.js') },
  {
    usage: 'config [repo] [key] [value]',
    describe: 'Show or change settings',
    load: () => import('./commands/config.js'),
  },
  {
    usage: 'doctor [repo..]',
    describe: 'Look for what is wrong, and mend it',
    load: () => import('./commands/doctor.js'),
  },
  {
    usage: 'mirror',
    describe: 'Mirror Mercurial repositories to git',
    parts: [
      {
        usage: 'add <source> <destination>',
        describe: 'Mirror a Mercurial repository to a git one',
        load: () => import('./commands/mirror-add.js'),
        codes: [EXIT.conflict, EXIT.locked, EXIT.offline],
      },
      {
        usage: 'run [name..]',
        describe: 'Bring the git side up to date, now',
        load: () => import('./commands/mirror-run.js'),
        codes: RUN_CODES,
      },
      { usage: 'list', describe: 'Show how every mirror stands', load: () => import('./commands/mirror-list.js') },
      {
        usage: 'remove <name..>',
        describe: 'Take a mirror back',
        load: () => import('./commands/mirror-remove.js'),
        codes: [EXIT.locked],
      },
    ],
  },
  {
    usage: 'completion [shell]',
    describe: 'Print what completes commands and paths in bash, zsh or fish',
    load: () => import('./commands/completion.js'),
  },
  { usage: 'hook <event>', describe: 'What hooks call', load: () => import('./commands/hook.js') },
  { usage: 'poke <path..>', describe: 'What editors call after a save', load: () => import('./commands/poke.js') },
  {
    usage: 'webhook',
    describe: 'Answer one request of a web server, as a CGI program or from inetd',
    load: () => import('./commands/webhook.js'),
    codes: [EXIT.offline],
  },
];

const MEANINGS: Readonly<Record<ExitCode, string>> = {
  0: 'done, or nothing to do',
  1: 'failed',
  2: 'wrong usage',
  3: 'some repositories of several failed',
  10: 'a conflict needs a person',
  11: 'another run holds the lock',
  12: 'the hub is unavailable',
  70: 'a bug in autosync',
};

/** Runs one command line (without the program's name) and returns its exit code; whatever goes wrong is said here. */
export async function main(words: readonly string[]): Promise<ExitCode> {
  let code: ExitCode = EXIT.done;
  outliveReader();
  try {
    if (isPlainPoke(words)) return (await import('./commands/poke.js')).poke(words.slice(1));
    if (isRequest(words)) {
      const { answerRequest } = await import('./commands/webhook-answer.js');
      return await answerRequest({ inetd: words.length > 1 });
    }
    // Everything below asks for it, yargs too.
    workingFolder();
    if (words[0] === COMPLETE) return await tellCompletions(words.slice(1));
    const parser = ENTRIES.reduce(
      (built, entry) => added(built, entry, (ended) => (code = ended)),
      await program(words),
    );
    await parser.parseAsync();
    return code;
  } catch (error) {
    // What yargs finds wrong with an option's value it throws as an error of its own.
    return tell(error instanceof Error && error.name === 'YError' ? wrongUsage(error.message) : error);
  }
}

/** What the scripts of `autosync completion` call, with the words up to the one that is completed. */
const COMPLETE = '__complete';

async function tellCompletions(words: readonly string[]): Promise<ExitCode> {
  const { complete } = await import('./commands/complete.js');
  for (const { value, says } of await complete(ENTRIES, words)) say(says === '' ? value : `${value}\t${says}`);
  return EXIT.done;
}

/** Returns the man page (man/autosync.1). */
export async function manual(): Promise<string> {
  const { manPage } = await import('./commands/man-page.js');
  return await manPage(ENTRIES, { meanings: MEANINGS, version: packageVersion() });
}

/** An editor waits for this one: it takes half as long when yargs is not even loaded. */
const isPlainPoke = ([name, ...paths]: readonly string[]): boolean =>
  name === 'poke' && paths.length > 0 && paths.every((path) => path !== '' && !path.startsWith('-'));

/** Of these many may come at once, and each is a process of its own: it, too, does without yargs. */
const isRequest = (words: readonly string[]): boolean => ['webhook', 'webhook --inetd'].includes(words.join(' '));

async function program(words: readonly string[]): Promise<Argv> {
  const { default: yargs } = await import('yargs');
  return yargs([...withoutDoubleDash(words)])
    .scriptName('autosync')
    .usage('autosync <command>\n\nKeeps a folder, a git or Mercurial working tree, the same on all of your machines.')
    .option('color', { type: 'boolean', default: true, describe: 'Colour on a terminal (--no-color: none)' })
    .middleware((args) => {
      setColour(args['color'] !== false);
      setProgress(args['json'] !== true);
    }, true)
    .strict()
    .demandCommand(1, 'no command is given')
    .recommendCommands()
    .version(packageVersion())
    .help()
    .alias('h', 'help')
    .wrap(Math.min(100, process.stdout.columns ?? 80))
    .exitProcess(false)
    .fail((message, error) => {
      throw error ?? wrongUsage(message);
    });
}

const wrongUsage = (words: string): AutosyncError =>
  new AutosyncError('usage', words.replace(/\n/g, '; '), ['autosync --help']);

/** yargs takes no word after `--` for a positional; with `./` before it, a path that begins with a dash is plain. */
function withoutDoubleDash(words: readonly string[]): readonly string[] {
  const at = words.indexOf('--');
  if (at < 0) return words;
  return [...words.slice(0, at), ...words.slice(at + 1).map((word) => (word.startsWith('-') ? `./${word}` : word))];
}

function added(parser: Argv, entry: Listed, end: (code: ExitCode) => void): Argv {
  if ('parts' in entry) {
    return parser.command(entry.usage, entry.describe, (building) =>
      entry.parts
        .reduce((built, part) => added(built, part, end), building)
        .demandCommand(
          1,
          `'${entry.usage}' needs one of: ${entry.parts.map(({ usage }) => usage.split(' ')[0]).join(', ')}`,
        ),
    );
  }
  const names = [entry.usage, ...(entry.aliases ?? [])];
  return parser.command({
    command: names,
    describe: entry.describe,
    builder: async (building) => (await entry.load()).command.options(building.epilogue(codesOf(entry))),
    handler: async (args) => end(await (await entry.load()).command.run(args as Arguments)),
  });
}

function codesOf({ codes = [] }: ListedCommand): string {
  const all: readonly ExitCode[] = [EXIT.done, EXIT.failed, EXIT.usage, ...codes, EXIT.bug];
  return ['Exit codes:', ...all.map((code) => `  ${String(code).padStart(2)}  ${MEANINGS[code]}`)].join('\n');
}

const CODES: Readonly<Record<AutosyncError['kind'], ExitCode>> = {
  usage: EXIT.usage,
  config: EXIT.failed,
  environment: EXIT.failed,
  failed: EXIT.failed,
  locked: EXIT.locked,
  offline: EXIT.offline,
  internal: EXIT.bug,
};

/** Says what went wrong, and how to mend it; anything unexpected is a bug and keeps its stack. */
function tell(error: unknown): ExitCode {
  if (error instanceof AutosyncError) {
    warn(`autosync: ${foreign(error.message)}`);
    for (const hint of error.hints) warn(`  ${foreign(hint)}`);
    return CODES[error.kind];
  }
  if (isMachineError(error) || isPathError(error)) {
    warn(`autosync: ${foreign(errorMessage(error))}`);
    return EXIT.failed;
  }
  warn('autosync: this is a bug in autosync; please report it with these lines:');
  for (const line of (error instanceof Error ? (error.stack ?? error.message) : String(error)).split('\n'))
    warn(`  ${foreign(line)}`);
  return EXIT.bug;
}
