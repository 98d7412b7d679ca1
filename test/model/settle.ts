import { existsSync, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { busyWith, performGitOp, tokensInHistory } from './git-ops.js';
import { ask, type Replica } from './model-world.js';
import { broken, count, type Play } from './play.js';
import { expectHubOnlyMovedForward, expectSound, type Shown, showOf, wholeState } from './promises.js';
import { runAlone } from './run-ops.js';
import { tokensIn } from './tokens.js';

/**
 * Ends every fault and whatever a person was in the middle of, lets every machine run twice, and demands all that is
 * promised then.
 */
export async function settle(play: Play): Promise<void> {
  const { world } = play;
  if (existsSync(world.away)) renameSync(world.away, world.hub);
  for (const replica of world.replicas) {
    for (let tries = 0; tries < 2; tries += 1) {
      await performGitOp(world, replica, { kind: 'finish', on: 0, abort: tries > 0 }, play.tokens);
    }
    if (busyWith(replica) !== undefined) throw new Error(`${replica.name} is still in a ${busyWith(replica)}`);
  }
  await converge(play);
  const shown = await expectEqual(play);
  for (const replica of world.replicas) await expectNothingLeft(replica);
  await expectSound(world.hub);
  await expectHubOnlyMovedForward(world.hub);
  expectNoMarkers(shown);
  await expectNothingLost(play, shown);
  await expectCommitsKept(play);
  await expectQuiet(play);
}

/**
 * Two rounds; more only where a rule in `.gitignore` that came in brought files to light which had been ignored, and
 * those then meet on their part.
 */
async function converge(play: Play): Promise<void> {
  const { replicas, hub } = play.world;
  const most = 2 + replicas.length;
  for (let round = 1; round <= most; round += 1) {
    for (const replica of replicas) await runAlone(play, replica);
    if (round < 2) continue;
    const heads = new Set([await ask(hub, 'rev-parse', 'main')]);
    for (const { top } of replicas) heads.add(await ask(top, 'rev-parse', 'HEAD'));
    if (heads.size === 1) {
      count(play, `converged in ${round} rounds`);
      return;
    }
  }
  broken('P3', `after ${most} rounds the machines stand on different commits`);
}

/** P3: all trees are equal, and clean. */
async function expectEqual({ world, lineEndsRuled }: Play): Promise<readonly Shown[]> {
  const all: Shown[] = [];
  for (const replica of world.replicas) all.push(await showOf(replica));
  const [first] = all;
  for (const [n, shown] of all.entries()) {
    const difference = differenceOf(first?.files ?? new Map(), shown.files).filter(
      (path) => !lineEndsRuled || unixLines(first?.files.get(path)) !== unixLines(shown.files.get(path)),
    );
    if (difference.length > 0) {
      broken('P3', `${world.replicas[n]?.name} and ${world.replicas[0]?.name} differ in ${JSON.stringify(difference)}`);
    }
  }
  return all;
}

const unixLines = (bytes: Buffer | undefined): string | undefined => bytes?.toString('latin1').replaceAll('\r\n', '\n');

function differenceOf(one: ReadonlyMap<string, Buffer>, other: ReadonlyMap<string, Buffer>): readonly string[] {
  const paths = new Set([...one.keys(), ...other.keys()]);
  return [...paths].filter((path) => one.get(path)?.equals(other.get(path) ?? Buffer.from('absent')) !== true);
}

/**
 * What a run may leave in our own folder: the old versions of its last placement, until the next one has looked at them;
 * what `undo` reads; and a lock in the making that does not say yet whose it is, for a minute.
 */
const MAY_BE_LEFT = /^(aside-\d+-\d+|runs\.json|lock(\.[0-9a-f]{16})+\.new)$/;

/** P2: no conflict markers, no half states, no locks, a sound repository. */
async function expectNothingLeft(replica: Replica): Promise<void> {
  const gitFolder = join(replica.top, '.git');
  for (const entry of readdirSync(gitFolder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile() && entry.name.endsWith('.lock')) broken('P2', `'${entry.name}' is left on ${replica.name}`);
  }
  const ours = join(gitFolder, 'autosync');
  const left = existsSync(ours) ? readdirSync(ours).filter((name) => !MAY_BE_LEFT.test(name)) : [];
  if (left.length > 0) broken('P2', `${replica.name} is left with ${left.join(', ')}`);
  for (const name of ['MERGE_HEAD', 'rebase-merge', 'CHERRY_PICK_HEAD']) {
    if (existsSync(join(gitFolder, name))) broken('P2', `${replica.name} is left with ${name}`);
  }
  await expectSound(replica.top);
}

/** P1, in its strong form: what nobody overwrote is in every tree, and what was once called synced is in the history. */
async function expectNothingLost({ world, tokens }: Play, shown: readonly Shown[]): Promise<void> {
  const files = shown.flatMap(({ ignored }) => [...ignored.values()]).concat([...(shown[0]?.files.values() ?? [])]);
  const visible = new Set(files.flatMap((bytes) => tokensIn(bytes)));
  const missing = tokens.live().filter((token) => !visible.has(token));
  const history = new Set(await tokensInHistory(world.hub));
  const forgotten = tokens.owedForGood().filter((token) => !history.has(token));
  if (forgotten.length > 0) broken('P1', `${forgotten.join(', ')} had been called synced, and is not in the history`);
  if (missing.length === 0) return;
  for (const { top } of world.replicas) for (const token of await tokensInHistory(top)) history.add(token);
  const lost = missing.filter((token) => !history.has(token));
  if (lost.length > 0) broken('P1', `${lost.join(', ')} is nowhere any more, and nobody overwrote it`);
  broken('P1 (no silent loser)', `${missing.join(', ')} is in the history only, and nobody overwrote it`);
}

/** P1, of commits: what a person committed by hand is part of the common history. */
async function expectCommitsKept({ world, commits }: Play): Promise<void> {
  const history = new Set((await ask(world.hub, 'rev-list', 'main')).split('\n'));
  const lost = commits.filter((id) => !history.has(id));
  if (lost.length > 0) broken('P1', `the commit ${lost.join(', ')} that was made by hand is not in the history`);
}

/** P2: no file holds what git writes where it could not merge. */
function expectNoMarkers([first]: readonly Shown[]): void {
  for (const [path, bytes] of first?.files ?? []) {
    if (/^(<{7}|>{7}) /m.test(bytes.toString('latin1'))) broken('P2', `'${path}' holds conflict markers`);
  }
}

/** P3: one more run changes nothing. */
async function expectQuiet(play: Play): Promise<void> {
  const { replicas, hub } = play.world;
  const stateOfAll = async (): Promise<readonly string[]> => [
    await ask(hub, 'for-each-ref'),
    ...(await Promise.all(replicas.map(wholeState))),
    ...(await Promise.all(replicas.map(({ top }) => ask(top, 'for-each-ref')))),
  ];
  const before = await stateOfAll();
  for (const replica of replicas) await runAlone(play, replica);
  const after = await stateOfAll();
  if (JSON.stringify(before) !== JSON.stringify(after)) broken('P3', 'one more run everywhere changed something');
  const verdicts = play.log.slice(-replicas.length);
  for (const verdict of verdicts) if (!verdict.includes(': synced')) broken('P3', `in the end: ${verdict}`);
}
