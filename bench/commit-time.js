// How much longer a `git commit` takes in an installed repository: `npm run bench`. Whole commits, in turn with and
// without autosync on the same machine, as medians and their ratio; a shell's start is the yardstick.
import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { root } from '../scripts/steps/run.js';

const ROUNDS = Number(process.argv[2] ?? 20);
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

const repos = ['without', 'with'].map((name) => {
  const [hub, top] = [join(folder, `${name}.git`), join(folder, name)];
  run('git', ['init', '-q', '--bare', '-b', 'main', hub]);
  run('git', ['clone', '-q', hub, top]);
  return { name, top, times: [] };
});
run(process.execPath, [join(root, 'bin', 'autosync.js'), 'install', join(folder, 'with'), '--scheduler', 'none']);

const shell = [];
for (let round = 0; round < ROUNDS; round += 1) {
  for (const { top, times } of round % 2 === 0 ? repos : [...repos].reverse()) {
    appendFileSync(join(top, 'notes.md'), `line ${round}\n`);
    run('git', ['add', '.'], top);
    times.push(run('git', ['commit', '-q', '-m', `round ${round}`], top));
    // The run that the hook has started must not be measured as part of the next commit.
    await sleep(1500);
  }
  shell.push(run('/bin/sh', ['-c', ':']));
}
const [without, with_] = repos.map(({ times }) => median(times));
const start = median(shell);
const row = (name, ms) => `| ${name} | ${ms.toFixed(1)} | ${(ms / without).toFixed(2)} |`;
process.stdout.write(
  [
    `| commit, median of ${ROUNDS} | ms | ÷ without |`,
    '|---|---|---|',
    row('without autosync', without),
    row('with autosync', with_),
    row('start of a shell', start),
    '',
    `added: ${(with_ - without).toFixed(1)} ms, ${((with_ - without) / start).toFixed(1)} shell starts`,
    '',
  ].join('\n'),
);
rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
