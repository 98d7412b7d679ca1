import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { asAbsolute } from '../../../src/model/paths.js';
import { parseSchedule } from '../../../src/scheduler/schedule-text.js';
import { mergeSettings } from '../../../src/store/config.js';
import { readSharedSettings, type SharedSettings } from '../../../src/store/shared-file.js';
import { parseToml } from '../../../src/store/toml.js';

let top: string;

beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), 'shared-'));
});
afterEach(() => rmSync(top, { recursive: true }));

const write = (text: string | Uint8Array): void => writeFileSync(join(top, '.autosync.toml'), text);
const read = (): SharedSettings => readSharedSettings(asAbsolute(top), parseSchedule);
const settings = (): Readonly<Record<string, unknown>> => Object.fromEntries(read().toml?.entries ?? []);

describe('what a repository brings along', () => {
  it('is nothing without a file', () => {
    expect(read()).toEqual({ toml: undefined, problems: [], unknown: [] });
  });

  it('may be five settings', () => {
    write(`include = ["notes"]
ignore = ["*.log"]
conflict = "pause"
max-file-size = "1MB"
message = "{machine}: {event}"
`);
    expect(read().problems).toEqual([]);
    expect(Object.keys(settings())).toEqual(['include', 'ignore', 'conflict', 'max-file-size', 'message']);
  });

  it.each([
    'notify-command = ["sh", "-c", "touch /tmp/x"]',
    'remote = "elsewhere"',
    'tracked-hooks = true',
    'secrets-guard = false',
    'mode = "follow"',
    'machine = "other"',
    'schedule = "every 1m"',
    '__proto__ = { sign = true }',
    'ignore = ["../outside"]',
    'ignore = ["{a,b}{a,b}"]',
    'conflict = "delete"',
    'max-file-size = 5',
    'message = "{secret}"',
    '[webhook]',
  ])('is passed over and named where it is not allowed: %s', (line) => {
    write(`message = "{event}!"\n${line}\n`.replace(/^message.*\n(?=message)/, ''));
    const found = read();
    expect(found.problems).toHaveLength(1);
    expect(found.problems[0]).toContain('.autosync.toml');
    expect(Object.keys(settings())).toEqual(line.startsWith('message') ? [] : ['message']);
    expect(found.unknown).toEqual(line.startsWith('ignore') ? ['ignore'] : []);
  });

  it.each([
    ['is no TOML', 'message = '],
    ['is not text', Buffer.from([0xff, 0xfe])],
    ['is nested without end', `a = ${'['.repeat(30_000)}`],
    ['is huge', `# ${'x'.repeat(70_000)}\nmessage = "{event}"`],
    ['is what a power cut leaves', '\0\0\0'],
  ])('is passed over as a whole where the file %s', (_, content) => {
    write(content);
    const problems = [expect.stringContaining('is passed over')];
    expect(read()).toEqual({ toml: undefined, problems, unknown: ['include', 'ignore'] });
  });

  it('is never read through a link, nor from what is no file', () => {
    writeFileSync(join(top, 'elsewhere.toml'), 'message = "{event}!"\n');
    symlinkSync('elsewhere.toml', join(top, '.autosync.toml'));
    expect(read()).toMatchObject({ toml: undefined, problems: [expect.stringContaining('no plain file')] });
    rmSync(join(top, '.autosync.toml'));
    mkdirSync(join(top, '.autosync.toml'));
    expect(read()).toMatchObject({ toml: undefined, problems: [expect.stringContaining('no plain file')] });
  });

  it("rules over the machine's defaults, and the machine's own setting for the repository rules over it", () => {
    write('conflict = "pause"\nmessage = "shared"\n');
    const file = (text: string) => parseToml(asAbsolute('/x.toml'), Buffer.from(text));
    const own = file('message = "own"\n');
    const config = file('conflict = "prefer-local"\nmessage = "config"\nsign = true\n');
    const { conflict, message, sign } = mergeSettings([own, read().toml, config], parseSchedule);
    expect({ conflict, message, sign }).toEqual({ conflict: 'pause', message: 'own', sign: true });
  });
});
