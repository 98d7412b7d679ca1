import type { RemoteFailure } from '../model/outcome.js';
import { redact } from '../system/printable.js';
import { removeStaleHubLock } from '../vcs/git/hub-lock.js';
import { listRemote } from '../vcs/git/list-remote.js';
import { networkOptions } from '../vcs/git/network.js';
import { remoteFailure } from '../vcs/git/remote-failure.js';
import type { RefUpdate } from './decide-refs.js';
import type { Site } from './site.js';

/** The git side could not be spoken to. */
export type Unavailable = { readonly kind: 'unavailable'; readonly reason: RemoteFailure; readonly why: string };

/** What stands at the destination. */
export type Listed = { readonly kind: 'listed'; readonly refs: ReadonlyMap<string, string> } | Unavailable;

/** Of a repository and its settings git's own way to a remote wants no more than this. */
const speaking = ({ git, networkTimeoutSeconds, progress }: Site): Parameters<typeof networkOptions>[0] => ({
  git,
  progress,
  settings: { networkTimeoutSeconds },
});

/** Asks the destination for its branches and tags. */
export const listDestination = (site: Site): Promise<Listed> =>
  listRemote(speaking(site), site.mirror.destination, { only: ['--refs', '--heads', '--tags'] });

/** Refs that were not taken, each with the destination's words; all others were. */
export type Sent = { readonly kind: 'sent'; readonly refused: ReadonlyMap<string, string> } | Unavailable;

/** So many refs are named on one command line. */
const AT_ONCE = 200;

/**
 * Sends refs, never by force: git and the host refuse a branch that would not go forward. For a tag that moves and a
 * ref that goes, git is told where it must stand; has somebody else moved it meanwhile, it is refused too.
 */
export async function send(site: Site, updates: readonly RefUpdate[]): Promise<Sent> {
  const refused = new Map<string, string>();
  for (let at = 0; at < updates.length; at += AT_ONCE) {
    const sent = await sendSome(site, updates.slice(at, at + AT_ONCE));
    if (sent.kind === 'unavailable') return sent;
    for (const [ref, why] of sent.refused) refused.set(ref, why);
  }
  return { kind: 'sent', refused };
}

async function sendSome(site: Site, updates: readonly RefUpdate[]): Promise<Sent> {
  const leases = updates.flatMap(({ ref, expected }) =>
    expected === undefined ? [] : [`--force-with-lease=${ref}:${expected}`],
  );
  const specs = updates.map(({ ref, id }) => `${id ?? ''}:${ref}`);
  const fixed = ['push', '--porcelain', '--no-verify', '--no-follow-tags', '--no-recurse-submodules', '--progress'];
  const args = [...fixed, ...leases, '--', site.mirror.destination, ...specs];
  const result = await site.git.run(args, await networkOptions(speaking(site)));
  if (result.exitCode === 0) return { kind: 'sent', refused: new Map() };
  const finder = { git: site.git, top: site.folder, now: Date.now };
  if (await removeStaleHubLock(finder, site.mirror.destination, result.stderr)) return await sendSome(site, updates);
  const refused = parseRefused(result.stdout.toString('utf8'), result.stderr);
  if (refused.size === 0 || result.timedOut) return { kind: 'unavailable', ...remoteFailure(result) };
  return { kind: 'sent', refused };
}

/** Enough for all that a host has to say of a push. */
const MAX_WORDS = 800;

/**
 * Reads what `git push --porcelain` says of refs that were not taken:
 *
 *     ! TAB <from>:<to> TAB <summary>          summary: [rejected] (reason) or [remote rejected] (reason)
 */
export function parseRefused(output: string, stderr: string): ReadonlyMap<string, string> {
  // Some hosts draw lines around what they say.
  const lines = stderr.split('\n').filter((line) => /^remote:.*\p{L}/u.test(line));
  const told = redact(lines.map((line) => line.replace('remote:', '').trim()).join('; ')).slice(0, MAX_WORDS);
  const words = told === '' ? '' : `: ${told}`;
  const refused = output.matchAll(/^!\t[^\t]*:(refs\/[^\t]*)\t(.*)$/gm);
  return new Map([...refused].map(([, ref = '', summary = '']) => [ref, `${summary}${words}`]));
}
