import { basename } from 'node:path';
import type { Argv } from 'yargs';
import { wayToHub } from '../model/by-hand.js';
import { AutosyncError } from '../model/errors.js';
import type { ExitCode } from '../model/exit-codes.js';
import type { VcsKind } from '../model/report.js';
import { parseSchedule } from '../scheduler/schedule-text.js';
import { readSettings } from '../store/config.js';
import { redact } from '../system/printable.js';
import { warn } from '../system/terminal.js';
import { likelyKind } from '../vcs/discover.js';
import { systems } from '../vcs/index.js';
import type { CloneRequest, CloneResult, Vcs } from '../vcs/vcs.js';
import { type Arguments, type Command, textOf, withJson } from './command.js';
import { installPaths } from './install.js';
import { installOptions, readInstallWish } from './install-settings.js';
import { absolute } from './targets.js';
import { wire } from './wiring.js';

/** `autosync clone <url> [dir]`. */
export const command: Command = {
  options: (yargs: Argv) =>
    withJson(installOptions(yargs))
      .positional('url', { type: 'string', describe: 'Where the repository is' })
      .positional('dir', { type: 'string', describe: "The folder to make (default: the repository's name)" })
      .option('vcs', {
        type: 'string',
        choices: systems.map(({ kind }) => kind),
        describe: 'What kind of repository it is (default: autosync tries)',
      })
      .example('$0 clone git@example.org:me/notes.git', 'clone into ./notes and keep it the same')
      .example('$0 clone ssh://hg@example.org/notes', 'the same with a Mercurial repository'),
  run: async (args: Arguments): Promise<ExitCode> => {
    const wish = readInstallWish(args);
    const url = textOf(args, 'url') ?? '';
    const folder = absolute(textOf(args, 'dir') ?? folderName(url));
    if (wish.dryRun)
      throw new AutosyncError('usage', "'clone' has no dry run", [
        'clone it by hand, then: autosync install --dry-run',
      ]);
    const wiring = wire();
    const networkTimeoutMs = readSettings(wiring.locations, parseSchedule).networkTimeoutSeconds * 1000;
    const { progress } = wiring.engine;
    const request = { url, folder, networkTimeoutMs, ...(progress === undefined ? {} : { progress }) };
    await cloneWithAny(candidates(url, textOf(args, 'vcs')), request);
    if (!wish.json) warn(`cloned into ${folder}`);
    return await installPaths(wiring, [folder], wish);
  },
};

/** Returns the folder that a system would make for a URL: its last part, without `.git`. */
function folderName(url: string): string {
  const name = basename(
    url
      .replace(/[/\\]+$/, '')
      .replace(/\.git$/, '')
      .replace(/^.*:/, ''),
  );
  if (name === '')
    throw new AutosyncError('usage', `'${redact(url)}' does not name a folder`, ['autosync clone <url> <dir>']);
  return name;
}

/** Returns the systems to try: the one that was asked for, else each, the likeliest first. */
function candidates(url: string, wished: string | undefined): readonly Vcs[] {
  if (wished !== undefined) return systems.filter(({ kind }) => kind === wished);
  const likely = likelyKind(url);
  return [...systems].sort((a, b) => Number(b.kind === likely) - Number(a.kind === likely));
}

type Refusal = Extract<CloneResult, { kind: 'refused' }>;
type Failure = Extract<CloneResult, { kind: 'unavailable' }> & { readonly system: Vcs };

/** Failures that say nothing about what stands at the other end: another system would meet the same. */
const SAME_FOR_ALL: readonly Failure['reason'][] = ['offline', 'timeout', 'host-key', 'disk-full'];

async function cloneWithAny(tried: readonly Vcs[], request: CloneRequest): Promise<void> {
  let refusal: Refusal | undefined;
  const failures: Failure[] = [];
  for (const [at, system] of tried.entries()) {
    const result = await cloneWith(system, request, at > 0);
    if (result?.kind === 'cloned') return;
    if (result?.kind === 'refused') refusal = result;
    if (result?.kind === 'unavailable') failures.push({ ...result, system });
    if (result?.kind === 'unavailable' && SAME_FOR_ALL.includes(result.reason)) break;
  }
  if (refusal !== undefined) throw new AutosyncError('usage', refusal.why, [refusal.hint]);
  throw cannotClone(request.url, failures);
}

/** Clones with one system; one that is not even installed here is no second way. */
async function cloneWith(system: Vcs, request: CloneRequest, isSecond: boolean): Promise<CloneResult | undefined> {
  try {
    return await system.clone(request);
  } catch (error) {
    if (isSecond && error instanceof AutosyncError && error.kind === 'environment') return undefined;
    throw error;
  }
}

/** There is no repository yet in which a person could look for himself, and no next run. */
function wayOut(kind: VcsKind, failure: Pick<Failure, 'reason' | 'why'>): string {
  switch (failure.reason) {
    case 'offline':
    case 'timeout':
      return 'try again when the hub is in reach';
    case 'not-found':
    case 'other':
      return `check the URL; ${kind} clone <url> shows what is wrong`;
    case 'host-key':
      return `connect once by hand to accept the host key: ${kind} clone <url>`;
    default:
      return wayToHub(kind, failure);
  }
}

/** Tells of the failure that says most; what another system met is a line below. */
function cannotClone(url: string, failures: readonly Failure[]): AutosyncError {
  const known = failures.find(({ reason }) => reason !== 'not-found' && reason !== 'other') ?? failures[0];
  if (known === undefined) throw new Error('nothing was tried');
  const { reason, why, system } = known;
  const others = failures.filter((failure) => failure !== known);
  return new AutosyncError(
    reason === 'offline' || reason === 'timeout' ? 'offline' : 'failed',
    `cannot clone '${redact(url)}' with ${system.kind}: ${why}`,
    [wayOut(system.kind, known), ...others.map((other) => `with ${other.system.kind}: ${other.why}`)],
  );
}
