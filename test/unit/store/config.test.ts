import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { AutosyncError } from '../../../src/model/errors.js';
import type { Settings } from '../../../src/model/repo.js';
import { parseSchedule } from '../../../src/scheduler/schedule-text.js';
import { describeSettings, readSettings } from '../../../src/store/config.js';
import type { Locations } from '../../../src/store/locations.js';
import { fitMachineName, isMachineName } from '../../../src/store/setting-rules.js';
import type { SettingValue } from '../../../src/store/setting-types.js';
import { parseSetting, renderSetting, SETTINGS, settingNamed } from '../../../src/store/settings.js';
import { freshLocations } from '../../support/locations.js';

let locations: Locations;

beforeEach(() => {
  locations = freshLocations();
});

/** Reads the settings that a `config.toml` with the given content makes. */
function settingsOf(content: string | Uint8Array): Settings {
  mkdirSync(dirname(locations.configFile), { recursive: true });
  writeFileSync(locations.configFile, content);
  return readSettings(locations, parseSchedule);
}

/** Returns the error that something throws. */
function errorOf(work: () => unknown): AutosyncError {
  try {
    work();
  } catch (error) {
    if (error instanceof AutosyncError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

const typed = (name: string, text: string): SettingValue => parseSetting({ name, text, parseSchedule });

describe('settings without a file', () => {
  it('are the defaults', () => {
    const { machine, ...others } = readSettings(locations, parseSchedule);
    expect(isMachineName(machine)).toBe(true);
    expect(others).toEqual({
      schedule: { kind: 'every', seconds: 300 },
      mode: 'sync',
      conflict: 'keep-both',
      mostConflictCopies: 20,
      remote: '',
      settleSeconds: 2,
      maxFileBytes: 100_000_000,
      include: [],
      ignore: [],
      secretsGuard: true,
      deletionsLimit: { kind: 'percent', percent: 50 },
      message: '{event}',
      squashSeconds: 0,
      sign: false,
      trackedHooks: false,
      subrepositories: false,
      subrepositorySources: [],
      networkTimeoutSeconds: 120,
      notify: true,
      notifyCommand: [],
      notifyIncoming: false,
      conflictCommand: [],
      mergeTool: [],
      offlineNewsHours: 8,
    });
  });

  it('are the same with an empty file', () => {
    const defaults = readSettings(locations, parseSchedule);
    expect(settingsOf('')).toEqual(defaults);
    expect(settingsOf('# nothing yet\r\n')).toEqual(defaults);
  });
});

describe('config.toml', () => {
  it('sets each setting', () => {
    const settings = settingsOf(`\ufeffmachine = "desk"
schedule = "*/10 * * * *"
mode = "backup"
conflict = "pause"
max-conflict-copies = "5"
remote = "hub"
settle = "1m30s"
max-file-size = "2.5GiB"
include = ["notes", "*.md"]
ignore = ["**/tmp/*"]
secrets-guard = false
deletions-limit = "200"
message = "{machine}: {event}"
squash = "1h"
sign = true
tracked-hooks = true
subrepositories = true
subrepository-sources = ["https://example.invalid/lib"]
network-timeout = "30s"
notify = false
notify-command = ["tell", "--json"]
notify-incoming = true
conflict-command = ["tell", "me"]
merge-tool = ["meld", "{local}", "{merged}", "{remote}"]
offline-news = "1d12h"
`);
    expect(settings).toEqual({
      machine: 'desk',
      schedule: { kind: 'cron', expression: '*/10 * * * *' },
      mode: 'backup',
      conflict: 'pause',
      mostConflictCopies: 5,
      remote: 'hub',
      settleSeconds: 90,
      maxFileBytes: 2.5 * 1024 ** 3,
      include: ['notes', '*.md'],
      ignore: ['**/tmp/*'],
      secretsGuard: false,
      deletionsLimit: { kind: 'count', files: 200 },
      message: '{machine}: {event}',
      squashSeconds: 3600,
      sign: true,
      trackedHooks: true,
      subrepositories: true,
      subrepositorySources: ['https://example.invalid/lib'],
      networkTimeoutSeconds: 30,
      notify: false,
      notifyCommand: ['tell', '--json'],
      notifyIncoming: true,
      conflictCommand: ['tell', 'me'],
      mergeTool: ['meld', '{local}', '{merged}', '{remote}'],
      offlineNewsHours: 36,
    });
  });

  it.each([
    ['a syntax error', 'sign = true\nconflict = pause\n', 2, 'not valid TOML'],
    ['a key set twice', 'sign = true\nsign = false\n', 2, 'not valid TOML'],
    ['the NULs of a power cut', '\0\0\0\0', 1, 'not valid TOML'],
    ['an unknown key', '\n# a comment\n  setle = "3s"\n', 3, "unknown key 'setle'"],
    ['an unknown key in quotes', 'sign = true\n"max file size" = "3MB"\n', 2, "unknown key 'max file size'"],
    ['an unknown table', 'sign = true\n\n[webhooks]\nsecret = "x"\n', 3, "unknown table 'webhooks'"],
    ['an unknown list of tables', '[[mirror]]\nname = "x"\n', 1, "unknown table 'mirror'"],
    ['a dotted key', 'hooks.git = true\n', 1, "unknown table 'hooks'"],
    ['a dangerous key', '__proto__ = 1\n', 1, "unknown key '__proto__'"],
    ['a table for a setting', '[settle]\nseconds = 3\n', 1, '\'settle\' cannot be {"seconds":3}'],
    ['a number for a text', 'settle = 3\n', 1, "'settle' cannot be 3"],
    ['a text for yes or no', 'notify = "yes"\n', 1, "'notify' cannot be 'yes'"],
    ['a date', 'offline-news = 2030-01-01\n', 1, "'offline-news' cannot be"],
    ['a word that is none of the choice', 'conflict = "ours"\n', 1, "'conflict' cannot be 'ours'"],
    ['a bad schedule', 'schedule = "* * * *"\n', 1, "'schedule' cannot be '* * * *'"],
    ['a machine that no branch could be named after', 'machine = "my desk"\n', 1, "'machine' cannot be 'my desk'"],
    ['a remote that is an option', 'remote = "--upload-pack=x"\n', 1, "'remote' cannot be"],
    ['a remote that is a URL', 'remote = "https://host/x.git"\n', 1, "'remote' cannot be"],
    ['a message of two lines', 'message = "a\\nb"\n', 1, "'message' cannot be 'a\\nb'"],
    ['a message with a placeholder that there is not', 'message = "{user}"\n', 1, "'message' cannot be '{user}'"],
    ['a list with a number', 'notify-command = ["x", 1]\n', 1, "'notify-command' cannot be"],
    ['a program without a name', 'notify-command = [""]\n', 1, "'notify-command' cannot be"],
    ['a wait that would hold up every run', 'settle = "2h"\n', 1, "'settle' cannot be '2h'"],
    ['a limit that nothing passes', 'max-file-size = "0MB"\n', 1, "'max-file-size' cannot be '0MB'"],
    ['no time at all for the network', 'network-timeout = "0s"\n', 1, "'network-timeout' cannot be '0s'"],
  ])('with %s is refused with file and line', (_what, content, line, says) => {
    const error = errorOf(() => settingsOf(content));
    expect(error.kind).toBe('config');
    expect(error.message).toMatch(new RegExp(`^${locations.configFile}:${line}[: ]`));
    expect(error.message).toContain(says);
  });

  it('that is not UTF-8 is refused', () => {
    expect(errorOf(() => settingsOf(Buffer.from('message = "caf\xe9"\n', 'latin1'))).message).toBe(
      `${locations.configFile}: not valid TOML: the text is not UTF-8`,
    );
  });

  it('names the column of a syntax error', () => {
    expect(errorOf(() => settingsOf('conflict = pause\n')).message).toContain(`${locations.configFile}:1:12: `);
  });

  it('says what was meant by a misspelt key, and what is allowed for a wrong value', () => {
    expect(errorOf(() => settingsOf('setle = "3s"')).hints).toEqual(["did you mean 'settle'?"]);
    expect(errorOf(() => settingsOf('conflict = "ours"')).hints).toEqual([
      "expected 'keep-both', 'pause', 'prefer-local' or 'prefer-remote'",
    ]);
    expect(errorOf(() => settingsOf('schedule = "* * * *"')).message).toContain('4 fields');
    expect(errorOf(() => settingsOf('quite-another = 1')).hints[0]).toContain('max-file-size');
  });

  it('is quoted without passwords and control characters', () => {
    const error = errorOf(() => settingsOf('remote = "https://me:hidden@host/\\u001b[31m\\u202e"'));
    expect(error.message).not.toContain('hidden');
    expect(error.message).toMatch(/^[ -~]*$/);
  });
});

describe('describing settings', () => {
  it('says for each what it is and who says so', () => {
    settingsOf('settle = "3s"\nsign = true\nnotify-command = ["a b"]\n');
    const views = describeSettings(locations, { own: { sign: false, remote: 'hub' }, top: undefined, parseSchedule });
    const shown = Object.fromEntries(views.map((view) => [view.name, [view.value, view.from]]));
    expect(shown).toMatchObject({
      settle: ['3s', 'config'],
      sign: ['false', 'repository'],
      remote: ['hub', 'repository'],
      conflict: ['keep-both', 'default'],
      'notify-command': ['[ "a b" ]', 'config'],
    });
    expect(views.map((view) => view.name)).toEqual(SETTINGS.map((setting) => setting.name));
  });

  it('refuses what reading them would refuse', () => {
    expect(() => settingsOf('settle = 3')).toThrow();
    expect(() => describeSettings(locations, { own: {}, top: undefined, parseSchedule })).toThrow(
      "'settle' cannot be 3",
    );
  });
});

describe('a setting from the command line', () => {
  it('is judged like one from a file', () => {
    expect(errorOf(() => typed('settle', '2h'))).toMatchObject({
      kind: 'usage',
      message: "'settle' cannot be '2h'",
      hints: ["expected a duration from 0s to 10m, like '90s', '5m' or '1h30m'"],
    });
    expect(errorOf(() => typed('sign', 'yes')).hints).toEqual(['expected true or false']);
    expect(errorOf(() => typed('machin', 'x')).hints).toEqual(["did you mean 'machine'?"]);
  });

  it('becomes what a file holds', () => {
    expect(typed('sign', 'true')).toBe(true);
    expect(typed('settle', '5s')).toBe('5s');
    expect(typed('schedule', '@daily')).toBe('@daily');
    expect(typed('remote', '')).toBe('');
  });

  it('may be a list in brackets, one word, or nothing', () => {
    expect(typed('notify-command', '["tell", "a b"]')).toEqual(['tell', 'a b']);
    expect(typed('notify-command', '/usr/bin/tell')).toEqual(['/usr/bin/tell']);
    expect(typed('notify-command', '')).toEqual([]);
    for (const text of ['tell me', '["tell"', '["tell", 1]', '["tell"]\nsign = true', '"tell"']) {
      expect(() => typed('notify-command', text)).toThrow(AutosyncError);
    }
  });

  it('can be shown and typed again', () => {
    const words = fc.array(fc.string({ unit: 'grapheme' }).filter((word) => !word.includes('\0')));
    fc.assert(
      fc.property(words, (list) => {
        fc.pre(list[0] !== '');
        expect(typed('notify-command', renderSetting(list))).toEqual(list);
      }),
    );
  });
});

describe('every setting', () => {
  it.each(SETTINGS.map((setting) => [setting.name, setting] as const))(
    '%s has a default that is allowed',
    (name, setting) => {
      if (name !== 'machine') expect(renderSetting(typed(name, setting.default))).toBe(setting.default);
      expect(settingNamed(name)).toBe(setting);
    },
  );

  it('has a name and a help of its own', () => {
    expect(new Set(SETTINGS.map((setting) => setting.name)).size).toBe(SETTINGS.length);
    expect(new Set(SETTINGS.map((setting) => setting.help)).size).toBe(SETTINGS.length);
  });
});

describe('the name of a machine', () => {
  it('can be made from any host name', () => {
    const traps = fc.string({ unit: fc.constantFrom('.', '-', 'a', 'é', '.lock') });
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), traps), (host) => {
        expect(fitMachineName(host)).toSatisfy(isMachineName);
      }),
    );
  });

  it('stays what it is when it is fit already', () => {
    expect(fitMachineName('desk-2.home')).toBe('desk-2.home');
    expect(fitMachineName('Zoé’s MacBook')).toBe('Zoe-s-MacBook');
    expect(fitMachineName('')).toBe('machine');
  });

  it.each(['', '.a', 'a.', '-a', 'a..b', 'a.lock', 'a/b', 'a b', 'é', 'a\n', 'x'.repeat(64)])('is never %j', (name) => {
    expect(isMachineName(name)).toBe(false);
  });
});

