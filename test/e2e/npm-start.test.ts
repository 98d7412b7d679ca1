import { type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const SCRIPTS = fileURLToPath(new URL('../../scripts', import.meta.url));

/** A compiler that copies, and refuses what says `broken`. */
const COMPILER = `import { appendFileSync, cpSync, mkdirSync, readFileSync } from 'node:fs';
appendFileSync('compilations', '.');
const out = process.argv[process.argv.indexOf('--outDir') + 1];
if (readFileSync('src/cli.ts', 'utf8').includes('broken')) {
  console.log('src/cli.ts(1,1): error');
  process.exit(2);
}
mkdirSync(out, { recursive: true });
cpSync('src/cli.ts', out + '/cli.js');
`;

/** A bundler that copies. */
const BUNDLER = `import { cpSync } from 'node:fs';
export const build = ({ entryPoints: [from], outdir }) => cpSync(from, outdir + '/cli.js');
`;

/** An npm that installs the compiler; \`npm ci\` fails where there is a file \`lock-is-wrong\`. */
const NPM = `import { appendFileSync, cpSync, existsSync, mkdirSync } from 'node:fs';
appendFileSync('npm-calls', process.argv.slice(2).join(' ') + '\\n');
console.log('npm talks');
if (process.argv[2] === 'ci' && existsSync('lock-is-wrong')) process.exit(1);
mkdirSync('node_modules/typescript/bin', { recursive: true });
cpSync('compiler.mjs', 'node_modules/typescript/bin/tsc');
cpSync('bundler.mjs', 'node_modules/esbuild/index.mjs');
cpSync('bundler.json', 'node_modules/esbuild/package.json');
cpSync('package-lock.json', 'node_modules/.package-lock.json');
`;

const PROGRAM = `import { version } from '../dist/cli.js';
const { env } = process;
const npm = Object.keys(env).filter((name) => /^npm_|^INIT_CWD$/.test(name));
console.log(JSON.stringify({ version, args: process.argv.slice(2), cwd: process.cwd(), npm, path: env.PATH }));
process.exitCode = process.argv.includes('conflict') ? 10 : 0;
`;

/** Makes a project with our scripts, on a machine with a Node, the npm above and nothing installed. */
function freshCheckout(): string {
  const root = mkdtempSync(join(tmpdir(), 'checkout-'));
  cpSync(SCRIPTS, join(root, 'scripts'), { recursive: true });
  const files = {
    'package.json': '{ "type": "module" }',
    'package-lock.json': '{ "packages": { "": {}, "node_modules/typescript": { "version": "6.0.3", "dev": true } } }',
    'tsconfig.json': '{}',
    'compiler.mjs': COMPILER,
    'bundler.mjs': BUNDLER,
    'bundler.json': '{ "exports": "./index.mjs" }',
    'npm-cli.js': NPM,
    'bin/autosync.js': PROGRAM,
    'src/cli.ts': 'export const version = 1;\n',
    'scripts/demo.js': 'console.log("a demonstration");\n',
  };
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

const environment = (root: string, extra: NodeJS.ProcessEnv): NodeJS.ProcessEnv => ({
  ...process.env,
  npm_execpath: join(root, 'npm-cli.js'),
  npm_lifecycle_event: 'start',
  ...extra,
});

function start(root: string, args: readonly string[], extra: NodeJS.ProcessEnv = {}): SpawnSyncReturns<string> {
  const script = join(root, 'scripts', 'start.js');
  return spawnSync(process.execPath, [script, ...args], {
    cwd: root,
    env: environment(root, extra),
    encoding: 'utf8',
  });
}

/** Has Node run some code before a script. */
const preload = (code: string): string => `--import=data:text/javascript,${encodeURIComponent(code)}`;

const answer = (result: SpawnSyncReturns<string>): Record<string, unknown> => JSON.parse(result.stdout);

const lines = (root: string, name: string): readonly string[] =>
  readFileSync(join(root, name), 'utf8')
    .split('\n')
    .filter((line) => line !== '');

const compilations = (root: string): number => readFileSync(join(root, 'compilations'), 'utf8').length;

describe('npm start', () => {
  it('installs and builds on a fresh checkout, and only the program writes to standard output', () => {
    const root = freshCheckout();
    const result = start(root, ['status', '--json', 'a  b', '$HOME', '']);
    expect(result).toMatchObject({ status: 0 });
    expect(answer(result)).toMatchObject({ version: 1, args: ['status', '--json', 'a  b', '$HOME', ''] });
    expect(result.stderr).toContain('npm talks');
    expect(lines(root, 'npm-calls')).toEqual([expect.stringMatching(/^ci --include=dev /)]);
  });

  it('is silent and builds nothing when nothing has changed, whatever the clock says of the files', () => {
    const root = freshCheckout();
    start(root, ['x']);
    const tomorrow = new Date(Date.now() + 86_400_000);
    for (const name of ['package-lock.json', 'tsconfig.json', 'src/cli.ts'])
      utimesSync(join(root, name), tomorrow, tomorrow);
    expect(start(root, ['x'])).toMatchObject({ status: 0, stderr: '' });
    expect(compilations(root)).toBe(1);
    expect(lines(root, 'npm-calls')).toHaveLength(1);
  });

  it('builds again when a source has changed', () => {
    const root = freshCheckout();
    start(root, ['x']);
    writeFileSync(join(root, 'src/cli.ts'), 'export const version = 2;\n');
    expect(answer(start(root, ['x']))).toMatchObject({ version: 2 });
  });

  it('installs again when the lock file asks for another version, or a package is gone', () => {
    const root = freshCheckout();
    start(root, ['x']);
    const lock = readFileSync(join(root, 'package-lock.json'), 'utf8');
    writeFileSync(join(root, 'package-lock.json'), lock.replace('6.0.3', '6.0.4'));
    start(root, ['x']);
    expect(lines(root, 'npm-calls')).toHaveLength(2);
    rmSync(join(root, 'node_modules', 'typescript'), { recursive: true });
    expect(start(root, ['x'])).toMatchObject({ status: 0 });
    expect(lines(root, 'npm-calls')).toHaveLength(3);
  });

  it("falls back to 'npm install' when 'npm ci' fails", () => {
    const root = freshCheckout();
    writeFileSync(join(root, 'lock-is-wrong'), '');
    expect(start(root, ['x'])).toMatchObject({ status: 0 });
    expect(lines(root, 'npm-calls').map((call) => call.split(' ')[0])).toEqual(['ci', 'install']);
  });

  it('runs nothing after a build that failed, and leaves the last good one in place', () => {
    const root = freshCheckout();
    start(root, ['x']);
    writeFileSync(join(root, 'src/cli.ts'), 'broken');
    expect(start(root, ['x'])).toMatchObject({ status: 1, stdout: '', stderr: 'src/cli.ts(1,1): error\n' });
    expect(readFileSync(join(root, 'dist/cli.js'), 'utf8')).toBe('export const version = 1;\n');
    expect(readdirSync(join(root, '.cache'))).toEqual([]);
  });

  it('gives every one of several builds at the same time a whole dist', async () => {
    const root = freshCheckout();
    start(root, ['x']);
    writeFileSync(join(root, 'src/cli.ts'), 'export const version = 3;\n');
    const builds = [1, 2, 3, 4, 5, 6].map(() =>
      spawn(process.execPath, [join(root, 'scripts/build.js')], { cwd: root }),
    );
    const codes = await Promise.all(builds.map(async (build) => (await once(build, 'close'))[0]));
    expect(codes).toEqual([0, 0, 0, 0, 0, 0]);
    expect(readdirSync(join(root, '.cache'))).toEqual([]);
    expect(answer(start(root, ['x']))).toMatchObject({ version: 3 });
  });

  it('puts its build in place although another one was a moment faster', () => {
    const root = freshCheckout();
    const meddle = `import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
const { renameSync } = fs;
let met = false;
fs.renameSync = (from, to) => {
  if (!met && to.endsWith('dist')) {
    met = true;
    fs.mkdirSync('dist/another', { recursive: true });
  }
  renameSync(from, to);
};
syncBuiltinESMExports();
`;
    const result = start(root, ['x'], { NODE_OPTIONS: preload(meddle) });
    expect(answer(result)).toMatchObject({ version: 1 });
    expect(readdirSync(join(root, 'dist')).sort()).toEqual(['.build', 'cli.js']);
  });

  it('runs autosync in the folder it was called from, with what npm added to the environment taken out again', () => {
    const root = freshCheckout();
    const own = [join(root, 'own', 'bin'), dirname(process.execPath)];
    const PATH = [join(root, 'node_modules', '.bin'), join(root, 'npm', 'node-gyp-bin'), ...own].join(delimiter);
    const result = start(root, ['x'], { INIT_CWD: tmpdir(), npm_config_yes: 'true', PATH });
    expect(answer(result)).toMatchObject({ cwd: tmpdir(), npm: [], path: own.join(delimiter) });
  });

  it("passes autosync's exit code on", () => {
    expect(start(freshCheckout(), ['conflict'])).toMatchObject({ status: 10 });
  });

  it('shows the demonstration when it is given nothing to do', () => {
    expect(start(freshCheckout(), [])).toMatchObject({ status: 0, stdout: 'a demonstration\n' });
  });

  it.each([
    ['18.20.8', 1],
    ['20.18.9', 1],
    ['20.19.0', 0],
    ['22.0.0', 0],
  ])('answers Node %s with the exit code %i', (version, status) => {
    const root = freshCheckout();
    const pretend = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } })`;
    const result = start(root, ['x'], { NODE_OPTIONS: preload(pretend) });
    expect(result).toMatchObject({ status });
    expect(result.stderr.includes('autosync needs Node 20.19 or newer')).toBe(status === 1);
    expect(existsSync(join(root, 'node_modules'))).toBe(status === 0);
  });
});
