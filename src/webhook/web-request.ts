import type { Environment } from '../system/environment.js';
import type { Input } from '../system/standard-input.js';

/** A request as far as its head: what is asked, and how to read the rest. */
export type WebRequest = {
  readonly method: string;
  /** The path below the program, without the query: `/hook/notes`. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Returns a header by its name, whatever its case; undefined when the client sent none. */
  readonly header: (name: string) => string | undefined;
  /** The client's address, as the server tells it; empty when it does not. */
  readonly from: string;
  /** Reads the body, which has exactly so many bytes; undefined when they do not come in time. */
  readonly body: (bytes: number) => Promise<Buffer | undefined>;
};

/** Ten seconds: a body of a mebibyte comes within one over any line that a host has. */
const BODY_LIMIT_MS = 10_000;
const HEAD_LIMIT_MS = 10_000;
const MAX_HEAD_BYTES = 16 * 1024;

/** Returns the request that a web server hands to a CGI program in its environment (RFC 3875, 4.1). */
export function cgiRequest(variables: Environment, input: Input): WebRequest {
  const header = (name: string): string | undefined => {
    const key = name.toUpperCase().replaceAll('-', '_');
    const value = key === 'CONTENT_LENGTH' || key === 'CONTENT_TYPE' ? variables[key] : variables[`HTTP_${key}`];
    return value === '' ? undefined : value;
  };
  return {
    method: variables['REQUEST_METHOD'] ?? '',
    path: variables['PATH_INFO'] ?? '',
    query: new URLSearchParams(variables['QUERY_STRING'] ?? ''),
    header,
    from: variables['REMOTE_ADDR'] ?? '',
    body: (bytes) => input.readExactly(bytes, { limitMs: BODY_LIMIT_MS }),
  };
}

/**
 * Reads the head of a request from a connection, as inetd and systemd hand it over on standard input (RFC 9112);
 * undefined when what came is none.
 */
export async function httpRequest(variables: Environment, input: Input): Promise<WebRequest | undefined> {
  const head = await input.readThrough('\r\n\r\n', { maxBytes: MAX_HEAD_BYTES, limitMs: HEAD_LIMIT_MS });
  const [first = '', ...lines] = head?.toString('latin1').trimEnd().split('\r\n') ?? [];
  const [, method, target] = /^([A-Z]{1,20}) (\/[!-~]*) HTTP\/1\.[01]$/.exec(first) ?? [];
  if (method === undefined || target === undefined) return undefined;
  const headers = readHeaders(lines);
  if (headers === undefined) return undefined;
  const [path = '', query = ''] = splitAt(target, '?');
  return {
    method,
    path: decoded(path),
    query: new URLSearchParams(query),
    header: (name) => headers.get(name.toLowerCase()),
    from: variables['REMOTE_ADDR'] ?? variables['REMOTE_HOST'] ?? '',
    body: (bytes) => input.readExactly(bytes, { limitMs: BODY_LIMIT_MS }),
  };
}

/** Reads header lines; undefined when one is none, or one comes twice: whoever sends two lengths means harm. */
function readHeaders(lines: readonly string[]): ReadonlyMap<string, string> | undefined {
  const headers = new Map<string, string>();
  for (const line of lines) {
    // No two parts of the pattern may take the same blanks: a line of nothing else would be tried in every division.
    const [, name, value] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):([^\0\r\n]*)$/.exec(line) ?? [];
    if (name === undefined || value === undefined || headers.has(name.toLowerCase())) return undefined;
    headers.set(name.toLowerCase(), value.trim());
  }
  return headers;
}

function splitAt(text: string, mark: string): readonly string[] {
  const at = text.indexOf(mark);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
