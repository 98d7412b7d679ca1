import { basename } from 'node:path';
import type { Argv } from 'yargs';
import { parseAuthorMap } from '../mirror/author.js';
import { installSourceHook, removeSourceHook } from '../mirror/source-hook.js';
import { mirrorExitCode } from '../mirror/verdict.js';
import { AutosyncError } from '../model/errors.js';
import { EXIT, type ExitCode } from '../model/exit-codes.js';
import type { MirrorBackend, MirrorTrigger } from '../model/mirror.js';
import { type AbsolutePath, asAbsolute } from '../model/paths.js';
import { chooseScheduler } from '../scheduler/index.js';
import { parseEvery, parseSchedule, scheduleText } from '../scheduler/schedule-text.js';
import { installLauncher, launcherRecord } from '../store/launcher.js';
import { withLock } from '../store/lock.js';
import type { MirrorFile } from '../store/mirror-file.js';
import { isMirrorName, mirrorsFolder, readMirror, registerMirror } from '../store/mirror-registry.js';
import { workingFolder } from '../system/environment.js';
import { exists, isFolder, joinPath, makeFolder, readTextIfPresent, realPath } from '../system/files.js';
import { isForeignName } from '../system/path-bytes.js';
import { printable, redact } from '../system/printable.js';
import { say, sayJson, warn } from '../system/terminal.js';
import { gitIn } from '../vcs/git/command.js';
import { type Arguments, type Command, isOn, textOf, withJson, wordsOf } from './command.js';
import { entryFor, presentScheduler } from './entry.js';
import { describeMirror } from './mirror-report.js';
import { namedMirrors, runMirrors } from './mirrors.js';
import { absolute, installedRepos } from './targets.js';
import { type Wiring, wire } from './wiring.js';

/** Half a minute: another installation of the same user is quick. */
const WAIT_MS = 30_000;

/** `autosync mirror add <source> <destination>`. */
export const command: Command = {
  options: (yargs: Argv) =>
    withJson(yargs)
      .positional('source', { type: 'string', describe: 'The Mercurial repository: a path or a URL' })
      .positional('destination', { type: 'string', describe: 'The git repository: a path or a URL' })
      .option('name', { type: 'string', describe: "The mirror's name (default: the source's last part)" })
      .option('trigger', {
        type: 'string',
        array: true,
        choices: ['hook', 'schedule', 'none'],
        describe: 'What starts a run (default: the schedule, and for a source on this machine its hooks)',
      })
      .option('schedule', { type: 'string', describe: "When to run: a cron expression such as '*/15 * * * *'" })
      .option('every', { type: 'string', describe: 'How often to run: 5m, 1h, 1d (default: 5m)' })
      .option('branch', { type: 'string', describe: "The git branch for 'default' (default: git's main one there)" })
      .option('authors', { type: 'string', describe: 'A file with lines: <Mercurial user> = Name <email>' })
      .option('backend', {
        type: 'string',
        choices: ['export', 'hggit'],
        default: 'export',
        describe: 'Who makes the commits: autosync, or hg-git in a repository that it has mirrored so far',
      })
      .example('$0 mirror add ~/src/project git@example.org:me/project.git', 'mirror a repository, and run it once')
      .example('$0 mirror add https://example.org/hg/project /srv/git/project.git --every 1h', 'look every hour'),
  run: async (args: Arguments): Promise<ExitCode> => {
    const wiring = wire();
    const wish = await readWish(args);
    const change = await addMirror(wiring, wish);
    const json = isOn(args, 'json');
    if (!json) warn(`${change === 'unchanged' ? 'kept' : change} mirror ${wish.name}; first run …`);
    const mirrors = namedMirrors(wiring.locations, [wish.name]);
    const reports = await runMirrors(wiring, mirrors, { trigger: 'manual', verify: false, waitMs: WAIT_MS });
    if (json)
      sayJson({ schema: 1, name: wish.name, change, triggers: wish.file.triggers, firstRun: reports[0] ?? null });
    else for (const report of reports) for (const line of describeMirror(report)) say(line);
    return reports.length === 0 ? EXIT.failed : mirrorExitCode(reports);
  },
};

type Wish = { readonly name: string; readonly file: MirrorFile };

async function readWish(args: Arguments): Promise<Wish> {
  const source = readSource(textOf(args, 'source') ?? '');
  const destination = readDestination(textOf(args, 'destination') ?? '');
  const isHere = isFolder(source);
  const backend: MirrorBackend = textOf(args, 'backend') === 'hggit' ? 'hggit' : 'export';
  if (backend === 'hggit' && !isHere) {
    throw new AutosyncError('usage', "'--backend hggit' needs a source on this machine", [
      'name the working repository in which hg-git is used',
    ]);
  }
  const name = textOf(args, 'name') ?? nameOf(source);
  if (!isMirrorName(name))
    throw new AutosyncError('usage', `'${printable(name)}' cannot be a mirror's name`, ['--name <name>']);
  const triggers = readTriggers(wordsOf(args, 'trigger'), isHere);
  const defaultBranch = textOf(args, 'branch') ?? (await mainBranch(destination)) ?? 'main';
  const authors = readAuthors(textOf(args, 'authors'));
  return {
    name,
    file: { source, destination, backend, triggers, defaultBranch, authors, schedule: readSchedule(args) },
  };
}

