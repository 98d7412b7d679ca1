import { execFile, execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Desk } from '../support/desk.js';
import { hgMachineAt } from '../support/hg-world.js';
import { machineAt } from '../support/world.js';

const run = promisify(execFile);

/** What a sweep has to know of a version control system; a repository is named by its folder, a hub's too. */
export type SweepVcs = {
  readonly name: 'git' | 'hg';
  readonly hub: string;
  readonly machineAt: (top: string, name: string) => Desk;
  /** The file that keeps `*.log` and the folder `cache` at the top out of commits. */
  readonly ignored: readonly [path: string, content: string];
  /** The person's own settings, in his home. */
  readonly settings: readonly [path: string, content: string];
  /** A hook of the person's own. */
  readonly ownHook: (here: Desk) => void;
  /** Makes an empty hub, and an empty working tree that knows it by a relative path, so that both may be copied. */
  readonly create: (hub: string, top: string) => void;
  readonly clone: (hub: string, top: string) => void;
  readonly commitAll: (machine: Desk, message: string) => void;
  readonly send: (machine: Desk) => void;
  /** Adds files that the rules ignore. */
  readonly addIgnored: (machine: Desk, ...paths: readonly string[]) => void;
  readonly statusOf: (top: string) => Promise<string>;
  readonly headOf: (top: string) => Promise<string>;
  readonly hubHead: (hub: string) => Promise<string>;
  readonly isAncestor: (repository: string, old: string, current: string) => Promise<boolean>;
  /** What is wrong with a repository, in its own system's words; empty when nothing is. */
  readonly check: (repository: string) => Promise<string>;
  /** The content of every file of every commit that something leads to, those of an index too. */
  readonly contentsOf: (repository: string) => Promise<readonly string[]>;
  /** Paths below a world that differ from run to run, or say nothing. */
  readonly incidental: RegExp;
  /** Paths below a world that must come back byte for byte, and what must be as it would be. */
  readonly readByOthers: RegExp;
  /** What of a repository's metadata may change when nothing is done. */
  readonly restless: RegExp;
  /** Locks that nobody may leave. */
  readonly locks: RegExp;
};

const tell = (program: string, folder: string, ...args: readonly string[]): void =>
  void execFileSync(program, args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });

const ask =
  (program: string) =>
  async (folder: string, ...args: readonly string[]): Promise<string> =>
    (await run(program, args, { cwd: folder, encoding: 'latin1', maxBuffer: 1 << 28 })).stdout;

const askGit = ask('git');
const askHg = ask('hg');

/** Runs git, gives it something to read, and returns its output: what it could not do is not held against it. */
async function tellGit(folder: string, input: string, ...args: readonly string[]): Promise<string> {
  const asking = run('git', args, { cwd: folder, encoding: 'latin1', maxBuffer: 1 << 28 });
  asking.child.stdin?.end(input);
  return (await asking).stdout;
}

/** Returns the contents of those objects that are blobs; one that is missing or damaged is left out. */
async function readBlobs(repository: string, ids: readonly string[]): Promise<readonly string[]> {
  const answers = await tellGit(repository, ids.map((id) => `${id}\n`).join(''), 'cat-file', '--batch');
  const blobs: string[] = [];
  for (let at = 0; at < answers.length; ) {
    const end = answers.indexOf('\n', at);
    const [, kind, size] = answers.slice(at, end).split(' ');
    const length = size === undefined ? 0 : Number(size) + 1;
    if (kind === 'blob') blobs.push(answers.slice(end + 1, end + length));
    at = end + 1 + length;
  }
  return blobs;
}

const gitFsck = (repository: string): Promise<string> =>
  askGit(repository, 'fsck', '--no-dangling', '--no-progress').catch(String);

/** git. */
export const GIT: SweepVcs = {
  name: 'git',
  hub: 'hub.git',
  machineAt,
  ignored: ['.gitignore', '*.log\n/cache\n'],
  settings: ['.gitconfig', '[user]\n\tname = Test Person\n\temail = test@example.invalid\n'],
  ownHook: (here) => {
    here.write('.git/hooks/post-commit', '#!/bin/sh\ntrue\n');
    execFileSync('chmod', ['755', join(here.top, '.git/hooks/post-commit')]);
  },
  create: (hub, top) => {
    tell('git', '/', 'init', '-q', '--bare', '--template=', hub);
    tell('git', '/', 'init', '-q', '--template=', top);
    tell('git', top, 'remote', 'add', 'origin', '../hub.git');
  },
  clone: (hub, top) => tell('git', '/', 'clone', '-q', '--template=', hub, top),
  commitAll: ({ top }, message) => {
    tell('git', top, 'add', '-A');
    tell('git', top, '-c', 'core.hooksPath=/dev/null', 'commit', '-q', '-m', message);
  },
  send: ({ top }) => tell('git', top, 'push', '-q', '-u', 'origin', 'main'),
  addIgnored: ({ top }, ...paths) => tell('git', top, 'add', '-f', ...paths),
  statusOf: (top) => askGit(top, 'status', '--porcelain'),
  headOf: async (top) => (await askGit(top, 'rev-parse', 'HEAD')).trim(),
  hubHead: async (hub) => (await askGit(hub, 'rev-parse', 'main')).trim(),
  isAncestor: (repository, old, current) =>
    askGit(repository, 'merge-base', '--is-ancestor', old, current).then(
      () => true,
      () => false,
    ),
  check: gitFsck,
  contentsOf: async (repository) => {
    if (!existsSync(join(repository, '.git')) && !existsSync(join(repository, 'HEAD'))) return [];
    const listed = await askGit(repository, 'rev-list', '--objects', '--all', '--indexed-objects').catch(() => '');
    const ids = listed.split('\n').flatMap((line) => (line === '' ? [] : [line.slice(0, 40)]));
    return await readBlobs(repository, ids);
  },
  // A run that was cut is not among those that `undo` knows of; the first one of a day counts our pins.
  incidental:
    /(^|\/)(objects|logs)(\/|$)|\/refs\/autosync\/pin\/|\/autosync\/(backups\/|runs\.json$|pins$|l[^/]*\.(log|jsonl)$)|\/(FETCH_HEAD|COMMIT_EDITMSG|ORIG_HEAD)$|^bin\/table\.new$/,
  readByOthers: /^bin\/table$|\/\.git\/(hooks\/|config$)|^home\/\.config\//,
  restless: /^(autosync|logs)$/,
  locks: /\.lock$/,
};