describe('patterns of paths', () => {
  it.each(['*.log', 'build/', '/build', 'a/**/*.bin', '.cache', 'a b', 'ä?[0-9]', '*a*b*'])(
    "may be '%s'",
    (pattern) => {
      expect(settingsOf(`ignore = [${JSON.stringify(pattern)}]`).ignore).toEqual([pattern]);
    },
  );

  it.each([
    ['leads out of the tree', '../x'],
    ['leads out of the tree further down', 'a/../../x'],
    ['is empty', ''],
    ['has an empty name', 'a//b'],
    ['is the whole disk', '/'],
    ['is taken back', '!keep'],
    ['has braces, which multiply', '{a,b}'],
    ['has parentheses', '+(a|a)'],
    ['has a backslash', 'a\\b'],
    ['has a control character', 'a\u0007'],
    ['has stars across folders in a name', 'a**'],
    ['is longer than any name', 'a'.repeat(256)],
  ])('may be none that %s', (_, pattern) => {
    expect(errorOf(() => settingsOf(`ignore = [${JSON.stringify(pattern)}]`)).message).toContain("'ignore' cannot be");
  });

  it('are at most a hundred', () => {
    const list = (length: number): string => `include = [${Array(length).fill('"a"').join(', ')}]`;
    expect(settingsOf(list(100)).include).toHaveLength(100);
    expect(errorOf(() => settingsOf(list(101))).message).toContain("'include' cannot be");
  });
});

describe('the limit of removals', () => {
  it.each([
    ['0%', { kind: 'percent', percent: 0 }],
    ['100%', { kind: 'percent', percent: 100 }],
    ['0', { kind: 'count', files: 0 }],
    ['off', { kind: 'off' }],
  ])("may be '%s'", (text, limit) => {
    expect(settingsOf(`deletions-limit = "${text}"`).deletionsLimit).toEqual(limit);
  });

  it.each(['101%', '-1', '1.5', 'half', '', '%'])("may not be '%s'", (text) => {
    expect(errorOf(() => settingsOf(`deletions-limit = "${text}"`)).message).toContain("'deletions-limit' cannot be");
  });
});
