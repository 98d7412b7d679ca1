// The demonstration that `npm start` runs: a hub and two machines, each with a home of its own, in a temporary folder.
// It drives the program that a person would, and only raw git, or hg with `--vcs hg`, looks at what came of it.
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { root } from './steps/run.js';

const bold = (text) => (process.stdout.isTTY ? `\u001b[1m${text}\u001b[0m` : text);
const dim = (text) => (process.stdout.isTTY ? `\u001b[2m${text}\u001b[0m` : text);
const say = (text = '') => process.stdout.write(`${text}\n`);

/** What each version control system calls what a person does, and the demonstration looks at. */
const SYSTEMS = {
  git: {
    product: 'git',
    hub: 'hub.git',
    init: (hub) => ['init', '-q', '--bare', '-b', 'main', hub],
    lastMessage: (hub) => ['-C', hub, 'log', '-1', '--format=%s', 'main'],
    settings: /(^|\/)\.git\/(?!hooks(\/|$)|config$)/,
  },
  hg: {
    product: 'Mercurial',
    hub: 'hub',
    init: (hub) => ['init', hub],
    lastMessage: (hub) => ['-R', hub, 'log', '-r', 'tip', '-T', '{desc|firstline}'],
    settings: /(^|\/)\.hg\/(?!hgrc$|autosync)/,
  },
};

const vcs = wantedSystem(process.argv.slice(2));
const system = SYSTEMS[vcs];

/** Reads `--vcs <system>`; whatever is wrong ends the demonstration before it begins. */
function wantedSystem(args) {
  const wanted = args.length === 0 ? 'git' : args.length === 2 && args[0] === '--vcs' ? args[1] : undefined;
  if (!Object.hasOwn(SYSTEMS, wanted ?? '')) {
    process.stderr.write(`'${args.join(' ')}' is not understood: '--vcs' takes ${Object.keys(SYSTEMS).join(' or ')}\n`);
    process.exit(2);
  }
  if (spawnSync(wanted, ['--version'], { stdio: 'ignore' }).status !== 0) {
    process.stderr.write(
      `the demonstration needs '${wanted}', which cannot be started: install ${SYSTEMS[wanted].product}\n`,
    );
    process.exit(1);
  }
  return wanted;
}

const world = mkdtempSync(join(tmpdir(), 'autosync-demo-'));
const hub = join(world, system.hub);
const laptop = machine('laptop');
const desktop = machine('desktop');

/** A machine: a home folder, and nothing of the real person's environment but PATH. */
function machine(name) {
  const home = join(world, name);
  mkdirSync(join(home, '.config', 'autosync'), { recursive: true });
  writeFileSync(join(home, '.config', 'autosync', 'config.toml'), `machine = "${name}"\nnotify = false\n`);
  writeFileSync(
    join(home, '.gitconfig'),
    `[user]\n\tname = Demo\n\temail = demo@${name}.invalid\n[init]\n\tdefaultBranch = main\n`,
  );
  writeFileSync(join(home, '.hgrc'), `[ui]\nusername = Demo <demo@${name}.invalid>\n`);
  const env = { HOME: home, USERPROFILE: home, PATH: process.env.PATH, LANG: 'C.UTF-8', GIT_CONFIG_NOSYSTEM: '1' };
  if (process.platform === 'win32') {
    for (const wanted of ['SystemRoot', 'ComSpec', 'PATHEXT', 'TEMP', 'TMP']) env[wanted] = process.env[wanted];
    env.APPDATA = join(home, 'AppData', 'Roaming');
    env.LOCALAPPDATA = join(home, 'AppData', 'Local');
  }
  return { name, home, env, notes: join(home, 'notes') };
}

function run(on, program, args, { quiet = false, cwd = on.home } = {}) {
  const result = spawnSync(program, args, { cwd, env: on.env, encoding: 'utf8', timeout: 120_000 });
  const output = `${result.stdout}${result.stderr}`.trimEnd();
  if (!quiet && output !== '') say(dim(output.replaceAll(/^/gm, '    ')));
  if (result.status !== 0 && !quiet)
    fail(`${program} ${args.join(' ')} ended with ${result.status ?? result.error?.message}`);
  return { ...result, output };
}

function autosync(on, ...args) {
  say(`${on.name}$ autosync ${args.join(' ')}`);
  return run(on, process.execPath, [join(root, 'bin', 'autosync.js'), ...args]);
}

const byHand = (on, ...args) => run(on, vcs, args, { quiet: true, cwd: on.notes });

function title(text) {
  say();
  say(bold(text));
}

function check(fact, holds) {
  if (!holds) fail(`expected: ${fact}`);
  say(`  ✓ ${fact}`);
}

function fail(why) {
  say();
  say(`the demonstration failed: ${why}`);
  say(`everything is left in ${world}`);
  process.exit(1);
}

