import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, relative } from 'node:path';
import type { Reporter, TestCase, TestModule } from 'vitest/node';
import { CATALOGUE, type CatalogueRow } from './catalogue.js';

/** What became of a row: of the tests that it names, how many passed, and what is wrong with it, in words. */
type Judged = CatalogueRow & { readonly passed: number; readonly leftOut: number; readonly wrong: readonly string[] };

/**
 * Says at the end of a whole run which rows of the catalogue of faults have been shown: the table goes to a file, the
 * sum to the terminal. The run fails when a row names a test that failed, or that does not exist.
 */
export const catalogueReporter = (file: string): Reporter => ({
  onTestRunEnd: (modules: readonly TestModule[]) => {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const rows = CATALOGUE.map((row) => judge(row, tests));
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, renderTable(rows));
    for (const line of summary(rows)) console.log(line);
    if (rows.some(({ wrong }) => wrong.length > 0)) process.exitCode = 1;
  },
});

function judge(row: CatalogueRow, tests: readonly TestCase[]): Judged {
  const wrong: string[] = [];
  const named = row.tests.flatMap((pattern) => {
    const found = tests.filter((test) => nameOf(test).includes(pattern));
    if (found.length === 0) wrong.push(`there is no test '${pattern}'`);
    return found;
  });
  const inState = (state: string): readonly TestCase[] => named.filter((test) => test.result().state === state);
  wrong.push(...inState('failed').map((test) => `failed: ${nameOf(test)}`));
  return { ...row, passed: inState('passed').length, leftOut: inState('skipped').length, wrong };
}

const nameOf = (test: TestCase): string => `${relative('test', test.module.moduleId)} > ${test.fullName}`;

function* summary(rows: readonly Judged[]): Generator<string> {
  const shown = rows.filter(({ passed, wrong }) => passed > 0 && wrong.length === 0);
  const elsewhere = rows.filter(({ tests }) => tests.length === 0);
  yield `\ncatalogue of faults: ${rows.length} rows, ${shown.length} shown, ${elsewhere.length} not to be had in a test`;
  for (const { row, passed, leftOut, wrong } of rows) {
    if (wrong.length > 0) yield `  NOT SHOWN: ${row}: ${wrong.join('; ')}`;
    else if (passed === 0 && leftOut > 0) yield `  LEFT OUT, because a program is missing here: ${row}`;
  }
}

function renderTable(rows: readonly Judged[]): string {
  const lines = rows.map(({ part, row, tests, passed, leftOut, wrong, why }) => {
    const names = tests.map((name) => name.replaceAll('|', '\\|')).join('<br>');
    const left = leftOut === 0 ? '' : `, ${leftOut} left out`;
    const result = tests.length === 0 ? '–' : `${wrong.length === 0 ? '' : 'NO, '}${passed} passed${left}`;
    return `| ${part} | ${row} | ${names || why} | ${result} |`;
  });
  return `${['| | fault | tests | |', '|---|---|---|---|', ...lines].join('\n')}\n`;
}
