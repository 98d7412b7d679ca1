import { execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AbsolutePath, asAbsolute } from '../../../src/model/paths.js';
import { renderAgent } from '../../../src/scheduler/launchd-agent.js';
import { renderTask, repetitions } from '../../../src/scheduler/task-xml.js';
import { renderLauncher } from '../../../src/store/launcher.js';
import { needs } from '../../support/needs.js';

const ODD = asAbsolute(`/Users/ada/a b/it's <&> 100%/Grüße 日本/run`);
const QUARTERS = [7, 22, 37, 52];

const plist = (launcher: string, minutes: readonly number[] = QUARTERS): string =>
  renderAgent({ launcher: asAbsolute(launcher), minutes });

const task = (launcher: string, minutes: readonly number[] = QUARTERS): Buffer =>
  renderTask({ launcher: asAbsolute(launcher), minutes, second: 23 });

/** Reads a property list with a real parser. */
function readPlist(text: string): {
  readonly ProgramArguments: readonly string[];
  readonly StartCalendarInterval: unknown;
} {
  const script = 'import json, plistlib, sys; print(json.dumps(plistlib.loads(sys.stdin.buffer.read())))';
  return JSON.parse(execFileSync('/usr/bin/python3', ['-c', script], { input: text, encoding: 'utf8' }));
}

describe('the agent of launchd', () => {
  it('is that of the golden file', async () => {
    await expect(plist('/Users/ada/.local/share/autosync/run')).toMatchFileSnapshot('golden/autosync.plist');
  });

  it.skipIf(!needs('plistlib'))('says to a parser of property lists what it should', () => {
    expect(readPlist(plist(ODD))).toMatchObject({
      Label: 'autosync',
      ProgramArguments: [ODD, 'snapshot', '--due'],
      StartCalendarInterval: QUARTERS.map((minute) => ({ Minute: minute })),
      LimitLoadToSessionType: ['Aqua', 'Background'],
    });
    const every = Array.from({ length: 60 }, (_, minute) => minute);
    expect(readPlist(plist(ODD, every)).StartCalendarInterval).toEqual([{}]);
  });

  it('cannot name a launcher with a newline or bytes that are not UTF-8', () => {
    for (const launcher of ['/a\nb/run', '/caf\udce9/run'])
      expect(() => plist(launcher)).toThrow(/launchd cannot call/);
  });
});

/** The order of Microsoft's schema (MS-TSCH 2.5), as far as we use its elements. */
const ORDER: Readonly<Record<string, readonly string[]>> = {
  Task: ['RegistrationInfo', 'Triggers', 'Principals', 'Settings', 'Actions'],
  CalendarTrigger: ['Repetition', 'StartBoundary', 'Enabled', 'ScheduleByDay'],
  Repetition: ['Interval', 'Duration', 'StopAtDurationEnd'],
  Principal: ['LogonType', 'RunLevel'],
  Exec: ['Command', 'Arguments'],
};

/** Asks a real parser for the names of the children of the first element of each name, and for the arguments. */
function readTask(file: string): {
  readonly children: Readonly<Record<string, readonly string[]>>;
  readonly said: string;
} {
  const script = `
import json, sys, xml.etree.ElementTree as tree
short = lambda element: element.tag.split("}")[1]
children = {}
for element in tree.parse(sys.argv[1]).getroot().iter():
    children.setdefault(short(element), [short(child) for child in element])
    if short(element) == "Arguments":
        said = element.text
print(json.dumps({"children": children, "said": said}))`;
  return JSON.parse(execFileSync('/usr/bin/python3', ['-c', script, file], { encoding: 'utf8' }));
}

describe('the task of Task Scheduler', () => {
  it('is that of the golden file', async () => {
    const text = task('C:\\Users\\ada\\AppData\\Local\\autosync\\run.cmd').toString('utf16le');
    await expect(text.replace(/^\ufeff/, '').replaceAll('\r', '')).toMatchFileSnapshot('golden/autosync.xml');
  });

  it('is UTF-16LE with a byte order mark, which all else is refused for', () => {
    const bytes = task(ODD);
    expect([...bytes.subarray(0, 4)]).toEqual([0xff, 0xfe, 0x3c, 0]);
    expect(bytes.toString('utf16le')).toContain('Grüße 日本');
    expect(bytes.toString('utf16le').match(/[^\r]\n/)).toBeNull();
  });

  it.skipIf(!needs('plistlib'))('has its elements in the order of the schema, and the launcher in its words', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'task-')), 'task.xml');
    writeFileSync(file, task(ODD, [7]));
    const { children, said } = readTask(file);
    expect(children).toMatchObject(ORDER);
    expect(said).toBe(`--headless cmd.exe /d /s /c ""${ODD}" snapshot --due"`);
  });

  it('cannot name a launcher that cmd.exe would call by another name', () => {
    for (const launcher of ['/a"b', '/%HOME%/run', '/a\nb', '/caf\udce9/run']) {
      expect(() => task(launcher)).toThrow(/Task Scheduler cannot call/);
    }
  });

  it('has no more than 48 triggers, and comes at every minute that is wanted', () => {
    const minutes = fc.uniqueArray(fc.integer({ min: 0, max: 59 }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(minutes, (set) => {
        const wanted = [...set].sort((a, b) => a - b);
        const triggers = repetitions(wanted);
        const all = Array.from({ length: 60 }, (_, minute) => minute);
        const comes = all.filter((minute) => triggers.some(({ first, every }) => (minute - first) % every === 0));
        expect(triggers.length).toBeLessThanOrEqual(48);
        expect(comes).toEqual(wanted.length > 48 && triggers.length === 1 ? all : wanted);
      }),
    );
  });

  it.each([
    ['a quarter of an hour', QUARTERS, [{ first: 7, every: 15 }]],
    ['every minute', Array.from({ length: 60 }, (_, minute) => minute), [{ first: 0, every: 1 }]],
    ['once an hour', [59], [{ first: 59, every: 60 }]],
    ['odd minutes', [3, 4], [3, 4].map((first) => ({ first, every: 60 }))],
  ])('for %s has the fewest triggers', (_what, minutes, expected) => {
    expect(repetitions(minutes)).toEqual(expected);
  });
});

describe('the launcher of Windows', () => {
  it('is that of the golden file', async () => {
    const at = (path: string): AbsolutePath => asAbsolute(`C:\\Users\\ada\\${path}`);
    const text = renderLauncher(
      {
        entry: at('autosync\\bin\\autosync.js'),
        state: at('100% mine\\state'),
        home: at(''),
        node: at('nvm\\v22.1.0\\node.exe'),
        stableNode: 'C:\\Program Files\\nodejs\\node.exe',
        path: 'C:\\Program Files\\Git\\cmd',
        sshAuthSock: '',
        umask: 0o22,
        configHome: '',
        dataHome: '',
        stateHome: '',
      },
      'win32',
    );
    expect(text.match(/[^\r]\n/)).toBeNull();
    await expect(text.replaceAll('\r', '')).toMatchFileSnapshot('golden/run.cmd');
  });
});
