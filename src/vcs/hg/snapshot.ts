import type { Quarantined } from '../../model/change.js';
import type { ExecResult } from '../../system/exec.js';
import type { SnapshotRequest, SnapshotResult } from '../vcs.js';
import type { Candidate } from './candidates.js';
import { changesOf, foreseenChanges } from './changes.js';
import { exactly, hgFailure } from './command.js';
import { HELD, isHeld } from './hub.js';
import { author } from './identity.js';
import { pendingOperation } from './pending-operation.js';
import { prepare } from './prepare.js';
import { watched } from './progress.js';
import { isRefusal, refusalOf } from './refusal.js';
import { addRemove, foreseeRenames, untold } from './renames.js';
import type { Repository } from './repository.js';
import { readPosition } from './revisions.js';
import { selecting } from './selecting.js';
import { leaveOutMoving } from './settle.js';
import { parseStatus, STATUS_ARGUMENTS, type StatusEntry } from './status-parser.js';

/** What the hg adapter needs besides the request: hg's own list, and where work that may not be committed goes. */
export type SnapshotContext = {
  readonly status: readonly StatusEntry[];
  /** Is told the paths of a snapshot that could not be committed, so that it can leave the machine all the same. */
  readonly keepAside: (candidates: readonly Candidate[]) => void;
};

/** Commits what changed: exactly the paths that were looked at, and no other. */
export async function snapshot(
  repository: Repository,
  request: SnapshotRequest,
  context: SnapshotContext,
): Promise<SnapshotResult> {
  const prepared = await prepare(repository, request, context.status);
  if (prepared.kind === 'blocked') return prepared;
  const { candidates: settled, quarantined: known } = prepared;
  const { head } = request.state;
  if (request.dryRun) {
    const changes = foreseenChanges(settled, await foreseeRenames(repository, settled));
    return { kind: 'done', head, quarantined: known, commit: { kind: 'skipped', changes } };
  }
  if (settled.length === 0) return { kind: 'done', head, quarantined: known, commit: { kind: 'clean', changes: [] } };
  return await commit({ repository, request, context, candidates: settled, quarantined: known });
}

type CommitRequest = {
  readonly repository: Repository;
  readonly request: SnapshotRequest;
  readonly context: SnapshotContext;
  readonly candidates: readonly Candidate[];
  readonly quarantined: readonly Quarantined[];
};

async function commit(commitRequest: CommitRequest): Promise<SnapshotResult> {
  const { repository, request, context } = commitRequest;
  if (!(await standsAsSeen(repository, request)))
    return { kind: 'changed-meanwhile', why: 'somebody committed meanwhile' };
  const answer = await tell(repository, commitRequest.candidates);
  if (answer === undefined) return { kind: 'blocked', blocked: HELD, quarantined: commitRequest.quarantined };
  const { told, refused } = answer;
  // The last look before hg reads them: what moves now would be committed half written.
  const { settled, moving } = leaveOutMoving(repository, told, request.stillChanging);
  const quarantined = [...commitRequest.quarantined, ...refused, ...moving];
  const paths = exactly(settled.map(({ path }) => path));
  const entries = settled.length === 0 ? [] : await readChanged(repository, paths);
  const changes = changesOf(entries);
  const clean = {
    kind: 'done',
    head: request.state.head,
    quarantined,
    commit: { kind: 'clean', changes: [] },
  } as const;
  if (changes.length === 0) return clean;
  const message = repository.messages.snapshot(changes);
  const which = await selecting(repository, settled);
  const { args: drawing, options } = watched(repository);
  const args = ['commit', ...drawing, '-u', await author(repository), '-m', message, ...which];
  const result = await repository.hg.run(args, options);
  if (result.exitCode === 1) return clean;
  if (isHeld(result)) return { kind: 'blocked', blocked: HELD, quarantined };
  if (isRefusal(result)) {
    context.keepAside(settled);
    const why = `a hook refused the commit: ${refusalOf(result)}`;
    return { kind: 'done', head: request.state.head, quarantined, commit: { kind: 'refused', why, changes } };
  }
  const objected = objectedTo(result, settled);
  if (objected !== undefined) {
    const rest = settled.filter((one) => one !== objected);
    const without = [...quarantined, { path: objected.path, reason: 'unreadable' as const }];
    return await commit({ ...commitRequest, candidates: rest, quarantined: without });
  }
  if (result.exitCode !== 0) throw hgFailure(args, result);
  const { head } = await readPosition(repository);
  const id = head === undefined ? {} : { id: head };
  return { kind: 'done', head, quarantined, commit: { kind: 'committed', ...id, message, changes } };
}

