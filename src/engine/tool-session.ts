import { basename, extname } from 'node:path/posix';
import { type AbsolutePath, asAbsolute, type RelativePath } from '../model/paths.js';
import { createExclusively, exists, joinPath, makeFolder, readIfPresent, removeTree } from '../system/files.js';
import { printable } from '../system/printable.js';
import type { MergeFiles, MergeTool, ToolCommand } from '../vcs/merge-tool.js';
import type { WorkingTree } from '../vcs/vcs.js';
import type { ConflictVersions } from './conflict-versions.js';

/** Starts a tool where a person works in it, and returns its exit code; -1 means that a signal ended it. */
export type StartTool = (command: ToolCommand & { readonly cwd: AbsolutePath }) => Promise<number>;

/** What a tool is opened for. */
export type SessionRequest = {
  readonly tree: WorkingTree;
  readonly path: RelativePath;
  readonly versions: ConflictVersions;
  readonly tool: MergeTool;
  readonly start: StartTool;
  /** A folder of the person's alone, in which the session gets one of its own. */
  readonly merges: AbsolutePath;
  readonly now: number;
};

/** What a tool has made: a result that may be taken, or why there is none. `file` is where it stands. */
export type Session =
  | { readonly kind: 'made'; readonly bytes: Buffer; readonly file: AbsolutePath; readonly folder: AbsolutePath }
  | { readonly kind: 'nothing'; readonly why: string; readonly file: AbsolutePath | undefined };

/** Opens a merge tool on copies of the versions, outside of the working tree, and looks at what it leaves. */
export async function openTool(request: SessionRequest): Promise<Session> {
  const { tree, path, versions, tool } = request;
  const folder = newFolder(request.merges, request.now);
  const files = filesIn(folder, path, versions);
  const draft = await tree.mergeTools.draft(files);
  createExclusively(files.merged, draft);
  const exitCode = await request.start({ ...tool.start(files, path), cwd: folder });
  const bytes = readIfPresent(files.merged);
  const why = whyNot({ tool: printable(tool.name), exitCode, bytes, draft, versions });
  if (why === undefined && bytes !== undefined) return { kind: 'made', bytes, file: files.merged, folder };
  const isWork = bytes !== undefined && !bytes.equals(draft);
  if (!isWork) removeTree(folder);
  return { kind: 'nothing', why: why ?? '', file: isWork ? files.merged : undefined };
}

function newFolder(merges: AbsolutePath, now: number): AbsolutePath {
  const stamp = new Date(now).toISOString().replace(/[:.]/g, '-');
  for (let number = 1; ; number += 1) {
    const folder = joinPath(merges, `${stamp}-${process.pid}-${number}`);
    if (exists(folder)) continue;
    makeFolder(folder);
    return folder;
  }
}

/** What came with a push is no part of a command line: a tool's own settings may hand names on to a shell (PROMISES, P11). */
function filesIn(folder: AbsolutePath, path: RelativePath, versions: ConflictVersions): MergeFiles {
  const plain = basename(path)
    .replaceAll(/[^\w.-]/g, '_')
    .replace(/^[-.]+/, '')
    .slice(-60);
  const extension = extname(plain);
  const stem = plain.slice(0, plain.length - extension.length) || 'file';
  const put = (mark: string, bytes: Buffer): AbsolutePath => {
    const file = asAbsolute(joinPath(folder, `${stem}${mark}${extension}`));
    createExclusively(file, bytes);
    return file;
  };
  return {
    base: put('.BASE', versions.base ?? Buffer.alloc(0)),
    local: put('.MINE', versions.mine),
    remote: put('.THEIRS', versions.theirs),
    merged: joinPath(folder, `${stem}${extension}`),
    hasBase: versions.base !== undefined,
  };
}

type Look = {
  readonly tool: string;
  readonly exitCode: number;
  readonly bytes: Buffer | undefined;
  readonly draft: Buffer;
  readonly versions: ConflictVersions;
};

function whyNot({ tool, exitCode, bytes, draft, versions }: Look): string | undefined {
  // A shell says 128 and more of a program that a signal has ended.
  if (exitCode < 0 || exitCode > 128) return `'${tool}' was ended before it was done`;
  if (exitCode !== 0) return `'${tool}' failed with the exit code ${exitCode}`;
  if (bytes === undefined) return `'${tool}' left no file`;
  if (bytes.equals(draft)) return `'${tool}' left the file as it was`;
  const isMarked = hasMarkers(bytes) && !hasMarkers(versions.mine) && !hasMarkers(versions.theirs);
  return isMarked ? `'${tool}' left conflict markers in the file` : undefined;
}

const hasMarkers = (bytes: Buffer): boolean => /^(<{7}|>{7})([ \r]|$)/m.test(bytes.toString('latin1'));
