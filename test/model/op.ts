import fc from 'fast-check';

/**
 * Few names, so that what several machines do meets: folders that may become files, and names that git quotes, that a
 * shell or a pathspec would read as something else, that differ only in their Unicode form, or that are no UTF-8 at all
 * (a byte outside it stands here as U+DC00 plus its value).
 */
export const PATHS = [
  'a.txt',
  'b.txt',
  'dir/c.txt',
  'dir/d.txt',
  'dir',
  'x/y/deep.md',
  'x',
  'odd\n"name" \\ $(x)',
  '-dash *?.md ',
  'caf\u00e9.txt',
  'cafe\u0301.txt',
  '\udcff\udcfe.bin',
  'note.log',
] as const;

/** One of {@link PATHS}. */
export type Path = (typeof PATHS)[number];

/** What an ignore rule may say: a kind of file, a folder, one file, and everything in a folder. */
export const PATTERNS = ['*.log', 'x/', 'b.txt', 'dir/*'] as const;

/** What `.gitattributes` may say of text files. */
export const ATTRIBUTES = ['*.txt text eol=crlf', '*.txt text eol=lf', '*.txt -text', '* text=auto'] as const;

/** What a save writes; each carries a token of its own. */
export type Content = 'text' | 'crlf' | 'binary' | 'large';

type On = { readonly on: number };

/** Something a person does to files. One that does not apply is a no-op. */
export type FileOp = On &
  (
    | { readonly kind: 'write'; readonly path: Path; readonly content: Content; readonly force: boolean }
    | { readonly kind: 'append'; readonly path: Path }
    | { readonly kind: 'edit'; readonly path: Path; readonly line: number }
    | { readonly kind: 'replace'; readonly path: Path; readonly content: Content }
    | { readonly kind: 'remove'; readonly path: Path }
    | { readonly kind: 'rename'; readonly path: Path; readonly to: Path }
    | { readonly kind: 'mode'; readonly path: Path }
    | { readonly kind: 'link'; readonly path: Path }
    | { readonly kind: 'ignore'; readonly pattern: (typeof PATTERNS)[number]; readonly shared: boolean }
    | { readonly kind: 'attributes'; readonly line: (typeof ATTRIBUTES)[number] }
  );

/** Something a person does with git. */
export type GitOp = On &
  /** Commits everything, or what is staged, or nothing but a note, for which the index need not change. */
  (
    | { readonly kind: 'commit'; readonly what: 'all' | 'staged' | 'note' }
    | { readonly kind: 'stage'; readonly path: Path }
    /** Stages one version of a file and goes on with another, as `git add --patch` does. */
    | { readonly kind: 'compose'; readonly path: Path }
    | { readonly kind: 'start'; readonly what: 'merge' | 'rebase' | 'detach' }
    | { readonly kind: 'finish'; readonly abort: boolean }
  );

/** What befalls a run that is a process of its own, at its n-th call that changes the file system. */
export type Cut = 'kill' | 'kill-after' | 'ENOSPC' | 'EIO';

/** A run, and what goes on beside it. */
export type RunOp = On &
  (
    | { readonly kind: 'run'; readonly trigger: 'manual' | 'scheduler' }
    | { readonly kind: 'twice' }
    | { readonly kind: 'meanwhile'; readonly nth: number; readonly act: FileOp | GitOp }
    | { readonly kind: 'cut'; readonly nth: number; readonly how: Cut }
    | { readonly kind: 'save'; readonly nth: number; readonly path: Path; readonly how: 'write' | 'append' | 'replace' }
  );

/** What a person asks autosync to do to files: each is a commit of its own, and a run. */
export type DeedOp = On &
  (
    | { readonly kind: 'undo'; readonly last: number }
    /** What the path held so many commits ago. */
    | { readonly kind: 'restore'; readonly path: Path; readonly back: number }
    /** Every conflict that is open, in the same way. */
    | { readonly kind: 'resolve'; readonly keep: 'mine' | 'theirs' | 'both' | 'done' }
  );

/** One step of a history: plain data, so that a story can be printed, shrunk and replayed. */
export type Op =
  | FileOp
  | GitOp
  | RunOp
  | DeedOp
  | { readonly kind: 'race' }
  | { readonly kind: 'network'; readonly up: boolean };

/** A history: how many machines there are, and what befalls them. */
export type Story = { readonly machines: number; readonly ops: readonly Op[] };

const on = fc.nat(4);
const path = fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...PATHS.slice(0, 7)) }, fc.constantFrom(...PATHS));
const content = fc.constantFrom<Content>('text', 'text', 'text', 'crlf', 'binary', 'large');

const of = <K extends Op['kind'], R>(kind: K, rest: { [P in keyof R]: fc.Arbitrary<R[P]> }) =>
  fc.record({ kind: fc.constant(kind), ...rest } as never) as unknown as fc.Arbitrary<Extract<Op, { kind: K }>>;

