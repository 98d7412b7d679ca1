import type { RejectReason, RemoteFailure } from '../../model/outcome.js';
import type { ExecResult } from '../../system/exec.js';
import { lastWords } from './command.js';

/**
 * Even with detailed exit codes hg says only in words why a hub could not be used (100 for http, 255 for the rest).
 * The first pattern that matches decides; what none matches is `other` and keeps its words.
 */
const FAILURES: readonly (readonly [RegExp, RemoteFailure])[] = [
  [/No space left on device|Disk quota exceeded/i, 'disk-full'],
  [/Host key verification failed|REMOTE HOST IDENTIFICATION HAS CHANGED/i, 'host-key'],
  [/certificate|SSL:|TLS/i, 'certificate'],
  [/authorization failed|http authorization required|Permission denied|HTTP Error 40[137]|Access denied/i, 'auth'],
  [/timed out|timeout/i, 'timeout'],
  [
    /Name or service not known|name resolution|Could not resolve|nodename nor servname|Network is unreachable|No route to host|Connection refused|Connection reset|Connection closed|connection ended unexpectedly|Broken pipe|stream ended unexpectedly|premature EOF|remote end closed|bad HTTP status line|RemoteDisconnected|HTTP Error (429|50[234])|incomplete response/i,
    'offline',
  ],
  [
    /repository .* not found|HTTP Error 404|does not appear to be an hg repository|no repository found|There is no Mercurial repository here|No such file or directory/i,
    'not-found',
  ],
  // Nothing but this: the connection ended, and nobody said why.
  [/no suitable response from remote hg/i, 'offline'],
];

/** Says why a command that spoke to a hub failed. */
export function remoteFailure(result: ExecResult): { readonly reason: RemoteFailure; readonly why: string } {
  if (result.timedOut) return { reason: 'timeout', why: 'the hub did not answer in time' };
  const found = FAILURES.find(([pattern]) => pattern.test(result.stderr));
  return { reason: found?.[1] ?? 'other', why: lastWords(result.stderr) };
}

const REJECTIONS: readonly (readonly [RegExp, RejectReason])[] = [
  [
    /creates new remote (head|branch)|repository changed while (pushing|preparing)|changed while pushing|remote changed/i,
    'moved',
  ],
  [/exceeds .*(limit|size)|file size limit|larger than|too large/i, 'too-large'],
  [/protected branch|is protected|not allowed to push/i, 'protected'],
  [/quota|No space left/i, 'quota'],
  [/push not authorized|read-only|cannot lock|could not lock|Permission denied|push not supported/i, 'read-only'],
  [/hook (exited|failed|raised|returned)|transaction abort/i, 'hook'],
];

/** Says why the hub refused a push, from its words; undefined when they speak of no refusal. */
export const rejectReason = (words: string): RejectReason | undefined =>
  REJECTIONS.find(([pattern]) => pattern.test(words))?.[1];