function readSource(typed: string): string {
  const path = absolute(typed);
  if (isFolder(path)) {
    if (!isFolder(joinPath(path, '.hg'))) {
      throw new AutosyncError('usage', `'${printable(path)}' is not a Mercurial repository`);
    }
    return plain(realPath(path));
  }
  if (/^(https?|ssh|file):\/\//.test(typed)) return withoutSecret(typed);
  throw new AutosyncError('usage', `'${printable(typed)}' is neither a folder nor a URL that hg understands`, [
    'like https://example.org/hg/project or ssh://hg@example.org/project',
  ]);
}

function readDestination(typed: string): string {
  const path = absolute(typed);
  if (exists(path)) return plain(realPath(path));
  if (/^(https?|ssh|git|file):\/\/|^[^/\s-][^/\s]*:\S/.test(typed)) return withoutSecret(typed);
  throw new AutosyncError('usage', `'${printable(typed)}' is neither a folder nor a URL that git understands`, [
    `git init --bare '${printable(path)}', or a URL like git@example.org:me/project.git`,
  ]);
}

function plain(path: AbsolutePath): AbsolutePath {
  if (!isForeignName(path)) return path;
  throw new AutosyncError('usage', `the name of '${printable(path)}' is not UTF-8 text`, ['rename the folder']);
}

/** A password in a file of ours would be one more place from which it can get away. */
function withoutSecret(url: string): string {
  if (!/:\/\/[^/\s]*:[^/\s]*@/.test(url)) return url;
  throw new AutosyncError('usage', `the URL '${redact(url)}' has a password in it`, [
    'let a credential helper, an ssh key or [auth] in ~/.hgrc keep it',
  ]);
}

const nameOf = (source: string): string =>
  basename(source.replace(/\/+$/, ''))
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, 60);

function readTriggers(words: readonly string[], isHere: boolean): readonly MirrorTrigger[] {
  if (words.includes('none')) {
    if (words.length > 1) throw new AutosyncError('usage', "'--trigger none' excludes every other trigger");
    return [];
  }
  if (words.includes('hook') && !isHere) {
    throw new AutosyncError('usage', 'hooks can only be put into a source on this machine', [
      'run autosync where the repository is served, or: --trigger schedule',
    ]);
  }
  const wanted: readonly string[] = words.length > 0 ? words : isHere ? ['hook', 'schedule'] : ['schedule'];
  return (['hook', 'schedule'] as const).filter((trigger) => wanted.includes(trigger));
}

function readSchedule(args: Arguments): string | undefined {
  const [schedule, every] = [textOf(args, 'schedule'), textOf(args, 'every')];
  if (schedule !== undefined && every !== undefined) {
    throw new AutosyncError('usage', "options '--schedule' and '--every' exclude each other", ['give one of them']);
  }
  if (every !== undefined) return scheduleText(parseEvery(every));
  return schedule === undefined ? undefined : scheduleText(parseSchedule(schedule));
}

function readAuthors(typed: string | undefined): AbsolutePath | undefined {
  if (typed === undefined) return undefined;
  const file = absolute(typed);
  const text = readTextIfPresent(file);
  if (text === undefined) throw new AutosyncError('usage', `the author map '${printable(file)}' is missing`);
  parseAuthorMap(text);
  return plain(file);
}

const LOOK_MS = 60_000;

/** Asks a destination for its main branch; undefined when it has none yet, or does not answer. */
async function mainBranch(destination: string): Promise<string | undefined> {
  const git = gitIn(asAbsolute(workingFolder()));
  const result = await git.run(['ls-remote', '--symref', '--', destination, 'HEAD'], { timeoutMs: LOOK_MS });
  return /^ref: refs\/heads\/(\S+)\tHEAD$/m.exec(result.stdout.toString('utf8'))?.[1];
}

/** Puts everything in place: registration, launcher, hooks, scheduler entry. */
async function addMirror(
  { locations, schedulers }: Wiring,
  { name, file }: Wish,
): Promise<'created' | 'updated' | 'unchanged'> {
  makeFolder(locations.state);
  makeFolder(mirrorsFolder(locations));
  return await withLock(joinPath(locations.state, 'install.lock'), { waitMs: WAIT_MS }, async () => {
    const before = readMirror(locations, { name, parseSchedule });
    if (before !== undefined && before.source !== file.source) {
      throw new AutosyncError('usage', `there is a mirror '${name}' of '${redact(before.source)}'`, [
        `give this one another name: --name, or: autosync mirror remove ${name}`,
      ]);
    }
    if (file.triggers.length > 0) installLauncher(locations.launcher, launcherRecord(locations));
    const mirror = { name, source: file.source };
    if (file.triggers.includes('hook')) installSourceHook({ mirror, launcher: locations.launcher });
    else if (isFolder(file.source)) removeSourceHook(mirror);
    const change = await registerMirror(locations, name, file);
    if (file.triggers.includes('schedule')) await keepScheduled({ locations, schedulers });
    return change;
  });
}

async function keepScheduled({ locations, schedulers }: Pick<Wiring, 'locations' | 'schedulers'>): Promise<void> {
  const entry = entryFor(locations, installedRepos(locations));
  const present = await presentScheduler(schedulers, entry);
  if (present !== undefined) {
    await present.install(entry);
    return;
  }
  const choice = await chooseScheduler('auto', schedulers);
  if (choice.kind === 'chosen') await choice.scheduler.install(entry);
  else warn(`no scheduler calls autosync on this machine: ${choice.why}`);
}
