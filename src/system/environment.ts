import { homedir, hostname, userInfo } from 'node:os';
import { delimiter, join } from 'node:path';
import { AutosyncError } from '../model/errors.js';
import { type AbsolutePath, asAbsolute } from '../model/paths.js';

/** Names and values of an environment. */
export type Environment = Readonly<Record<string, string>>;

/** Set for every child, so that our own hooks stay quiet when it is our git or hg that runs them. */
export const RUNNING_MARKER = 'AUTOSYNC_RUNNING';

/**
 * What a child may inherit. A hook's caller leaves GIT_DIR, GIT_INDEX_FILE, author names and dates behind,
 * and with them a child would write to the wrong repository or under the wrong name (tried with git 2.39).
 */
const INHERITED: readonly RegExp[] = [
  /^(HOME|USER|LOGNAME|SHELL|PATH|TMPDIR|TZ|TERM|NO_COLOR)$/,
  /^(LANG|LC_(ALL|CTYPE|MESSAGES|TIME|COLLATE|NUMERIC))$/,
  /^(SSH_AUTH_SOCK|SSH_AGENT_PID|GNUPGHOME|GPG_TTY|KRB5CCNAME|KRB5_CONFIG)$/,
  /^(XDG_(CONFIG_HOME|DATA_HOME|STATE_HOME|CACHE_HOME|RUNTIME_DIR|CURRENT_DESKTOP)|DBUS_SESSION_BUS_ADDRESS|DISPLAY|WAYLAND_DISPLAY|XAUTHORITY)$/,
  /^((https?|ftp|all|no)_proxy)$/i,
  /^(GIT_SSH|GIT_SSH_COMMAND|GIT_SSH_VARIANT|GIT_SSL_[A-Z_]+|GIT_CONFIG_(GLOBAL|SYSTEM|NOSYSTEM)|GIT_PROXY_COMMAND)$/,
  /^(SSL_CERT_(FILE|DIR)|CURL_CA_BUNDLE)$/,
  /^(HGRCPATH|HGUSER|EMAIL)$/,
  /^(SystemRoot|SystemDrive|windir|ComSpec|PATHEXT|APPDATA|LOCALAPPDATA|USERPROFILE|USERNAME|USERDOMAIN|HOMEDRIVE|HOMEPATH|ProgramData|ProgramFiles(\(x86\))?|TEMP|TMP|PROCESSOR_ARCHITECTURE|NUMBER_OF_PROCESSORS)$/i,
];

/** Returns one variable of our own environment; an empty one counts as unset. */
export function variable(name: string): string | undefined {
  const value = process.env[name];
  return value === undefined || value === '' ? undefined : value;
}

const OF_A_REQUEST =
  /^(GATEWAY_INTERFACE|REQUEST_METHOD|PATH_INFO|QUERY_STRING|CONTENT_(LENGTH|TYPE)|REMOTE_(ADDR|HOST)|HTTP_[A-Z0-9_]+)$/;

/** Returns what a web server says of a request (RFC 3875, 4.1); no child ever inherits it. */
export function requestVariables(): Environment {
  const entries = Object.entries(process.env).flatMap(([name, value]) =>
    value !== undefined && OF_A_REQUEST.test(name) ? [[name, value] as const] : [],
  );
  return Object.fromEntries(entries);
}

/** Builds a child's environment: what it may inherit, our marker, and what the caller adds. */
export function childEnvironment(extra: Environment = {}): Environment {
  const inherited: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (value !== undefined && INHERITED.some((pattern) => pattern.test(name))) inherited[name] = value;
  }
  inherited['HOME'] ??= homedir();
  inherited['PATH'] ??= '/usr/local/bin:/usr/bin:/bin';
  return { ...inherited, [RUNNING_MARKER]: '1', ...extra };
}

/** Builds the environment of a program in which the person himself works: what he commits there is his own. */
export function personsEnvironment(extra: Environment = {}): Environment {
  const { [RUNNING_MARKER]: _marker, ...inherited } = childEnvironment(extra);
  const own = ['EDITOR', 'VISUAL', 'COLORTERM'].flatMap((name) => {
    const value = variable(name);
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...inherited, ...Object.fromEntries(own) };
}

/** Returns the person's home folder, from the environment or else from the password database. */
export const homeFolder = (): AbsolutePath => asAbsolute(variable('HOME') ?? homedir());

/** Returns the home folder in the password database, which cron sets HOME to; undefined when there is no entry. */
export function loginHome(): AbsolutePath | undefined {
  try {
    return asAbsolute(userInfo().homedir);
  } catch {
    return undefined;
  }
}

/** Returns the name under which the person is logged in. */
export function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return variable('USER') ?? variable('LOGNAME') ?? 'user';
  }
}

/** Returns the numeric user id, or undefined where there is none (Windows). */
export const userId = (): number | undefined => process.getuid?.();

/** Returns the permission bits that new files of ours do not get. */
export const currentUmask = (): number => process.umask();

/** Returns this machine's host name without its domain. */
export const shortHostname = (): string => hostname().split('.')[0] ?? 'machine';

/** Returns the folder that relative arguments start from; an error where somebody has removed it meanwhile. */
export function workingFolder(): AbsolutePath {
  try {
    return asAbsolute(process.cwd());
  } catch (error) {
    throw new AutosyncError('usage', 'the folder that you are in is gone', ['cd'], error);
  }
}

/** Returns the full paths under which a program could be found on our PATH, in order. */
export function pathCandidates(program: string): readonly AbsolutePath[] {
  const folders = (variable('PATH') ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => asAbsolute(join(folder, program)));
}

/** The operating system, as Node names it. */
export const platform: NodeJS.Platform = process.platform;

/** The Node program that runs us, and its version. */
export const node: { readonly path: string; readonly version: string } = {
  path: process.execPath,
  version: process.versions.node,
};

/**
 * For a program that compresses one file after the other: the GNU C library would give the memory of each back and take it
 * anew, which costs ten times what the work itself does (mallopt(3)); others do not know these names.
 */
export const KEEPS_MEMORY: Environment = { MALLOC_TRIM_THRESHOLD_: '268435456', MALLOC_TOP_PAD_: '1048576' };