const readChanged = async ({ hg }: Repository, paths: readonly string[]): Promise<readonly StatusEntry[]> =>
  parseStatus(await hg.output([...STATUS_ARGUMENTS, '--', ...paths])).filter(({ letter }) => /[MAR]/.test(letter));

/** Tells whether hg failed for the machine's sake, not for that of a path. */
const isMachineFailure = ({ timedOut, exitCode, stderr }: ExecResult): boolean =>
  timedOut || exitCode === -1 || /No space left|Read-only/.test(stderr);

/**
 * Returns the path for whose sake hg did not commit: an extension objects to its line endings, or it cannot be read. That
 * is said in words alone, the path last; undefined where they name none.
 */
function objectedTo(result: ExecResult, candidates: readonly Candidate[]): Candidate | undefined {
  if (result.exitCode === 0 || isMachineFailure(result)) return undefined;
  const said = ` ${result.stderr.replaceAll(/['"!:\n]/g, ' ')} `;
  const endOf = ({ path }: Candidate): number => {
    const name = ` ${path.replaceAll(/['"!:\n]/g, ' ')} `;
    const at = said.lastIndexOf(name);
    return at < 0 ? -1 : at + name.length;
  };
  const [last] = candidates
    .filter((one) => one.stats !== undefined && endOf(one) >= 0)
    .sort((one, other) => endOf(other) - endOf(one) || other.path.length - one.path.length);
  return last;
}

/** Tells whether the working tree still stands on what the snapshot was asked for. */
async function standsAsSeen(repository: Repository, { state }: SnapshotRequest): Promise<boolean> {
  const { branch, head, merging } = await readPosition(repository);
  return branch === state.branch && head === state.head && pendingOperation(repository, merging) === undefined;
}

/** How hg says that it cannot hold a name, or that the person forbids it to (`ui.portablefilenames = abort`). */
const REFUSED_NAME = /disallowed|illegal|nested repo|traverses|(reserved|invalid|not allowed) on Windows|is reserved/;

type Told = { readonly told: readonly Candidate[]; readonly refused: readonly Quarantined[] };

/**
 * Tells hg which paths are new, gone or renamed; undefined where another hg holds the working tree. One bad path stops hg
 * with everything undone, so the list is halved until that path stands alone.
 */
async function tell(repository: Repository, candidates: readonly Candidate[]): Promise<Told | undefined> {
  const news = untold(candidates);
  if (news.length === 0) return { told: candidates, refused: [] };
  const { args: drawing, options } = watched(repository);
  const args = [...addRemove(news), ...drawing, ...(await selecting(repository, news))];
  const result = await repository.hg.run(args, options);
  if (result.exitCode === 0) return { told: candidates, refused: [] };
  if (isHeld(result)) return undefined;
  if (isMachineFailure(result)) throw hgFailure(args, result);
  const [only] = news;
  if (only !== undefined && news.length === 1) {
    const reason = REFUSED_NAME.test(result.stderr) ? 'unsupported-name' : 'unreadable';
    return { told: candidates.filter((one) => one !== only), refused: [{ path: only.path, reason }] };
  }
  const half = Math.ceil(news.length / 2);
  const first = await tell(repository, news.slice(0, half));
  // Who holds it is waited for once.
  const second = first && (await tell(repository, news.slice(half)));
  if (first === undefined || second === undefined) return undefined;
  const refused = [...first.refused, ...second.refused];
  const names = new Set(refused.map(({ path }) => path));
  return { told: candidates.filter(({ path }) => !names.has(path)), refused };
}
