import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ENTRIES, manual } from '../../../src/cli.js';
import { parseHelp } from '../../../src/commands/help-page.js';
import { needs } from '../../support/needs.js';

const PAGE = fileURLToPath(new URL('../../../man/autosync.1', import.meta.url));

/** How a terminal prints bold: the same character twice, with a backspace between. */
const OVERSTRUCK = new RegExp(`.${String.fromCharCode(8)}`, 'g');

it("man/autosync.1 is what the commands' help says (npm run docs)", async () => {
  expect(readFileSync(PAGE, 'utf8')).toBe(await manual());
});

it('has every command', () => {
  const page = readFileSync(PAGE, 'utf8').replaceAll('\\-', '-');
  const lines = ENTRIES.flatMap((entry) =>
    'parts' in entry ? entry.parts.map(({ usage }) => `${entry.usage} ${usage}`) : [entry.usage],
  );
  for (const line of lines) expect(page).toContain(`\n.SS autosync ${line}\n`);
});

it.skipIf(!needs('mandoc'))('is a page without a warning to mandoc', () => {
  const { stdout, stderr } = spawnSync('mandoc', ['-T', 'lint', '-W', 'warning', PAGE], { encoding: 'utf8' });
  // A date would be another with each day on which the page is made.
  expect((stdout + stderr).replace(/^.*missing date, using "": TH\n/m, '')).toBe('');
  const shown = spawnSync('mandoc', ['-T', 'utf8', PAGE], { encoding: 'utf8' }).stdout.replaceAll(OVERSTRUCK, '');
  const text = shown.replaceAll(/\s+/g, ' ');
  expect(text).toContain("--schedule value When to run: a cron expression such as '*/15 * * * *', or '@hourly'");
});

describe('the text of a help', () => {
  it('is read as words, options and examples', () => {
    const page = parseHelp(
      [
        'Positionals:',
        '  repo  A repository  [array] [string] [default: []]',
        '',
        'Options:',
        '  -n, --lines     How many [of them]  [number] [default: 20]',
        '      --conflict  What to do  [string] [choices: "keep-both", "pause"]',
        '      --all       Every one  [boolean] [default: false]',
        '',
        'Examples:',
        '  autosync x --all  do it  now',
      ].join('\n'),
    );
    const [lines, conflict, all] = page.options;
    expect(page.words).toMatchObject([{ names: ['repo'], describe: 'A repository', remarks: [] }]);
    expect(lines).toMatchObject({
      names: ['--lines', '-n'],
      describe: 'How many [of them]',
      takesValue: true,
      remarks: ['default: 20'],
    });
    expect(conflict).toMatchObject({ choices: ['keep-both', 'pause'], takesValue: true });
    expect(all).toMatchObject({ describe: 'Every one', takesValue: false });
    expect(page.examples).toEqual([{ line: 'autosync x --all', says: 'do it now' }]);
  });
});
