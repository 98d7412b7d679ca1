import { basename } from 'node:path';
import { parseAuthorMap } from '../mirror/author.js';
import { AutosyncError } from '../model/errors.js';
import type { MirrorBackend, MirrorTrigger } from '../model/mirror.js';
import { type AbsolutePath, asAbsolute } from '../model/paths.js';
import type { SchedulerWish } from '../scheduler/index.js';
import { parseEvery, parseSchedule, scheduleText } from '../scheduler/schedule-text.js';
import type { MirrorFile } from '../store/mirror-file.js';
import { isMirrorName } from '../store/mirror-registry.js';
import { workingFolder } from '../system/environment.js';
import { exists, isFolder, joinPath, readTextIfPresent, realPath } from '../system/files.js';
import { isForeignName } from '../system/path-bytes.js';
import { printable, redact } from '../system/printable.js';
import { gitIn } from '../vcs/git/command.js';
import { type Arguments, textOf, wordsOf } from './command.js';
import { absolute } from './targets.js';

/** What a person asks of a mirror. */
export type MirrorWish = { readonly name: string; readonly file: MirrorFile; readonly scheduler: SchedulerWish };

/** Reads it; what is wrong with it is a usage error, before anything is written. */
export async function readMirrorWish(args: Arguments): Promise<MirrorWish> {
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
  const scheduler = textOf(args, 'scheduler');
  return {
    name,
    scheduler: scheduler === 'cron' || scheduler === 'none' ? scheduler : 'auto',
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
  return (['hook', 'schedule', 'webhook'] as const).filter((trigger) => wanted.includes(trigger));
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
