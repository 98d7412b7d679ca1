import type { QuarantineReason } from './change.js';
import type { VcsKind } from './report.js';

/** What a person can do about a path that was left out, where he is to be told: one line that follows the reason. */
type Advice = Readonly<Partial<Record<QuarantineReason, string>>>;

const OF: Readonly<Record<VcsKind, Advice>> = {
  git: {
    'too-large':
      "git lfs track '<pattern>' keeps large files outside of the history; or raise the setting max-file-size",
    secret: "it looks like a secret; to share it all the same: git add it yourself, or set secrets-guard to 'false'",
  },
  hg: {
    'too-large':
      "raise the setting max-file-size; Mercurial's lfs extension ([lfs] track) then keeps large files outside of the history",
    secret: "it looks like a secret; to share it all the same: hg add it yourself, or set secrets-guard to 'false'",
  },
};

/** Returns what a person can do about a path that was left out; undefined where there is nothing to be done or said. */
export const leftOutAdvice = (vcs: VcsKind, reason: QuarantineReason): string | undefined => OF[vcs][reason];
