import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { until } from '../support/cli.js';
import { canListProcesses, processesAt } from '../support/processes.js';
import { keepTable } from '../support/table.js';
import { FRONTS } from '../support/web-servers.js';
import { hasFront, send, startWebhookWorld, type WebhookWorld } from '../support/webhook-world.js';

const MANY = 200;
const STRANGERS = 50;
const LIMIT_MS = 900_000;
const QUIET_WITHIN_MS = 300_000;

/** Has the program write down, when it ends, how much memory it had at most, in kilobytes. */
const measuring = (folder: string): string =>
  `import { writeFileSync } from 'node:fs';
  process.on('exit', () => writeFileSync('${folder}/' + process.pid, String(process.resourceUsage().maxRSS)));`;

const seen: (readonly string[])[] = [];

afterAll(() => keepTable('webhook-burst', ['front', 'answers', 'runs started', 'memory (MB): least', 'most'], seen));

describe.skipIf(!canListProcesses()).each(Object.keys(FRONTS))('two hundred who ring at once, under %s', (front) => {
  it.skipIf(!hasFront(front))(
    'are all answered, with others who may not, and one run or a few come of it',
    async () => {
      const meter = makeMeter();
      const memory = join(meter.folder, 'seen');
      const world = await startWebhookWorld(front, '--import', meter.module);
      try {
        const started = countStarts(world);
        expect(await send(world.server.url)).toBe('202 taken');
        await untilQuiet(world, 'the first run has ended');
        const before = started();

        world.pushFromElsewhere('meanwhile.md');
        const all = Array.from({ length: MANY + STRANGERS }, (_, n) =>
          send(world.server.url, n % (MANY / STRANGERS + 1) === 0 ? { signature: '' } : {}),
        );
        const answers = await Promise.all(all);
        expect(counted(answers)).toEqual({ '202 taken': MANY, '401 the signature is missing or wrong': STRANGERS });

        await untilQuiet(world, 'the last run has ended');
        expect(existsSync(join(world.notes, 'meanwhile.md'))).toBe(true);
        const state = join(world.home.folder, '.local', 'state', 'autosync');
        expect(readdirSync(join(state, 'spool'))).toEqual([]);
        expect(readdirSync(join(state, 'webhook'))).toHaveLength(MANY + 1);
        const lines = readFileSync(join(state, 'log.jsonl'), 'utf8').trimEnd().split('\n');
        const statuses = lines.flatMap((line): readonly string[] => {
          const { event, status } = JSON.parse(line);
          return event === 'webhook' ? [String(status)] : [];
        });
        expect(counted(statuses)).toEqual({ 202: MANY + 1, 401: STRANGERS });

        const runs = started() - before;
        expect(runs).toBeGreaterThan(0);
        // One after the other, as long as rings come in: each is for all that have rung while the one before was at work.
        expect(runs).toBeLessThan(MANY / 2);
        const sizes = measured(memory);
        expect(sizes.length).toBeGreaterThan(0);
        const [least, most] = [Math.min(...sizes), Math.max(...sizes)];
        expect(most / least).toBeLessThan(1.5);
        const megabytes = (kilobytes: number): string => String(Math.round(kilobytes / 1024));
        seen.push([front, `${answers.length}`, `${runs}`, megabytes(least), megabytes(most)]);
      } finally {
        await world.stop();
        rmSync(meter.folder, { recursive: true });
      }
    },
    LIMIT_MS,
  );
});

/** Puts a program before the launcher that counts how often it is called; returns how to ask. */
function countStarts({ home, own }: WebhookWorld): () => number {
  const launcher = join(home.folder, '.local', 'share', 'autosync', 'run');
  const list = own('started');
  writeFileSync(list, '');
  chmodSync(list, 0o666);
  renameSync(launcher, `${launcher}.real`);
  writeFileSync(launcher, `#!/bin/sh\necho "$*" >>'${list}'\nexec '${launcher}.real' "$@"\n`, { mode: 0o755 });
  return () => readFileSync(list, 'utf8').split('\n').length - 1;
}

/** Waits until nobody answers, nobody runs and nothing waits; what still does is named. */
async function untilQuiet({ folder, home }: WebhookWorld, what: string): Promise<void> {
  let busy: readonly string[] = [];
  const isQuiet = (): boolean => {
    const processes = processesAt(folder).filter((line) => / webhook\b|snapshot/.test(line));
    busy = [...processes, ...readdirSync(join(home.folder, '.local', 'state', 'autosync', 'spool'))];
    return busy.length === 0;
  };
  await until(what, isQuiet, QUIET_WITHIN_MS).catch((error: unknown) => {
    throw new Error(`still busy: ${busy.join(', ')}`, { cause: error });
  });
}

/** Makes a folder in which every user's programs write down what they needed, and the module that has them do it. */
function makeMeter(): { readonly folder: string; readonly module: string } {
  // Apache's own user may not enter the folder that the tests' temporary files live in.
  const folder = mkdtempSync('/tmp/as-meter-');
  const module = join(folder, 'meter.mjs');
  mkdirSync(join(folder, 'seen'));
  writeFileSync(module, measuring(join(folder, 'seen')));
  for (const path of [folder, join(folder, 'seen')]) chmodSync(path, 0o777);
  return { folder, module };
}

/** Returns how much each had, in kilobytes; a server may end one that has answered before it has written that down. */
const measured = (folder: string): readonly number[] =>
  readdirSync(folder)
    .map((name) => Number(readFileSync(join(folder, name), 'utf8')))
    .filter((kilobytes) => kilobytes > 0);

function counted(words: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}
