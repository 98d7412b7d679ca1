import type { AbsolutePath } from '../model/paths.js';
import { childEnvironment, userName } from '../system/environment.js';
import { exec } from '../system/exec.js';
import { HG_ENVIRONMENT, hardeningFor } from '../vcs/hg/command.js';

/** A configuration that hg does not believe, because it is another user's, and how that is mended. */
export type Distrust = { readonly why: string; readonly mend: string };

const TRUST_LIMIT_MS = 20_000;

/** What hg says of it, with every command. */
const NOT_TRUSTING = /^not trusting file (.*) from untrusted user (.*), group (.*)$/m;

/**
 * Asks hg whether it trusts a repository's `hgrc`: where it does not, the hub that it names and the hooks count for
 * nothing, and nothing fails.
 */
export async function distrustedSettings(top: AbsolutePath): Promise<Distrust | undefined> {
  const { stderr } = await exec({
    program: 'hg',
    args: ['config', ...hardeningFor(top), '--config', 'ui.report_untrusted=true', 'paths'],
    cwd: top,
    env: childEnvironment(HG_ENVIRONMENT),
    timeoutMs: TRUST_LIMIT_MS,
  });
  const [, file, owner] = NOT_TRUSTING.exec(stderr) ?? [];
  if (file === undefined || owner === undefined) return undefined;
  return {
    why: `hg does not trust '${file}', which belongs to '${owner}': its hooks and hubs do not count`,
    mend: `chown ${userName()} '${file}'; or, in ~/.hgrc: [trusted] users = ${owner}`,
  };
}
