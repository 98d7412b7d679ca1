import { AutosyncError } from '../model/errors.js';
import type { AbsolutePath } from '../model/paths.js';
import { childEnvironment } from '../system/environment.js';
import { openChannel } from '../system/exec.js';
import { lastWords } from '../vcs/git/command.js';

/** What a commit is made of; files are written one after the other, removals come first. */
export type CommitRequest = {
  /** Ids of commits: some of them may have been made just now. */
  readonly parents: readonly string[];
  /** The `author` and `committer` lines. */
  readonly people: string;
  /** The `data` command with the message. */
  readonly message: Buffer;
  /** Commands that remove and write files. */
  readonly files: AsyncIterable<string | Buffer>;
};

/**
 * One `git fast-import`. What it has made is in the repository only after {@link FastImport.finish}: killed before that,
 * it leaves nothing that anybody refers to.
 */
export type FastImport = {
  /** Makes a commit and returns its id. */
  readonly commit: (request: CommitRequest) => Promise<string>;
  readonly finish: () => Promise<void>;
  /** Ends it at once. */
  readonly abandon: () => void;
};

/** The ref that fast-import moves; nobody looks at it. */
export const SCRATCH_REF = 'refs/autosync/import';

/** Ten minutes: so long the largest file may take to be compressed. */
const LIMIT_MS = 600_000;

const ARGUMENTS: readonly string[] = [
  // A power cut must not leave an empty pack of which the map says that it holds commits.
  ...['-c', 'core.fsync=committed,reference'],
  ...[
    '-c',
    'gc.auto=0',
    '-c',
    'maintenance.auto=0',
    '-c',
    'fastimport.unpackLimit=1',
    '-c',
    'core.bigFileThreshold=64m',
  ],
];

/** Starts `git fast-import` on a bare repository. */
export function startFastImport(gitDir: AbsolutePath): FastImport {
  const answers = lineQueue();
  let ended: { readonly exitCode: number; readonly words: string } | undefined;
  const channel = openChannel({
    program: 'git',
    // Without `--done` the end of the input, which is also our own end, would count as the end of the work.
    args: [...ARGUMENTS, `--git-dir=${gitDir}`, 'fast-import', '--quiet', '--done', '--force', '--date-format=raw'],
    cwd: gitDir,
    env: childEnvironment({ LC_ALL: 'C' }),
    onOutput: (piece) => answers.push(piece.toString('latin1')),
    onStderr: () => undefined,
    onEnd: ({ stderr, error, exitCode }) => {
      ended = { exitCode, words: stderr };
      answers.end(error ?? importFailure(stderr));
    },
  });
  const limited = async (): Promise<string> => {
    const limit = setTimeout(() => channel.kill(), LIMIT_MS);
    try {
      return await answers.next();
    } finally {
      clearTimeout(limit);
    }
  };
  const marks = new Map<string, number>();
  let made = 0;
  const refer = (id: string): string => {
    const mark = marks.get(id);
    return mark === undefined ? id : `:${mark}`;
  };
  return {
    commit: async ({ parents, people, message, files }) => {
      made += 1;
      const mark = made;
      const [first, ...others] = parents;
      if (first === undefined) channel.write(Buffer.from(`reset ${SCRATCH_REF}\n\n`));
      channel.write(Buffer.from(`commit ${SCRATCH_REF}\nmark :${mark}\n${people}`));
      channel.write(message);
      if (first !== undefined) channel.write(Buffer.from(`from ${refer(first)}\n`));
      for (const parent of others) channel.write(Buffer.from(`merge ${refer(parent)}\n`));
      for await (const command of files) channel.write(Buffer.from(command));
      channel.write(Buffer.from(`\nget-mark :${mark}\n`));
      const id = await limited();
      if (!/^[0-9a-f]{40,64}$/.test(id)) throw new Error(`git fast-import answered '${id}' to get-mark`);
      marks.set(id, mark);
      return id;
    },
    finish: async () => {
      channel.write(Buffer.from('done\n'));
      channel.end();
      const failure = await limited().then(
        () => importFailure('it said more than it was asked'),
        (error: unknown) => error,
      );
      if (ended?.exitCode !== 0) throw failure;
    },
    abandon: () => channel.kill(),
  };
}

const importFailure = (words: string): AutosyncError =>
  new AutosyncError('failed', `git fast-import failed: ${lastWords(words)}`);

type LineQueue = {
  readonly push: (text: string) => void;
  readonly end: (error: AutosyncError) => void;
  readonly next: () => Promise<string>;
};

/** Hands out lines one at a time, to one who waits for each. */
function lineQueue(): LineQueue {
  const lines: string[] = [];
  let rest = '';
  let failure: AutosyncError | undefined;
  let waiting: { readonly resolve: (line: string) => void; readonly reject: (error: unknown) => void } | undefined;
  const settle = (): void => {
    if (waiting === undefined) return;
    const line = lines.shift();
    if (line === undefined && failure === undefined) return;
    if (line === undefined) waiting.reject(failure);
    else waiting.resolve(line);
    waiting = undefined;
  };
  return {
    push: (text) => {
      const parts = (rest + text).split('\n');
      rest = parts.pop() ?? '';
      lines.push(...parts);
      settle();
    },
    end: (error) => {
      failure = error;
      settle();
    },
    next: () =>
      new Promise((resolve, reject) => {
        waiting = { resolve, reject };
        settle();
      }),
  };
}
