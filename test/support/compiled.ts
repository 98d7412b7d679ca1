import { cpSync, mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, buildSync } from 'esbuild';
import ts from 'typescript';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Translates some folders of `src` to JavaScript in a new folder, which is returned, for tests that need processes of
 * their own: no version of Node from 20 on runs TypeScript everywhere. Types are not checked.
 */
export function compiledSources(...folders: readonly string[]): string {
  const target = mkdtempSync(join(tmpdir(), 'compiled-'));
  for (const folder of folders) compileFolder(join(ROOT, 'src', folder), join(target, 'src', folder));
  makePackage(target);
  return target;
}

/**
 * Joins a script, which imports from `./src`, and all that it needs into one program in a new folder, and returns its
 * path: a process that is started hundreds of times spends most of its time on finding and reading small modules.
 */
export function bundledScript(script: string): string {
  const target = mkdtempSync(join(tmpdir(), 'bundled-'));
  const program = join(target, 'run.js');
  bundle({ stdin: { contents: script, resolveDir: ROOT, loader: 'ts' } }, program);
  makePackage(target);
  return program;
}

/** Makes a folder the package: what our hg loads is found there, too. */
function makePackage(target: string): void {
  for (const name of ['package.json', 'templates']) cpSync(join(ROOT, name), join(target, name), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(target, 'node_modules'));
}

/** Packages written for `require` find it in a module, too. */
const REQUIRE = `import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);`;

/** Makes one file of a program; packages that look for files beside themselves stay what they are. */
export function bundle(entry: Pick<BuildOptions, 'stdin' | 'entryPoints'>, outfile: string): void {
  buildSync({
    ...entry,
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    external: ['node-notifier', 'chokidar'],
    banner: { js: REQUIRE },
    logLevel: 'warning',
  });
}

function compileFolder(from: string, to: string): void {
  cpSync(from, to, { recursive: true });
  for (const name of readdirSync(from, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.ts')) continue;
    const { outputText } = ts.transpileModule(readFileSync(join(from, name), 'utf8'), {
      compilerOptions: { target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.ESNext, verbatimModuleSyntax: true },
    });
    writeFileSync(join(to, name.replace(/\.ts$/, '.js')), outputText);
  }
}
