import { AutosyncError } from '../model/errors.js';
import type { RemoteFailure } from '../model/outcome.js';
import type { ExecResult } from '../system/exec.js';
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

/** Makes the clone have what the source has, and nothing else; hg-git reads the source itself. */
export async function pull(site: Site, hg: Hg): Promise<Pulled> {
  if (site.mirror.backend === 'hggit') return { kind: 'pulled' };
  const pulled = await pullNew(site, hg);
  if (pulled.kind !== 'pulled') return pulled;
  const dropped = await dropGone(site, hg);
  if (dropped.kind !== 'outdated') return dropped;
  // Somebody has pushed in between.
  const again = await pullNew(site, hg);
  if (again.kind !== 'pulled') return again;
  const last = await dropGone(site, hg);
  return last.kind === 'outdated' ? again : last;
}

async function pullNew(site: Site, hg: Hg): Promise<Pulled> {
  const result = await askSource(site, hg, ['pull', '--quiet']);
  if (result.exitCode === 0) return { kind: 'pulled' };
  if (/abandoned transaction/.test(result.stderr)) {
    await recover(hg);
    const again = await askSource(site, hg, ['pull', '--quiet']);
    if (again.exitCode === 0) return { kind: 'pulled' };
    throw hgFailure(['pull'], again);
  }
  return failureOf(site, result);
}

/**
 * Takes out of the clone what an amend or a strip has taken from the source: a pull only ever adds. Hg keeps a bundle of
 * it, and its commits stay in the map and in git.
 */
async function dropGone(site: Site, hg: Hg): Promise<Pulled | { readonly kind: 'outdated' }> {
  const result = await askSource(site, hg, ['autosync-gone']);
  if (result.exitCode === 1) return { kind: 'outdated' };
  if (result.exitCode !== 0) return failureOf(site, result);
  const gone = result.stdout.toString('utf8').split('\0').slice(0, -1);
  if (gone.length > 0) {
    const args = ['strip', '--quiet', '--hidden', '--config', 'extensions.strip=', `--rev=${gone.join('+')}`];
    await hg.output(args, { timeoutMs: 3_600_000 });
  }
  return { kind: 'pulled' };
}

/** Runs a command that speaks to the source, which is its last argument. */
async function askSource(site: Site, hg: Hg, command: readonly string[]): Promise<ExecResult> {
  const timeoutMs = site.networkTimeoutSeconds * 1000;
  const { args, options } = await network({ hg, timeoutMs, progress: site.progress });
  return await hg.run([...command, ...args, '--', site.mirror.source], options);
}

function failureOf({ mirror }: Site, result: ExecResult): Pulled {
  if (/repository is unrelated/.test(result.stderr)) {
    const why = `'${mirror.source}' is another repository than the one that was mirrored so far`;
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
