import type { RemoteFailure } from '../model/outcome.js';
import { isFolder } from '../system/files.js';
import { gitIn } from '../vcs/git/command.js';
import { networkOptions } from '../vcs/git/network.js';
import { remoteFailure as gitFailure } from '../vcs/git/remote-failure.js';
import { hgIn } from '../vcs/hg/command.js';
import { network } from '../vcs/hg/network.js';
import { remoteFailure as hgFailure } from '../vcs/hg/remote-failure.js';
import { parseRefused } from './destination.js';
import type { Site } from './site.js';

/** Whether one side of a mirror can be spoken to. */
export type Reach =
  | { readonly kind: 'reached' }
  | { readonly kind: 'unavailable'; readonly reason: RemoteFailure; readonly why: string };

/** Asks the Mercurial side for its newest changeset. */
export async function reachSource({ folder, mirror, networkTimeoutSeconds }: Site): Promise<Reach> {
  const hg = hgIn(folder);
  try {
    const timeoutMs = networkTimeoutSeconds * 1000;
    const { args, options } = await network({ hg, timeoutMs, progress: undefined });
    const result = await hg.run(['identify', '--id', '-r', 'tip', ...args, '--', mirror.source], options);
    return result.exitCode === 0 ? { kind: 'reached' } : { kind: 'unavailable', ...hgFailure(result) };
  } finally {
    hg.end();
  }
}

/**
 * Goes through a push to the git side up to the point where something would be sent: that the host may say no to a
 * branch, or that one has moved there, is found out by runs alone. Before the first run there is nothing to push, and
 * only reading is tried.
 */
export async function reachDestination(site: Site): Promise<Reach> {
  const { mirror, networkTimeoutSeconds } = site;
  const isMade = isFolder(site.gitDir);
  const git = isMade ? site.git : gitIn(site.folder);
  const options = await networkOptions({ git, progress: undefined, settings: { networkTimeoutSeconds } });
  const anything = ['for-each-ref', '--count=1', '--format=%(objectname)'];
  const id = isMade ? await git.text(anything) : '';
  const spec = `${id}:refs/heads/${mirror.defaultBranch}`;
  const args =
    id === ''
      ? ['ls-remote', '--heads', '--', mirror.destination]
      : ['push', '--dry-run', '--porcelain', '--no-verify', '--', mirror.destination, spec];
  const result = await git.run(args, options);
  const isAnswered = parseRefused(result.stdout.toString('utf8'), result.stderr).size > 0;
  if (result.exitCode === 0 || (isAnswered && !result.timedOut)) return { kind: 'reached' };
  return { kind: 'unavailable', ...gitFailure(result) };
}

/** Tells whether hg has the extension hg-git here. */
export async function hasHgGit({ folder }: Pick<Site, 'folder'>): Promise<boolean> {
  const hg = hgIn(folder, ['extensions.hggit=']);
  try {
    return (await hg.run(['help', 'gexport'])).exitCode === 0;
  } finally {
    hg.end();
  }
}
