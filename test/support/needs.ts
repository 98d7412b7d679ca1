import { appendFileSync } from 'node:fs';
import { expect } from 'vitest';
import { isPresent } from '../../scripts/steps/programs.js';

const answers = new Map<string, boolean>();

/**
 * Tells whether a program that a suite cannot do without is there: `describe.skipIf(!needs('cron'))`.
 * The only reason for which a suite may be left out: it is said loudly here, and again at the end of `npm test`.
 * Programs that are more than a file on PATH (`python3-dbus`, `cc`) have their proof in `scripts/steps/programs.js`.
 */
export const needs = (program: string): boolean => needsThat(program, () => isPresent(program));

/** The same of something that is no program and has a proof of its own. */
export function needsThat(what: string, holds: () => boolean): boolean {
  const known = answers.get(what);
  if (known !== undefined) return known;
  const present = holds();
  answers.set(what, present);
  if (!present) leaveOut(what, expect.getState().testPath ?? 'a suite');
  return present;
}

function leaveOut(program: string, suite: string): void {
  console.warn(`\n!!! '${program}' is missing: tests that need it are LEFT OUT of ${suite}\n`);
  const list = process.env['AUTOSYNC_TEST_LEFT_OUT'];
  if (list !== undefined) appendFileSync(list, `${program}\t${suite}\n`);
}
