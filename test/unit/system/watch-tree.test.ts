import { mkdirSync, mkdtempSync, realpathSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { asAbsolute } from '../../../src/model/paths.js';
import { fsPath } from '../../../src/system/path-bytes.js';
import { type WatchLoss, watchTree } from '../../../src/system/watch-tree.js';

type Seen = {
  readonly top: string;
  readonly names: () => readonly string[];
  /** Waits until a name was seen. */
  readonly see: (name: string) => Promise<void>;
  readonly loss: Promise<WatchLoss>;
  readonly close: () => Promise<void>;
};

/** Watches a new folder that has others in it. */
async function watched(...except: readonly string[]): Promise<Seen> {
  const top = join(realpathSync(mkdtempSync(join(tmpdir(), 'watch-'))), 'a [b]* {c}');
  for (const folder of ['sub/deep', 'left-out', '.git', '.hg']) mkdirSync(join(top, folder), { recursive: true });
  const names: string[] = [];
  const waiting = new Set<() => void>();
  const onEvent = (name: string): void => {
    names.push(name);
    for (const look of waiting) look();
  };
  let lose: (loss: WatchLoss) => void = () => undefined;
  const loss = new Promise<WatchLoss>((resolve) => {
    lose = resolve;
  });
  const folders = except.map((name) => asAbsolute(join(top, name)));
  const watch = await watchTree({ top: asAbsolute(top), except: folders, onEvent, onLost: lose });
  const see = (name: string): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (names.includes(name)) resolve();
      };
      waiting.add(look);
      look();
    });
  return { top, names: () => names, see, loss, close: watch.close };
}

it('tells of a file in a folder below, whatever its name is', async () => {
  const seen = await watched();
  writeFileSync(join(seen.top, 'sub/deep/new\nline'), 'x');
  await seen.see('new\nline');
  writeFileSync(fsPath(`${seen.top}/sub/b\udcff`), 'x');
  await seen.see('b\ufffd');
  await seen.close();
  expect(seen.names()).toContain('b\ufffd');
});

it('tells nothing of the metadata of a repository, of what is excepted, and after it was closed', async () => {
  const seen = await watched('left-out');
  for (const path of ['.git/index', '.hg/dirstate', 'left-out/x']) writeFileSync(join(seen.top, path), 'x');
  writeFileSync(join(seen.top, 'last'), 'x');
  await seen.see('last');
  await seen.close();
  writeFileSync(join(seen.top, 'too-late'), 'x');
  expect(new Set(seen.names())).toEqual(new Set(['last']));
});

it('tells once that its folder has another name', async () => {
  const seen = await watched();
  renameSync(seen.top, `${seen.top} elsewhere`);
  expect(await seen.loss).toMatchObject({ kind: 'gone' });
  await seen.close();
});
