// What mirroring a Mercurial history to git costs, beside hg-git on the same machine, and whether every revision is the
// same: a synthetic history with everything in it, and those of git repositories that carry a `.hg/store`.
//
//   npm run bench:mirror [-- <git repository, path or URL> …]
//
// Of such a repository only the store is taken: what a stranger's hgrc says must not happen here.
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { root } from '../scripts/steps/run.js';

const CHANGESETS = 2000;
const MORE = 10;
/** What hg-git fails at is left out of the second one, so that there is something to compare. */
const SYNTHETIC = [
  { name: 'synthetic', seed: 1, kind: [] },
  { name: 'synthetic-plain', seed: 3, kind: ['plain'] },
];
const LIMIT_MS = 1_800_000;
const PYTHON = '/usr/bin/python3';

const folder = mkdtempSync(join(tmpdir(), 'autosync-bench-'));
const home = join(folder, 'home');
const env = { HOME: home, PATH: process.env.PATH, LANG: 'C.UTF-8', GIT_CONFIG_NOSYSTEM: '1', HGRCPATH: '' };
mkdirSync(join(home, '.config', 'autosync'), { recursive: true });
writeFileSync(join(home, '.config', 'autosync', 'config.toml'), 'notify = false\n');

/** Runs a program, which must succeed; returns its output and how long it took, in seconds. */
function run(program, args, options = {}) {
  const began = process.hrtime.bigint();
  const ended = spawnSync(program, args, { cwd: folder, env, timeout: LIMIT_MS, maxBuffer: 1 << 30, ...options });
  if (ended.status !== 0) throw new Error(`${program} ${args.join(' ')}: ${ended.stdout}${ended.stderr}`);
  return { out: ended.stdout, seconds: Number(process.hrtime.bigint() - began) / 1e9 };
}

const autosync = (...args) => run(process.execPath, [join(root, 'bin', 'autosync.js'), ...args]);
const script = (name, ...args) => run(PYTHON, [join(root, 'test', 'support', name), ...args.map(String)]).out;
const lastWords = (text) =>
  text
    .trim()
    .split('\n')
    .findLast((words) => words.trim() !== '')
    ?.replaceAll(folder, '…');
const ratio = (ours, theirs) => (typeof theirs === 'number' ? (ours / theirs).toFixed(2) : '-');
const shown = (seconds) => (typeof seconds === 'number' ? seconds.toFixed(1) : (seconds ?? '-'));

/** Counts the changesets whose files are not those of their commit: by Mercurial's own modules and by git ls-tree. */
function compare(source, name) {
  const map = run('cat', [join(home, '.local', 'share', 'autosync', 'mirrors', name, 'map')])
    .out.toString()
    .trim();
  const commits = new Map(map.split('\n').map((line) => line.split(' ')));
  const records = script('hg-trees.py', source).toString('latin1').split('\n\n').slice(0, -1);
  const lister = 'while read -r id; do git --git-dir="$1" ls-tree -r -z "$id" && printf "\\n\\n"; done';
  const ids = records.map((record) => commits.get(record.slice(0, 40)));
  const listed = run('sh', ['-c', lister, 'sh', join(folder, `${name}.git`)], { input: `${ids.join('\n')}\n` });
  const trees = listed.out.toString('latin1').split('\n\n').slice(0, -1);
  return { revisions: records.length, differ: records.filter((record, at) => record.slice(41) !== trees[at]).length };
}

/** Does with hg-git what a person would: a clone with a bookmark, an export, and a push by git. */
function hgGit(source, name, grow) {
  const config = ['--config', 'extensions.hggit=', '--config', 'hggit.mapsavefrequency=0'];
  if (spawnSync('hg', [...config, 'help', 'gexport'], { env }).status !== 0) return {};
  const [clone, destination] = [join(folder, `${name}.hg`), join(folder, `${name}.hg.git`)];
  run('git', ['init', '-q', '--bare', destination]);
  const once = () => {
    let seconds = run('hg', [...config, '-R', clone, 'pull', '-q', source]).seconds;
    seconds += run('hg', [...config, '-R', clone, 'bookmark', '-q', '-f', '-r', 'default', 'master']).seconds;
    seconds += run('hg', [...config, '-R', clone, 'gexport']).seconds;
    return (
      seconds +
      run('git', [`--git-dir=${join(clone, '.hg', 'git')}`, 'push', '-q', destination, 'refs/heads/*:refs/heads/*'])
        .seconds
    );
  };
  run('hg', ['init', clone]);
  const full = attempt(once);
  if (typeof full !== 'number') return { full };
  grow();
  return { full, incremental: attempt(once) };
}