/** The heads that machines share. */
const HEADS = 'heads(branch(default) and not closed()) - bookmark("re:^autosync/")';

/** Mercurial. */
export const HG: SweepVcs = {
  name: 'hg',
  hub: 'hub.hg',
  machineAt: hgMachineAt,
  ignored: ['.hgignore', 'syntax: regexp\n\\.log$\n^cache/\n'],
  settings: ['.hgrc', '[ui]\nusername = Test Person <test@example.invalid>\n'],
  ownHook: ({ top }) => {
    const file = join(top, '.hg/hgrc');
    writeFileSync(file, `${readFileSync(file, 'utf8')}\n[hooks]\n# mine\nupdate.mine = true`);
  },
  create: (hub, top) => {
    tell('hg', '/', 'init', hub);
    tell('hg', '/', 'init', top);
    writeFileSync(join(top, '.hg/hgrc'), '[paths]\ndefault = ../hub.hg\n');
  },
  clone: (hub, top) => tell('hg', '/', 'clone', '-q', hub, top),
  commitAll: ({ top }, message) => {
    tell('hg', top, 'addremove', '-q');
    tell('hg', top, 'commit', '-q', '-u', 'Test Person', '-m', message);
  },
  send: ({ top }) => tell('hg', top, 'push', '-q', '--new-branch', '-r', '.'),
  addIgnored: ({ top }, ...paths) => tell('hg', top, 'add', '-q', ...paths),
  statusOf: (top) => askHg(top, 'status'),
  headOf: (top) => askHg(top, 'log', '-r', '.', '-T', '{node}'),
  // Two heads make an answer that equals none.
  hubHead: (hub) => askHg(hub, 'log', '-r', HEADS, '-T', '{node}'),
  isAncestor: async (repository, old, current) =>
    (await askHg(repository, 'log', '-r', `${old} and ::${current}`, '-T', '.')) !== '',
  check: (repository) => askHg(repository, 'verify', '-q').catch(String),
  contentsOf: async (repository) => {
    if (!existsSync(join(repository, '.hg'))) return [];
    const revisions = await askHg(repository, 'log', '-r', 'all()', '-T', '{rev} ').catch(() => '');
    const found: string[] = [];
    for (const revision of revisions.split(' ').filter(Boolean)) {
      const text = await askHg(repository, 'cat', '-r', revision, '-T', '{data|count} {data}', 'glob:**');
      for (let at = 0; at < text.length; ) {
        const start = text.indexOf(' ', at) + 1;
        at = start + Number(text.slice(at, start));
        found.push(text.slice(start, at));
      }
    }
    return found;
  },
  // What hg writes down of its looks and of how to take a transaction back, which means nothing without `store/journal`;
  // a file of it that was half written when it was killed; and its store, which is judged by `verify`.
  incidental:
    /\/\.hg\/(cache|wcache|strip-backup|store\/(cache|data|meta))\/|\/\.hg\/(last-message\.txt|(undo|journal)\.[^/]*|store\/(undo|journal\.|00|fncache|phaseroots|requires)[^/]*|branch|dirstate|requires|00changelog\.i|bookmarks|hgrc\.backup)$|\/\.hg\/(store\/|cache\/|wcache\/)?\.[^/]+-\w{8,9}~$|\/\.hg\/autosync\/(merge|orig)(\/|$)|\/autosync\/(backups\/|runs\.json$|l[^/]*\.(log|jsonl)$)|^bin\/table\.new$/,
  readByOthers: /^bin\/table$|\/\.hg\/hgrc$|^home\/\.config\//,
  restless: /^(autosync|cache|wcache|store\/cache|dirstate|last-message\.txt|(store\/)?undo[^/]*)$/,
  locks: /(^|\/)\.hg\/(.*\/)?(wlock|store\/lock|store\/journal|updatestate)$/,
};
