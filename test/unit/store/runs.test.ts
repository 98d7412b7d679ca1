import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { asAbsolute } from '../../../src/model/paths.js';
import { appendRun, type Run, readRuns } from '../../../src/store/runs.js';

const ID = 'a'.repeat(40);
const run = (at: number): Run => ({ kind: 'run', at, branch: 'main', from: ID, to: 'b'.repeat(40) });
const newFolder = (): ReturnType<typeof asAbsolute> => asAbsolute(mkdtempSync(join(tmpdir(), 'private-')));

describe('runs', () => {
  it('are read back in order, and the oldest give way', () => {
    const folder = newFolder();
    expect(readRuns(folder)).toEqual([]);
    for (let at = 0; at < 502; at += 1) appendRun(folder, run(at));
    const runs = readRuns(folder);
    expect(runs).toHaveLength(500);
    expect([runs[0], runs.at(-1)]).toEqual([run(2), run(501)]);
  }, 240_000);

  it.each(['', '\0\0\0', '[]', '{"runs":3}', '{"schema":1,"runs":[{"kind":"run"},{"kind":"x","at":1}]}'])(
    'a file that holds %j tells nothing, and is written anew',
    (text) => {
      const folder = newFolder();
      writeFileSync(join(folder, 'runs.json'), text);
      expect(readRuns(folder)).toEqual([]);
      appendRun(folder, run(1));
      expect(readRuns(folder)).toEqual([run(1)]);
    },
  );

  it('one whose ids are no ids is left out: it could be an option', () => {
    const folder = newFolder();
    const bad = { ...run(1), from: '--output=/tmp/x' };
    writeFileSync(join(folder, 'runs.json'), JSON.stringify({ schema: 1, runs: [bad, run(2)] }));
    expect(readRuns(folder)).toEqual([run(2)]);
  });
});
