import type { RejectReason, RemoteFailure } from '../../model/outcome.js';
import type { ExecResult } from '../../system/exec.js';
import { lastWords } from './command.js';

/**
 * Git, ssh and curl say only in words why a remote could not be used; with LC_ALL=C these have been stable for years.
 * The first pattern that matches decides; what none matches is `other` and keeps its words.
 */
const FAILURES: readonly (readonly [RegExp, RemoteFailure])[] = [
  [/No space left on device|Disk quota exceeded|unable to write/i, 'disk-full'],
  [/Host key verification failed|REMOTE HOST IDENTIFICATION HAS CHANGED/i, 'host-key'],
  [/SSL certificate|certificate verify failed|server certificate|TLS/i, 'certificate'],
  [
    /Authentication failed|could not read (Username|Password)|Permission denied \(|terminal prompts disabled|HTTP Basic: Access denied|returned error: 40[13]|Invalid username or/i,
    'auth',
  ],
  [
    /Could not resolve|Temporary failure in name resolution|Network is unreachable|No route to host|Connection refused|Couldn't connect|Failed to connect|Connection reset|Connection closed|unable to connect|The remote end hung up|unexpected disconnect|early EOF|Broken pipe|Empty reply from server|returned error: (429|50[234])|Operation timed out|Connection timed out/i,
    'offline',
  ],
  [/cannot run /i, 'other'],
  [
    /repository .* not found|Repository not found|does not appear to be a git repository|returned error: 404|No such file or directory|no such repository|not exported/i,
    'not-found',
  ],
  // Nothing but this: the connection ended, and nobody said why.
  [/^\s*fatal: Could not read from remote repository/, 'offline'],
];

/** Says why a command that spoke to a remote failed. */
export function remoteFailure(result: ExecResult): { readonly reason: RemoteFailure; readonly why: string } {
  if (result.timedOut) return { reason: 'timeout', why: 'the hub did not answer in time' };
  const found = FAILURES.find(([pattern]) => pattern.test(result.stderr));
  return { reason: found?.[1] ?? 'other', why: lastWords(result.stderr, found?.[0]) };
}

const REJECTIONS: readonly (readonly [RegExp, RejectReason])[] = [
  [/Unable to create '.*\.lock': File exists/, 'locked'],
  [
    /fetch first|non-fast-forward|cannot lock ref|incorrect old value|stale info|reference already exists|failed to update ref/i,
    'moved',
  ],
  [/exceeds .*(limit|size)|file size limit|larger than|GH001|too large|pack exceeds/i, 'too-large'],
  [/protected branch|GH006|branch is protected|You are not allowed to push|push declined due to .*rule/i, 'protected'],
  [/quota|No space left/i, 'quota'],
  [/read-only|readonly|unpacker error|insufficient permission|Permission denied/i, 'read-only'],
  [/hook declined|pre-receive|update hook/i, 'hook'],
];

/** Says why the hub refused a push, from the reason in git's own report and the hub's words. */
export function rejectReason(words: string): RejectReason {
  return REJECTIONS.find(([pattern]) => pattern.test(words))?.[1] ?? 'other';
}
