// What one run costs beside the least careful script that does the same (add, commit, fetch, merge, push): whole
// processes, in turn, as medians and ratios of one call. `npm run bench`.
import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../scripts/steps/run.js';

const ROUNDS = Number(process.argv[2] ?? 9);
const FILES = 1000;
const SCRIPT =
  'git fetch -q origin main && git add -A && { git diff --cached --quiet || git commit -q -m update; } && git merge -q --no-edit origin/main && git push -q origin HEAD:main';
const folder = mkdtempSync(join(tmpdir(), 'autosync-bench-'));
const env = { HOME: folder, PATH: process.env.PATH, LANG: 'C.UTF-8', GIT_CONFIG_NOSYSTEM: '1' };
mkdirSync(join(folder, '.config', 'autosync'), { recursive: true });
writeFileSync(join(folder, '.config', 'autosync', 'config.toml'), 'notify = false\n');
writeFileSync(
  join(folder, '.gitconfig'),
  '[user]\n\tname = Bench\n\temail = bench@example.invalid\n[gc]\n\tauto = 0\n',
);

function run(program, args, cwd = folder) {
  const began = process.hrtime.bigint();
  const { status, stderr } = spawnSync(program, args, { cwd, env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr}`);
  return Number(process.hrtime.bigint() - began) / 1e6;
}

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

function prepare(name) {
  const [hub, top] = [join(folder, `${name}.git`), join(folder, name)];
  run('git', ['init', '-q', '--bare', '-b', 'main', hub]);
  run('git', ['clone', '-q', hub, top]);
  for (let n = 0; n < FILES; n += 1) {
    mkdirSync(join(top, `d${n % 90}`), { recursive: true });
    writeFileSync(join(top, `d${n % 90}`, `f${n}.md`), `file ${n}\n`.repeat(40));
  }
  run('sh', ['-c', 'git add -A && git commit -q -m first && git push -q origin HEAD:main'], top);
  return top;
}

const program = join(root, 'bin', 'autosync.js');
const ways = [
  { name: 'script', top: prepare('script'), go: (top) => run('sh', ['-c', SCRIPT], top) },
  { name: 'autosync', top: prepare('autosync'), go: (top) => run(process.execPath, [program, 'snapshot', top]) },
];
const kinds = {
  'no change': () => {},
  'one change': (top, round) => appendFileSync(join(top, 'd1', 'f1.md'), `${round}\n`),
};
const lines = [`| ${FILES} files, median of ${ROUNDS} | script ms | autosync ms | ratio |`, '|---|---|---|---|'];
for (const [kind, change] of Object.entries(kinds)) {
  const times = ways.map(() => []);
  for (let round = -1; round < ROUNDS; round += 1) {
    for (const [at, { top, go }] of ways.entries()) {
      change(top, `${kind} ${round}`);
      const took = go(top);
      if (round >= 0) times[at].push(took);
    }
  }
  const [script, autosync] = times.map(median);
  lines.push(`| ${kind} | ${script.toFixed(0)} | ${autosync.toFixed(0)} | ${(autosync / script).toFixed(1)} |`);
}
process.stdout.write(
  `${lines.join('\n')}\n\nstart of node alone: ${run(process.execPath, ['-e', '0']).toFixed(0)} ms\n`,
);
rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
