import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const CACHE = fileURLToPath(new URL('../../.cache', import.meta.url));

/** Keeps what a test has seen as a table, `.cache/<name>.md`, for whoever wants to read it. */
export function keepTable(name: string, head: readonly string[], rows: readonly (readonly string[])[]): void {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`;
  mkdirSync(CACHE, { recursive: true });
  writeFileSync(join(CACHE, `${name}.md`), [line(head), line(head.map(() => '---')), ...rows.map(line)].join(''));
}
