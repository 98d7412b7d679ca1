import { AutosyncError } from '../model/errors.js';
import type { RemoteFailure } from '../model/outcome.js';
import { joinPath } from '../system/files.js';
import { type Hg, hgFailure, hgIn } from '../vcs/hg/command.js';
import { network } from '../vcs/hg/network.js';
import { remoteFailure } from '../vcs/hg/remote-failure.js';
import { makeWhole, type Site } from './site.js';

/** What came of asking the source for what is new. */
export type Pulled =
  | { readonly kind: 'pulled' }
  | { readonly kind: 'unavailable'; readonly reason: RemoteFailure; readonly why: string }
  | { readonly kind: 'unrelated'; readonly why: string };

/**
 * Makes the private clone if there is none: an empty repository, filled by pulling. A clone by hard links would be
 * quicker, and would hold changesets that are secret in the source.
 */
export async function makeClone({ clone, folder, mirror }: Site): Promise<void> {
  if (mirror.backend === 'hggit') return;
  await makeWhole(clone, async (beside) => {
    const hg = hgIn(folder);
    try {
      await hg.output(['init', '--', beside]);
    } finally {
      hg.end();
    }
  });
}

/** Brings what is new in the source into the clone; hg-git reads the source itself. */
export async function pull(site: Site, hg: Hg): Promise<Pulled> {
  if (site.mirror.backend === 'hggit') return { kind: 'pulled' };
  const { args, options } = await network({
    hg,
    timeoutMs: site.networkTimeoutSeconds * 1000,
    progress: site.progress,
  });
  const command = ['pull', '--quiet', ...args, '--', site.mirror.source];
  const result = await hg.run(command, options);
  if (result.exitCode === 0) return { kind: 'pulled' };
  if (/abandoned transaction/.test(result.stderr)) {
    await recover(hg);
    const again = await hg.run(command, options);
    if (again.exitCode === 0) return { kind: 'pulled' };
    throw hgFailure(['pull'], again);
  }
  if (/repository is unrelated/.test(result.stderr)) {
    const why = `'${site.mirror.source}' is another repository than the one that was mirrored so far`;
    return { kind: 'unrelated', why };
  }
  return { kind: 'unavailable', ...remoteFailure(result) };
}

/** Takes back what a killed run had begun to write into the clone, which nobody else writes to. */
async function recover(hg: Hg): Promise<void> {
  const result = await hg.run(['recover', '--no-verify']);
  if (result.exitCode !== 0 && result.exitCode !== 1) throw hgFailure(['recover'], result);
}

/** Turns what is new in the source into commits of hg-git's. */
export async function exportByHgGit(site: Site, hg: Hg): Promise<void> {
  const result = await hg.run(['gexport'], { timeoutMs: 3_600_000 });
  if (result.exitCode === 0) return;
  if (/unknown command|failed to import extension/.test(result.stderr)) {
    throw new AutosyncError('environment', 'hg-git is not installed', [
      'install hg-git (Debian: apt-get install mercurial-git), or: autosync mirror add --backend export',
    ]);
  }
  throw hgFailure(['gexport', joinPath(site.clone, '.hg')], result);
}