/** Names that git cannot hold beside each other, and a branch that is not continued, are too much for hg-git. */
function attempt(measured) {
  try {
    return measured();
  } catch (error) {
    return `fails: ${lastWords(error.message)}`;
  }
}

/** Measures one history; `grow` adds some changesets to a repository that has all but them. */
function measure(name, source, grow) {
  run('git', ['init', '-q', '--bare', join(folder, `${name}.git`)]);
  const reference = join(folder, `${name}.reference`);
  cpSync(source, reference, { recursive: true });
  const added = autosync('mirror', 'add', source, join(folder, `${name}.git`), '--name', name, '--trigger', 'none');
  const idle = autosync('mirror', 'run', name);
  grow(source);
  const incremental = autosync('mirror', 'run', name);
  const verified = JSON.parse(autosync('mirror', 'run', name, '--verify', '--json').out).mirrors[0].verified;
  const { revisions, differ } = compare(source, name);
  const other = hgGit(reference, name, () => grow(reference));
  const figures = [added.seconds, idle.seconds, incremental.seconds, other.full, other.incremental].map(shown);
  const ratios = [ratio(added.seconds, other.full), ratio(incremental.seconds, other.incremental)];
  return [name, revisions, differ, verified.differences.length, ...figures, ...ratios];
}

/** Takes the store out of a git repository. */
function storeOf(repository) {
  const name = basename(repository.replace(/\/(repo\/)?\.git\/?$|\.git\/?$|\/repo\/?$/, '')).replace(/^.*\+/, '');
  const bare = join(folder, `${name}.carrier`);
  if (existsSync(repository)) cpSync(repository, bare, { recursive: true });
  else run('git', ['clone', '-q', '--bare', '--depth', '1', '--', repository, bare]);
  const source = join(folder, name);
  mkdirSync(source);
  const names = execFileSync('git', [`--git-dir=${bare}`, 'ls-tree', '--name-only', 'HEAD', '.hg/'], {
    env,
  }).toString();
  const wanted = ['.hg/store', '.hg/requires'].filter((path) => names.includes(path));
  const archive = run('git', [`--git-dir=${bare}`, 'archive', 'HEAD', '--', ...wanted]).out;
  run('tar', ['-x', '-C', source], { input: archive });
  const isWhole = spawnSync('hg', ['-R', source, 'verify', '-q'], { env, timeout: LIMIT_MS }).status === 0;
  return { name, source, isWhole };
}

/** Returns a repository that has all but the newest changesets of another, and how it gets those. */
function growing(name, whole) {
  const source = join(folder, `${name}.growing`);
  run('hg', ['init', source]);
  const pull = (path, revisions) => {
    const heads = run('hg', ['-R', whole, 'log', '-r', `heads(${revisions})`, '-T', '{node} '])
      .out.toString()
      .trim();
    run('hg', ['-R', path, 'pull', '-q', ...heads.split(' ').flatMap((node) => ['-r', node]), whole]);
  };
  pull(source, `0:(-${MORE + 1})`);
  return { source, grow: (path) => pull(path, 'all()') };
}

try {
  const head = [
    'history',
    'revisions',
    'differ',
    'by --verify',
    'first s',
    'idle s',
    `+${MORE} s`,
    'hg-git first s',
    `hg-git +${MORE} s`,
    'ours/hg-git first',
    `ours/hg-git +${MORE}`,
  ];
  const line = (cells) => console.log(`| ${cells.join(' | ')} |`);
  line(head);
  line(head.map(() => '---'));
  for (const { name, seed, kind } of SYNTHETIC) {
    const source = join(folder, `${name}-source`);
    script('hg-history.py', source, seed, CHANGESETS, ...kind);
    const grow = (path) => script('hg-history.py', path, seed, CHANGESETS + MORE, ...kind);
    line(measure(name, source, grow));
  }
  for (const repository of process.argv.slice(2)) {
    const { name, source: whole, isWhole } = storeOf(repository);
    if (!isWhole) {
      line([name, 'its store is damaged', ...head.slice(2).map(() => '-')]);
      continue;
    }
    const { source, grow } = growing(name, whole);
    line(measure(name, source, grow));
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
