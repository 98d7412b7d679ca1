import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AutosyncError } from '../../../src/model/errors.js';
import { asAbsolute } from '../../../src/model/paths.js';
import { cronCommand, cronLine } from '../../../src/scheduler/cron-line.js';

const home = asAbsolute('/home/me');
const command = (launcher: string): string => cronCommand({ launcher: asAbsolute(launcher), home });

/** What cron makes of the end of a line (cronie, do_command.c): `\%` is `%`, and a bare `%` ends the command. */
function asCronReads(text: string): string {
  let read = '';
  let escaped = false;
  for (const character of text) {
    if (!escaped && character === '%') return read;
    read = escaped && character === '%' ? `${read.slice(0, -1)}%` : read + character;
    escaped = !escaped && character === '\\';
  }
  return read;
}

describe('the command in a crontab', () => {
  it.each([
    ['/home/me/.local/share/autosync/run', '"$HOME/.local/share/autosync/run" snapshot --due'],
    ['/home/me/my data/run', '"$HOME/my data/run" snapshot --due'],
    ["/home/me/it's/run", '"$HOME/it\'s/run" snapshot --due'],
    ['/home/me/$x/run', "'/home/me/$x/run' snapshot --due"],
    ['/home/me2/run', "'/home/me2/run' snapshot --due"],
    ["/opt/it's/run", "'/opt/it'\\''s/run' snapshot --due"],
  ])('for %s is %s', (launcher, expected) => {
    expect(command(launcher)).toBe(expected);
  });

  it('calls that launcher, whatever its name, after cron and a shell have read it', () => {
    const names = fc
      .stringMatching(/^[ -~éü日]{1,30}$/)
      .filter((name) => !name.includes('\\%') && !name.includes('/'))
      .map((name) => `/home/me/${name}/run`);
    fc.assert(
      fc.property(names, (launcher) => {
        const line = cronLine('*/5', command(launcher));
        expect(line.startsWith('*/5 * * * * ')).toBe(true);
        const read = asCronReads(line.slice('*/5 * * * * '.length));
        const heard = execFileSync('/bin/sh', ['-c', `printf '%s\\n' ${read}`], {
          env: { HOME: home },
          encoding: 'utf8',
        });
        expect(heard).toBe(`${launcher}\nsnapshot\n--due\n`);
      }),
      { numRuns: 50 },
    );
  });

  it.each([
    ['/home/me/a\nb/run', 'has a control character'],
    ['/home/me/a\tb/run', 'has a control character'],
    ['/home/me/a\\%b/run', "has a backslash before '%'"],
    [`/home/me/${'x'.repeat(1_000)}/run`, 'is too long'],
    [`/home/me/${'é'.repeat(490)}/run`, 'is too long'],
    [`/home/me/${'%'.repeat(490)}/run`, 'is too long'],
  ])('is refused where cron could not hold it (%#)', (launcher, why) => {
    let error: unknown;
    try {
      cronLine('*', command(launcher));
    } catch (reason) {
      error = reason;
    }
    expect(error).toBeInstanceOf(AutosyncError);
    expect(error).toMatchObject({ kind: 'environment', message: expect.stringContaining(`it ${why}`) });
    expect(error).toMatchObject({ message: expect.not.stringContaining('\n') });
  });

  it('may have up to 998 bytes', () => {
    const longest = command(`/home/me/${'x'.repeat(998 - '"$HOME//run" snapshot --due'.length)}/run`);
    expect(longest).toHaveLength(998);
    expect(cronLine('*', longest)).toHaveLength(998 + '* * * * * '.length);
    expect(() => cronLine('*', `${longest}x`)).toThrow('too long');
  });
});
