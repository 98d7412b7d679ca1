import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Settings } from '../../src/model/repo.js';
import { SETTINGS } from '../support/desk.js';

const execute = promisify(execFile);
const NAMES = ['ada', 'bob', 'cyd', 'dan', 'eve'] as const;

/** One machine's clone. */
export type Replica = { readonly name: string; readonly top: string; readonly settings: Settings };

/** A hub and some clones of it. */
export type ModelWorld = {
  readonly folder: string;
  readonly hub: string;
  /** Where the hub is while the network is down. */
  readonly away: string;
  readonly replicas: readonly Replica[];
  readonly remove: () => void;
};

/** What is in the world at its beginning; nobody touches the last one, so that no folder is ever taken for unmounted. */
export const BEGINNING: Readonly<Record<string, string>> = {
  'a.txt': lines('T000001Z'),
  'dir/c.txt': lines('T000002Z'),
  'dir/d.txt': lines('T000003Z'),
  'README.md': 'T000004Z\n',
};

/** Ten lines, the first of which holds a token. */
export function lines(token: string): string {
  return Array.from({ length: 10 }, (_, n) => `line ${n}${n === 0 ? ` ${token}` : ''} of a text\n`).join('');
}

/** How git answered; a failure is an answer, too. */
export type Answer = { readonly ok: boolean; readonly out: string };

/** Runs git as a person does. */
export async function run(folder: string, args: readonly string[], input?: Uint8Array): Promise<Answer> {
  const child = execute('git', [...args], { cwd: folder, encoding: 'latin1', maxBuffer: 1 << 28 });
  child.child.stdin?.on('error', () => undefined);
  child.child.stdin?.end(input ?? '');
  try {
    return { ok: true, out: (await child).stdout };
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    return { ok: false, out: `${stdout}${stderr}` };
  }
}

/** Runs git, which must succeed. */
export async function ask(folder: string, ...args: readonly string[]): Promise<string> {
  const { ok, out } = await run(folder, args);
  if (!ok) throw new Error(`git ${args.join(' ')} in ${folder}: ${out}`);
  return out.replace(/\n$/, '');
}

let root: string | undefined;
const templates = new Map<number, string>();

/** Names the folder for all worlds: in memory when there is room, which is many times quicker. */
function worldsFolder(): string {
  if (root !== undefined) return root;
  const memory = '/dev/shm';
  const roomy = existsSync(memory) && statfsSync(memory).bavail * statfsSync(memory).bsize > 1 << 30;
  const isThere = tmpdir().startsWith(`${memory}/`);
  root = mkdtempSync(join(roomy && !isThere ? memory : tmpdir(), 'model-'));
  return root;
}

/** Removes every world that is left: a suite's last deed, since memory is not tidied with the temporary folder. */
export function removeWorlds(): void {
  if (root !== undefined) rmSync(root, { recursive: true, force: true });
  root = undefined;
  templates.clear();
}

let count = 0;

/** Makes a world for one history: a copy of one that was made once. */
export async function copyWorld(machines: number): Promise<ModelWorld> {
  const template = templates.get(machines) ?? buildTemplate(machines);
  templates.set(machines, template);
  count += 1;
  const folder = join(worldsFolder(), `w${process.pid}-${count}`);
  await execute('cp', ['-a', template, folder]);
  const hub = join(folder, 'hub.git');
  const replicas = NAMES.slice(0, machines).map((name) => {
    const top = join(folder, name);
    const config = join(top, '.git', 'config');
    writeFileSync(config, readFileSync(config, 'utf8').replace(template, folder));
    return { name, top, settings: { ...SETTINGS, machine: name } };
  });
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  return { folder, hub, away: join(folder, 'away.git'), replicas, remove };
}

function buildTemplate(machines: number): string {
  const folder = mkdtempSync(join(worldsFolder(), 'template-'));
  const git = (...args: readonly string[]): void => void execFileSync('git', [...args], { cwd: folder, stdio: 'pipe' });
  git('init', '-q', '--bare', '-b', 'main', 'hub.git');
  // The oracle reads there whether the hub ever went back.
  git('-C', 'hub.git', 'config', 'core.logAllRefUpdates', 'always');
  git('clone', '-q', join(folder, 'hub.git'), 'seed');
  for (const [path, content] of Object.entries(BEGINNING)) {
    mkdirSync(dirname(join(folder, 'seed', path)), { recursive: true });
    writeFileSync(join(folder, 'seed', path), content);
  }
  git('-C', 'seed', 'add', '.');
  git('-C', 'seed', 'commit', '-q', '-m', 'first');
  git('-C', 'seed', 'push', '-q', 'origin', 'HEAD:main');
  for (const name of NAMES.slice(0, machines)) git('clone', '-q', join(folder, 'hub.git'), name);
  rmSync(join(folder, 'seed'), { recursive: true });
  return folder;
}
