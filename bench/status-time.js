// What `autosync status` of 200 repositories costs beside that of one: whole processes, as medians and a ratio.
// `npm run bench`.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { root } from '../scripts/steps/run.js';

const ROUNDS = Number(process.argv[2] ?? 5);
const MANY = 200;
const folder = mkdtempSync(join(tmpdir(), 'autosync-bench-'));
const env = {
  HOME: folder,
  PATH: process.env.PATH,
  LANG: 'C.UTF-8',
  GIT_CONFIG_NOSYSTEM: '1',
  XDG_RUNTIME_DIR: folder,
};

function run(program, args) {
  const began = process.hrtime.bigint();
  const { status, stderr } = spawnSync(program, args, { cwd: folder, env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr}`);
  return Number(process.hrtime.bigint() - began) / 1e6;
}

/** A repository's files have its name and the hash of its path (`src/store/registry.ts`). */
const idOf = (name) => `${name}-${createHash('sha256').update(join(folder, name)).digest('hex').slice(0, 10)}`;

const autosync = (...args) => run(process.execPath, [join(root, 'bin', 'autosync.js'), ...args]);
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

mkdirSync(join(folder, '.config', 'autosync'), { recursive: true });
writeFileSync(join(folder, '.config', 'autosync', 'config.toml'), 'notify = false\n');
writeFileSync(join(folder, '.gitconfig'), '[user]\n\tname = Bench\n\temail = bench@example.invalid\n');
run('git', ['init', '-q', '--bare', '-b', 'main', 'hub.git']);
run('git', ['clone', '-q', 'hub.git', 'r0']);
run('sh', ['-c', 'cd r0 && echo x > a && git add a && git commit -q -m first && git push -q origin HEAD:main']);
autosync('install', 'r0', '--scheduler', 'none', '--no-hooks');
// A first run of each would take longer than all that is measured: their memory is that of the first one.
const memories = [
  join(folder, '.config', 'autosync', 'repos'),
  join(folder, '.local', 'state', 'autosync', 'repos'),
].map((place) => ({ place, name: readdirSync(place)[0] ?? '' }));
for (let number = 1; number < MANY; number += 1) {
  cpSync(join(folder, 'r0'), join(folder, `r${number}`), { recursive: true });
  for (const { place, name } of memories) {
    const text = readFileSync(join(place, name), 'utf8').replaceAll(join(folder, 'r0'), join(folder, `r${number}`));
    writeFileSync(join(place, idOf(`r${number}`) + extname(name)), text);
  }
}

const ways = [['r0'], []];
const times = ways.map(() => []);
for (let round = -1; round < ROUNDS; round += 1) {
  for (const [at, names] of ways.entries()) {
    const took = autosync('status', ...names);
    if (round >= 0) times[at].push(took);
  }
}
const [one, many] = times.map(median);
process.stdout.write(
  `| status, median of ${ROUNDS} | 1 repository ms | ${MANY} ms | ratio | ms for each more |\n|---|---|---|---|---|\n` +
    `| git | ${one.toFixed(0)} | ${many.toFixed(0)} | ${(many / one).toFixed(1)} | ${((many - one) / (MANY - 1)).toFixed(1)} |\n`,
);
rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
