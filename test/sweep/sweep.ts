import { ERRORS, READ_ERRORS } from '../support/cut.js';
import { attack } from './attack.js';
import { OPERATIONS, type Operation } from './operations.js';
import { badPaths, readsOfRound, someRead } from './reads.js';
import { type Reference, referenceOf } from './reference.js';
import { type Attack, STYLES } from './strike.js';

/** The operations with how they go undisturbed, each found out once. */
const references = new Map<string, Promise<Reference>>();

function known(operation: Operation): Promise<Reference> {
  const found = references.get(operation.name) ?? referenceOf(operation);
  references.set(operation.name, found);
  return found;
}

/** One attack of a sweep. */
export type Planned = { readonly operation: Operation; readonly attack: Attack };

type Kind = Attack extends infer One ? (One extends Attack ? Omit<One, 'at' | 'matching'> : never) : never;

/** What can be done at one call, in groups; what is most likely to find something comes first. */
function groupsFor({ targets }: Operation): readonly (readonly Kind[])[] {
  const styles = STYLES.filter((style) => style !== 'held-late');
  const saves = targets.flatMap((path) => styles.map((style) => ({ kind: 'save', style, path }) as const));
  const errors = (sticky: boolean): readonly Kind[] => ERRORS.map((error) => ({ kind: 'error', error, sticky }));
  return [[{ kind: 'kill' }], saves, errors(true), [{ kind: 'kill-after' }], [{ kind: 'kill-child' }], errors(false)];
}

/** What does not depend on a call. */
const lateWriters = ({ targets }: Operation): readonly Kind[] =>
  targets.map((path) => ({ kind: 'save', style: 'held-late', path }));

const planned = (operation: Operation, kind: Kind, at: number): Planned => ({
  operation,
  attack: { ...kind, at } as Attack,
});

/**
 * Lists every attack there is, in rounds. Each round goes through all operations and all groups of kinds, but takes
 * only every so many calls and at each of them one kind of the group: whenever time is over, all has been looked at
 * equally.
 */
export async function planAll(
  operations: readonly Operation[],
  { seed, stride, only }: { readonly seed: number; readonly stride: number; readonly only?: Class | undefined },
): Promise<readonly Planned[]> {
  const all = operations.flatMap((operation) => lateWriters(operation).map((kind) => planned(operation, kind, 1)));
  const variants = Math.max(...operations.flatMap((operation) => groupsFor(operation).map((group) => group.length)));
  const withReads = only === undefined || only === 'misread';
  const asPlanned = (operation: Operation, attacks: readonly Attack[]): readonly Planned[] =>
    attacks.map((one) => ({ operation, attack: one }));
  if (withReads)
    for (const operation of operations) all.push(...asPlanned(operation, badPaths(await known(operation))));
  for (let round = 0; round < stride * variants; round += 1) {
    for (const operation of operations) {
      all.push(...(await planRound(operation, { seed, stride, round })));
      if (!withReads) continue;
      all.push(...asPlanned(operation, await readsOfRound(await known(operation), { seed, stride, round })));
    }
  }
  return all.filter(({ attack }) => only === undefined || classOf(attack) === only);
}

/** What attacks can be told apart by; `error+` are errors that last. */
export const CLASSES = ['kill', 'kill-after', 'kill-child', 'save', 'error', 'error+', 'misread'] as const;

type Class = (typeof CLASSES)[number];

const classOf = (what: Attack): Class => (what.kind === 'error' && what.sticky ? 'error+' : what.kind);

/** Which part of a plan: `round` goes through `stride` parts, and then through them again with other kinds. */
export type Round = { readonly seed: number; readonly stride: number; readonly round: number };

async function planRound(operation: Operation, { seed, stride, round }: Round): Promise<readonly Planned[]> {
  const { calls } = await known(operation);
  const turn = Math.floor(round / stride);
  return groupsFor(operation).flatMap((group, n) => {
    const found: Planned[] = [];
    // Each group begins elsewhere, so that even the first round meets many calls.
    for (let at = 1 + ((seed + round + n * 7) % stride); at <= calls.length; at += stride) {
      const kinds = group.filter((kind) => canHappen(kind, calls[at - 1] ?? ''));
      const kind = kinds[(seed + turn + at) % kinds.length];
      if (kind !== undefined && turn < kinds.length) found.push(planned(operation, kind, at));
    }
    return found;
  });
}

/** Which calls can fail with an error: a full disk lets a file be removed. */
const FAILING: Readonly<Record<(typeof ERRORS)[number], RegExp>> = {
  ENOSPC: /^(open|write|fallocate|link|symlink|mkdir|mknod) /,
  EDQUOT: /^(open|write|fallocate|link|symlink|mkdir|mknod) /,
  EIO: /^/,
  EROFS: /^(open|rename|link|symlink|mkdir|mknod|unlink|rmdir|chmod) /,
  EACCES: /^(open|rename|link|symlink|mkdir|mknod|unlink|rmdir|chmod) /,
  EMFILE: /^open /,
};

/** An error that lasts meets a later call; one that comes once needs a call that can fail so. */
const canHappen = (kind: Kind, call: string): boolean =>
  kind.kind !== 'error' || kind.sticky || FAILING[kind.error].test(call);