const saves: readonly fc.WeightedArbitrary<FileOp>[] = [
  { weight: 8, arbitrary: of('write', { on, path, content, force: fc.boolean() }) },
  { weight: 4, arbitrary: of('edit', { on, path, line: fc.nat(9) }) },
  { weight: 2, arbitrary: of('append', { on, path }) },
  { weight: 1, arbitrary: of('replace', { on, path, content }) },
  { weight: 3, arbitrary: of('remove', { on, path }) },
  { weight: 3, arbitrary: of('rename', { on, path, to: path }) },
  { weight: 1, arbitrary: of('mode', { on, path }) },
  { weight: 1, arbitrary: of('link', { on, path }) },
  { weight: 1, arbitrary: of('ignore', { on, pattern: fc.constantFrom(...PATTERNS), shared: fc.boolean() }) },
  { weight: 1, arbitrary: of('attributes', { on, line: fc.constantFrom(...ATTRIBUTES) }) },
];

const byHand: readonly fc.WeightedArbitrary<GitOp>[] = [
  { weight: 2, arbitrary: of('commit', { on, what: fc.constantFrom('all', 'staged', 'note') }) },
  { weight: 1, arbitrary: of('stage', { on, path }) },
  { weight: 1, arbitrary: of('compose', { on, path }) },
  { weight: 1, arbitrary: of('start', { on, what: fc.constantFrom('merge', 'rebase', 'detach') }) },
  { weight: 2, arbitrary: of('finish', { on, abort: fc.boolean() }) },
];

// The boundaries between two calls are more near the beginning, where every run comes by.
const call = fc.oneof(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 220 }));
const act = fc.oneof(
  ...saves,
  { weight: 3, arbitrary: of('commit', { on, what: fc.constantFrom('all', 'note') }) },
  { weight: 2, arbitrary: of('compose', { on, path }) },
  ...byHand,
);

const runs: readonly fc.WeightedArbitrary<Op>[] = [
  { weight: 12, arbitrary: of('run', { on, trigger: fc.constantFrom('manual', 'manual', 'scheduler') }) },
  { weight: 1, arbitrary: of('twice', { on }) },
  { weight: 2, arbitrary: of('race', {}) },
  { weight: 3, arbitrary: of('meanwhile', { on, nth: fc.integer({ min: 1, max: 30 }), act }) },
  {
    weight: 4,
    arbitrary: of('cut', { on, nth: call, how: fc.constantFrom('kill', 'kill', 'kill-after', 'ENOSPC', 'EIO') }),
  },
  { weight: 2, arbitrary: of('save', { on, nth: call, path, how: fc.constantFrom('write', 'append', 'replace') }) },
  { weight: 1, arbitrary: of('network', { up: fc.boolean() }) },
];

const deeds: readonly fc.WeightedArbitrary<DeedOp>[] = [
  { weight: 1, arbitrary: of('undo', { on, last: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 1, arbitrary: of('restore', { on, path, back: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 2, arbitrary: of('resolve', { on, keep: fc.constantFrom('mine', 'theirs', 'both', 'done') }) },
];

/** A step, of whatever kind, as often as it is worth. */
const anyOp: fc.Arbitrary<Op> = fc.oneof<fc.WeightedArbitrary<Op>[]>(...saves, ...byHand, ...runs, ...deeds);

/** What people do to files wherever they are kept, and runs: without what has a meaning for git alone. */
export type PlainOp = Exclude<FileOp, { kind: 'ignore' | 'attributes' }> | Extract<RunOp, { kind: 'run' }>;

const isPlain = (op: FileOp | RunOp): op is PlainOp =>
  !['ignore', 'attributes', 'twice', 'meanwhile', 'cut', 'save'].includes(op.kind);

const plainOp: fc.Arbitrary<PlainOp> = fc
  .oneof<fc.WeightedArbitrary<FileOp | RunOp>[]>(...saves, {
    weight: 8,
    arbitrary: of('run', { on, trigger: fc.constantFrom('manual', 'scheduler') }),
  })
  .filter(isPlain);

/** Histories of such steps alone, of about so many. */
export const plainStories = (steps: number): fc.Arbitrary<readonly PlainOp[]> =>
  fc.array(plainOp, { minLength: Math.ceil(steps / 2), maxLength: Math.ceil(steps * 1.5), size: 'max' });

/** Histories over so many machines, of about so many steps; all values are as likely, since none is a border here. */
export const stories = (machines: number, steps: number): fc.Arbitrary<Story> =>
  fc.record({
    machines: fc.constant(machines),
    ops: fc.noBias(fc.array(anyOp, { maxLength: 2 * steps, size: 'max' })),
  });
