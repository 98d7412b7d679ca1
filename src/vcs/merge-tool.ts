import type { AbsolutePath, RelativePath } from '../model/paths.js';
import { realPath } from '../system/files.js';
import { isAtOrBelow } from './conflict-copy.js';

/** The files that a merge tool works on; their names hold nothing that a shell would take for its own. */
export type MergeFiles = {
  /** The common ancestor; an empty file where there is none. */
  readonly base: AbsolutePath;
  readonly local: AbsolutePath;
  readonly remote: AbsolutePath;
  /** Where the tool puts what comes of it. */
  readonly merged: AbsolutePath;
  readonly hasBase: boolean;
};

/** A program to start, and what it needs in its environment. */
export type ToolCommand = {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
};

/** A merge tool that the person has set up. */
export type MergeTool = {
  readonly name: string;
  /** Says how it is started on some files; the path is what they are versions of. */
  readonly start: (files: MergeFiles, path: RelativePath) => ToolCommand;
};

/** The tool that was asked for, or why there is none. */
export type FoundTool =
  | { readonly kind: 'found'; readonly tool: MergeTool }
  | { readonly kind: 'none'; readonly why: string; readonly hints: readonly string[] };

/** Which tool is wanted: one by its name, or the one that is set up for a path. */
export type ToolRequest = { readonly name: string | undefined; readonly path: RelativePath };

/** The person's merge tools, as one version control system knows them. */
export type MergeTools = {
  /** Finds a tool in the person's own configuration; what a push can change may not name one (PROMISES, P11). */
  readonly find: (request: ToolRequest) => Promise<FoundTool>;
  /** Returns what the tool begins with at the place of the result. */
  readonly draft: (files: MergeFiles) => Promise<Buffer>;
};

/** A working tree, and what in it is the version control system's own. */
export type OwnPlaces = { readonly top: AbsolutePath; readonly metadata: readonly AbsolutePath[] };

/** Tells whether a file of a configuration stands in the working tree, where a push may change it. */
export function mayComeFromPush({ top, metadata }: OwnPlaces, file: AbsolutePath): boolean {
  const real = resolved(file);
  return isAtOrBelow(real, realPath(top)) && !metadata.some((folder) => isAtOrBelow(real, realPath(folder)));
}

/** A file that has gone since it was read is where it was. */
function resolved(file: AbsolutePath): AbsolutePath {
  try {
    return realPath(file);
  } catch {
    return file;
  }
}

/** Says that a file which a push may change names a tool. */
export const namedByPush = (file: string): FoundTool => ({
  kind: 'none',
  why: `the merge tool is named in '${file}', which is a file of the working tree that a push may change`,
  hints: ['name it in your own configuration: docs/resolving.md'],
});