/** Lists a few attacks on an operation, of every group, at calls that differ from seed to seed, and one on a call that reads. */
export async function planSome(operation: Operation, seed: number, count: number): Promise<readonly Planned[]> {
  const { calls } = await known(operation);
  const groups = [...groupsFor(operation), lateWriters(operation)].filter((group) => group.length > 0);
  const turn = seed + OPERATIONS.indexOf(operation);
  const some = Array.from({ length: count }, (_, n) => {
    const at = 1 + (Math.floor(seed + (n * calls.length) / count) % calls.length);
    // Every second one is a kill; the others take turns.
    const group = (n % 2 === 0 ? groups[0] : groups[(turn + (n >> 1)) % groups.length]) ?? [];
    const kinds = group.filter((kind) => canHappen(kind, calls[at - 1] ?? ''));
    return planned(operation, kinds[(turn + n) % kinds.length] ?? { kind: 'kill' }, at);
  });
  return [...some, { operation, attack: await someRead(await known(operation), seed) }];
}

/** What came of a sweep. */
export type Tally = {
  readonly operations: Map<string, Row>;
  readonly failures: string[];
};

/** How often what took place in an operation. */
export type Row = { calls: number; attacks: number; hubLocked: number; failed: number; counts: Map<string, number> };

/** Makes an empty tally. */
export const newTally = (): Tally => ({ operations: new Map(), failures: [] });

/** Makes attacks, several at a time, until there is none left or time is over. */
export async function sweep(
  attacks: readonly Planned[],
  tally: Tally,
  limits: { readonly jobs: number; readonly until?: number; readonly onFailure?: (words: string) => void },
): Promise<void> {
  const queue = attacks[Symbol.iterator]();
  const worker = async (): Promise<void> => {
    for (const one of queue) {
      if (limits.until !== undefined && Date.now() > limits.until) return;
      const words = await tried(one, tally);
      if (words !== undefined) limits.onFailure?.(words);
    }
  };
  await Promise.all(Array.from({ length: limits.jobs }, worker));
}

async function tried({ operation, attack: what }: Planned, tally: Tally): Promise<string | undefined> {
  const reference = await known(operation);
  const row = rowOf(tally, reference);
  row.attacks += 1;
  const name = nameOf(operation, what);
  let failures: readonly string[];
  try {
    const outcome = await attack(reference, what);
    if (outcome.happened > 0) row.counts.set(columnOf(what), (row.counts.get(columnOf(what)) ?? 0) + 1);
    if (outcome.hubLocked) row.hubLocked += 1;
    failures = outcome.failures;
  } catch (error) {
    failures = [String(error)];
  }
  if (failures.length === 0) return undefined;
  row.failed += 1;
  const at = (what.kind === 'misread' ? await reference.reads() : reference.calls)[what.at - 1] ?? 'the end';
  const words = [
    `${name}: ${at}`,
    ...failures.map((failure) => `  ${failure}`),
    `  npm run torture -- --repeat '${name}'`,
  ];
  tally.failures.push(words.join('\n'));
  return words.join('\n');
}

function rowOf(tally: Tally, { operation, calls }: Reference): Row {
  const found = tally.operations.get(operation.name);
  if (found !== undefined) return found;
  const row = { calls: calls.length, attacks: 0, hubLocked: 0, failed: 0, counts: new Map() };
  tally.operations.set(operation.name, row);
  return row;
}

const COLUMNS: readonly string[] = ['kill', 'kill-after', 'kill-child', 'save', ...ERRORS, 'misread'];

const columnOf = (what: Attack): string => (what.kind === 'error' ? what.error : what.kind);

/** Names an attack so that it can be repeated: `merge/kill/17`, `merge/EIO+/17`, `merge/append:a.txt/17`. */
function nameOf(operation: Operation, what: Attack): string {
  return [operation.name, kindName(what), what.at].join('/');
}

function kindName(what: Attack): string {
  if (what.kind === 'error') return `${what.error}${what.sticky ? '+' : ''}`;
  if (what.kind === 'misread')
    return what.path === undefined ? `${what.error}-read` : `${what.error}-at:${flat(what.path)}`;
  return what.kind === 'save' ? `${what.style}:${flat(what.path)}` : what.kind;
}

const flat = (path: string): string => path.replaceAll('/', '|');

/** Finds the attack that has a name. */
export function planNamed(name: string): Planned {
  const [operationName, kind, number] = name.split('/');
  const operation = OPERATIONS.find((one) => one.name === operationName);
  const [, path] = /^E[A-Z]+-at:(.+)$/.exec(kind ?? '') ?? [];
  const at = path === undefined ? {} : { path: path.replaceAll('|', '/') };
  const misreads = READ_ERRORS.map((error) => ({ kind: 'misread', error, ...at }) as const);
  const all = operation === undefined ? [] : [...groupsFor(operation).flat(), ...lateWriters(operation), ...misreads];
  const found = all.find((one) => kindName({ ...one, at: 1 } as Attack) === kind);
  if (operation === undefined || found === undefined) throw new Error(`there is no attack '${name}'`);
  return planned(operation, found, Number(number));
}

/** Returns the failures of one operation. */
export const failuresOf = (tally: Tally, { name }: Operation): readonly string[] =>
  tally.failures.filter((words) => words.startsWith(`${name}/`));

/** Returns how often something took place in all operations. */
export const total = (tally: Tally, column: string): number =>
  [...tally.operations.values()].reduce((sum, { counts }) => sum + (counts.get(column) ?? 0), 0);

/** Renders a tally as a table in Markdown. */
export function renderTally(tally: Tally): string {
  const head = ['operation', 'cut points', ...COLUMNS, 'hub locks', 'failures'];
  const rows = [...tally.operations].map(([name, { calls, counts, hubLocked, failed }]) => [
    name,
    calls,
    ...COLUMNS.map((column) => counts.get(column) ?? 0),
    hubLocked,
    failed,
  ]);
  const sums = head.slice(1).map((_, n) => rows.reduce((sum, row) => sum + Number(row[n + 1]), 0));
  const lines = [head, head.map(() => '---'), ...rows, ['all', ...sums]];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
