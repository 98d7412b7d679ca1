import { cpSync, mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Translates some folders of `src` to JavaScript in a new folder, which is returned, for tests that need processes of
 * their own: no version of Node from 20 on runs TypeScript everywhere. Types are not checked.
 */
export function compiledSources(...folders: readonly string[]): string {
  const target = mkdtempSync(join(tmpdir(), 'compiled-'));
  for (const folder of folders) compileFolder(join(ROOT, 'src', folder), join(target, 'src', folder));
  cpSync(join(ROOT, 'package.json'), join(target, 'package.json'));
  symlinkSync(join(ROOT, 'node_modules'), join(target, 'node_modules'));
  return target;
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
