import type { AbsolutePath } from '../model/paths.js';
import type { RegisteredRepo } from '../model/repo.js';
import type { Caution, Scheduler } from '../scheduler/scheduler.js';
import { launcherRecord } from '../store/launcher.js';
import { childEnvironment, homeFolder, platform, userId, variable } from '../system/environment.js';
import { exec } from '../system/exec.js';
import { isFolder, joinPath, lstatIfPresent } from '../system/files.js';
import { quoteShell } from '../system/quote.js';
import { nodeCautions } from './node-of-tomorrow.js';
import { shownPath } from './render.js';
import type { Wiring } from './wiring.js';

/** Half a minute: what does not answer by then is not called a hub out of reach by this. */
const LIMIT_MS = 30_000;

/**
 * Tells what works now, because a person sits here, and will fail at three in the morning, with nobody logged in: what
 * a rehearsal in daylight cannot show.
 */
export async function nightCautions(
  { locations }: Wiring,
  scheduler: Scheduler | undefined,
  repos: readonly RegisteredRepo[],
): Promise<readonly Caution[]> {
  const agent = await Promise.all(repos.map(agentCautions));
  return [
    ...((await scheduler?.cautions()) ?? []),
    ...nodeCautions(launcherRecord(locations)),
    ...agent.flat(),
    ...repos.flatMap((repo) => privacyCautions(repo.path, { platform, home: homeFolder() })),
    ...repos.flatMap(trustCautions),
  ];
}

/** The agent that holds an opened key ends with the session: tries the hub as it will be without it. */
async function agentCautions({ path, vcs, settings }: RegisteredRepo): Promise<readonly Caution[]> {
  if (vcs !== 'git' || variable('SSH_AUTH_SOCK') === undefined || !isFolder(path)) return [];
  const git = async (args: readonly string[], env = {}): Promise<{ ok: boolean; said: string }> => {
    const extra = { LC_ALL: 'C', GIT_TERMINAL_PROMPT: '0', ...env };
    const request = { program: 'git', args, cwd: path, env: childEnvironment(extra), timeoutMs: LIMIT_MS };
    const { exitCode, stdout } = await exec(request);
    return { ok: exitCode === 0, said: stdout.toString('utf8').trim() };
  };
  const remote = settings.remote === '' ? [] : ['--', settings.remote];
  if (!isSsh((await git(['ls-remote', '--get-url', ...remote])).said)) return [];
  const own = (variable('GIT_SSH_COMMAND') ?? (await git(['config', '--get', 'core.sshCommand'])).said) || 'ssh';
  const reaches = async (options: string): Promise<boolean> =>
    (await git(['ls-remote', '-q', ...remote], { GIT_SSH_COMMAND: `${own} -oBatchMode=yes ${options}` })).ok;
  if ((await reaches('-oIdentityAgent=none')) || !(await reaches('-oConnectTimeout=20'))) return [];
  const what = `${shownPath(path)} reaches its hub only while the ssh agent of this session lives`;
  return [{ what, mend: 'name a key without a passphrase for this host in ~/.ssh/config (IdentityFile)' }];
}

const isSsh = (url: string): boolean => /^(git\+)?ssh(\+git)?:\/\//.test(url) || /^[^/:]+:(?!\/\/)/.test(url);

/** Folders that macOS opens to a program only after a person has clicked. */
const PRIVATE = ['Documents', 'Desktop', 'Downloads', 'Library/Mobile Documents', 'Library/CloudStorage'];

/** Tells whether macOS would keep a program that runs by itself out of a folder (TCC). */
export function privacyCautions(
  path: AbsolutePath,
  on: { readonly platform: NodeJS.Platform; readonly home: AbsolutePath },
): readonly Caution[] {
  if (on.platform !== 'darwin') return [];
  const closed = PRIVATE.find((name) => `${path}/`.startsWith(`${joinPath(on.home, name)}/`));
  if (closed === undefined) return [];
  const what = `macOS keeps programs that run by themselves out of '~/${closed}', where ${shownPath(path)} is`;
  return [{ what, mend: 'move the repository, or give node Full Disk Access in System Settings, Privacy & Security' }];
}

/** Mercurial passes over the settings of another owner, and our hooks with them (hg help config.trusted). */
function trustCautions({ path, vcs }: RegisteredRepo): readonly Caution[] {
  const hgrc = joinPath(path, '.hg', 'hgrc');
  const owner = vcs === 'hg' ? lstatIfPresent(hgrc)?.uid : undefined;
  if (owner === undefined || owner === userId()) return [];
  const what = `Mercurial does not trust '${shownPath(hgrc)}', which belongs to somebody else (uid ${owner})`;
  return [{ what, mend: `chown "$(id -u)" ${quoteShell(hgrc)}` }];
}
