// What `autosync status` of 20 and of 200 repositories costs beside that of one, under git and under hg: whole processes,
// as medians and ratios. `npm run bench`.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { root } from '../scripts/steps/run.js';

const ROUNDS = Number(process.argv[2] ?? 5);
const SIZES = [1, 20, 200];

/** How a hub comes to be, and a clone of it with a commit. */
const SYSTEMS = {
  git: [
    ['git', 'init', '-q', '--bare', '-b', 'main', 'hub'],
    ['git', 'clone', '-q', 'hub', 'r0'],
    ['sh', '-c', 'cd r0 && echo x > a && git add a && git commit -q -m first && git push -q origin HEAD:main'],
  ],
  hg: [
    ['hg', 'init', 'hub'],
    ['hg', 'clone', '-q', 'hub', 'r0'],
    ['sh', '-c', 'cd r0 && echo x > a && hg commit -q -A -m first && hg push -q'],
  ],
};

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

/** Makes a person's home with as many repositories as are looked at, and returns how long each look took. */
function measure(system) {
  const folder = mkdtempSync(join(tmpdir(), 'autosync-bench-'));
  const env = {
    HOME: folder,
    PATH: process.env.PATH,
    LANG: 'C.UTF-8',
    GIT_CONFIG_NOSYSTEM: '1',
    XDG_RUNTIME_DIR: folder,
  };
  const run = ([program, ...args]) => {
    const began = process.hrtime.bigint();
    const { status, stderr } = spawnSync(program, args, { cwd: folder, env, encoding: 'utf8' });
    if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr}`);
    return Number(process.hrtime.bigint() - began) / 1e6;
  };
  const autosync = (...args) => run([process.execPath, join(root, 'bin', 'autosync.js'), ...args]);
  mkdirSync(join(folder, '.config', 'autosync'), { recursive: true });
  writeFileSync(join(folder, '.config', 'autosync', 'config.toml'), 'notify = false\n');
  writeFileSync(join(folder, '.gitconfig'), '[user]\n\tname = Bench\n\temail = bench@example.invalid\n');
  writeFileSync(join(folder, '.hgrc'), '[ui]\nusername = Bench <bench@example.invalid>\n');
  for (const command of SYSTEMS[system]) run(command);
  autosync('install', 'r0', '--scheduler', 'none', '--no-hooks');
  autosync('snapshot', 'r0');
  let count = 1;
  const times = SIZES.map((size) => {
    for (; count < size; count += 1) copy(folder, `r${count}`);
    const took = Array.from({ length: ROUNDS + 1 }, () => autosync('status'));
    return median(took.slice(1));
  });
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  return times;
}

/** A first run of each would take longer than all that is measured: the memory of each is that of the first one. */
function copy(folder, name) {
  cpSync(join(folder, 'r0'), join(folder, name), { recursive: true, preserveTimestamps: true });
  const places = [join(folder, '.config', 'autosync', 'repos'), join(folder, '.local', 'state', 'autosync', 'repos')];
  const hash = createHash('sha256').update(join(folder, name)).digest('hex').slice(0, 10);
  for (const place of places) {
    const first = readdirSync(place).find((each) => each.startsWith('r0-')) ?? '';
    const text = readFileSync(join(place, first), 'utf8').replaceAll(join(folder, 'r0'), join(folder, name));
    // A repository's files have its name and the hash of its path (`src/store/registry.ts`).
    writeFileSync(join(place, `${name}-${hash}${extname(first)}`), text);
  }
}

const rows = Object.keys(SYSTEMS).map((system) => {
  const times = measure(system);
  const [one, , most] = times;
  const ratios = times.slice(1).map((time) => (time / one).toFixed(1));
  const each = ((most - one) / (SIZES[2] - 1)).toFixed(1);
  return `| ${[system, ...times.map((time) => time.toFixed(0)), ...ratios, each].join(' | ')} |`;
});
const head = ['status', ...SIZES.map((size) => `${size} ms`), ...SIZES.slice(1).map((size) => `${size} : 1`)];
process.stdout.write(
  `median of ${ROUNDS}\n\n| ${[...head, 'ms for each more'].join(' | ')} |\n|${'---|'.repeat(head.length + 1)}\n${rows.join('\n')}\n`,
);