/** Everything below a folder, as `path → bytes`; what the system keeps for itself counts only where a hook or setting is. */
function picture(folder) {
  const found = new Map();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const name = relative(folder, path).replaceAll('\\', '/');
    if (system.settings.test(name) || !entry.isFile()) continue;
    found.set(name, readFileSync(path, 'latin1'));
  }
  return found;
}

async function until(fact, holds) {
  for (let waited = 0; waited < 120_000; waited += 200) {
    if (holds()) return check(fact, true);
    await sleep(200);
  }
  return fail(`expected within two minutes: ${fact}`);
}

const hubHead = () => run(laptop, vcs, system.lastMessage(hub), { quiet: true }).output;
const isOwn = (name) => name === `.${vcs}`;

title('A hub and two machines');
run(laptop, vcs, system.init(hub), { quiet: true });
for (const on of [laptop, desktop]) run(on, vcs, ['clone', '-q', hub, on.notes], { quiet: true });
say(`  hub      ${hub}`);
for (const on of [laptop, desktop]) say(`  ${on.name.padEnd(8)} ${on.notes}`);
const before = new Map([laptop, desktop].map((on) => [on, picture(on.home)]));

title('Install on both (without a scheduler here: this demonstration plays its part)');
for (const on of [laptop, desktop]) autosync(on, 'install', on.notes, '--scheduler', 'none');

title('A new file on the laptop arrives on the desktop');
writeFileSync(join(laptop.notes, 'shopping.md'), 'milk\nbread\napples\ncheese\n');
autosync(laptop, 'snapshot', '--all');
autosync(desktop, 'snapshot', '--all');
check('the commit names its event: Added shopping.md', hubHead() === 'Added shopping.md');
check('desktop has shopping.md', readFileSync(join(desktop.notes, 'shopping.md'), 'utf8').startsWith('milk'));

title('A commit by hand is pushed by the hook, at once');
writeFileSync(join(laptop.notes, 'todo.md'), 'call Ann\n');
say(`laptop$ ${vcs} add todo.md && ${vcs} commit -m "Plan the week"`);
byHand(laptop, 'add', 'todo.md');
byHand(laptop, 'commit', '-q', '-m', 'Plan the week');
await until('the hub has it, and nobody ran anything', () => hubHead() === 'Plan the week');

title('A rename and a removal travel');
autosync(desktop, 'snapshot', '--all');
renameSync(join(desktop.notes, 'shopping.md'), join(desktop.notes, 'groceries.md'));
autosync(desktop, 'snapshot', '--all');
check('the commit says: Renamed shopping.md to groceries.md', hubHead() === 'Renamed shopping.md to groceries.md');
rmSync(join(desktop.notes, 'todo.md'));
autosync(desktop, 'snapshot', '--all');
autosync(laptop, 'snapshot', '--all');
check('the commit says: Removed todo.md', hubHead() === 'Removed todo.md');
check(
  'laptop has groceries.md, and no todo.md',
  existsSync(join(laptop.notes, 'groceries.md')) && !existsSync(join(laptop.notes, 'todo.md')),
);

title('Both edit the same line: a conflict keeps both versions');
writeFileSync(join(desktop.notes, 'groceries.md'), 'oat milk\nbread\napples\ncheese\n');
writeFileSync(join(laptop.notes, 'groceries.md'), 'goat milk\nbread\napples\ncheese\n');
autosync(desktop, 'snapshot', '--all');
autosync(laptop, 'snapshot', '--all');
autosync(desktop, 'snapshot', '--all');
const names = readdirSync(laptop.notes)
  .filter((name) => !isOwn(name))
  .sort();
for (const name of names) say(`  ${name}: ${readFileSync(join(laptop.notes, name), 'utf8').split('\n')[0]}`);
check(
  'both machines have the same files',
  names.join() ===
    readdirSync(desktop.notes)
      .filter((name) => !isOwn(name))
      .sort()
      .join(),
);
check('both versions are there', names.length === 2 && names.some((name) => name.includes('(conflict laptop ')));
check(
  'no file holds a conflict marker',
  names.every((name) => !readFileSync(join(laptop.notes, name), 'utf8').includes('<<<<<<<')),
);

title('How it stands');
autosync(laptop, 'status');
autosync(laptop, 'log', '-n', '3');

title('Uninstall, and nothing is left');
for (const on of [laptop, desktop]) {
  autosync(on, 'uninstall', '--all', '--purge');
  const left = picture(on.home);
  const mine = (path) => path.startsWith('notes/') && !path.startsWith(`notes/.${vcs}/`);
  const lost = (path) => before.get(on)?.get(path) !== left.get(path);
  const differing = [...new Set([...(before.get(on)?.keys() ?? []), ...left.keys()])].filter(
    (path) => !mine(path) && lost(path),
  );
  const expected = differing.filter((path) => path !== '.config/autosync/config.toml');
  check(
    `${on.name}: hooks, the settings of ${system.product} and the home folder are as they were`,
    expected.length === 0,
  );
}
rmSync(world, { recursive: true });
say();
say(`That was all. To begin for real: ${bold('npm start -- install <repo>')}`);
