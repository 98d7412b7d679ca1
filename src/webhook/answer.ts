/** What a client is told: a status, and one line that says no more than it has to know. */
export type Answer = { readonly status: Status; readonly text: string };

/** The statuses that are ever given, with the words of RFC 9110 for them. */
const WORDS = {
  200: 'OK',
  202: 'Accepted',
  400: 'Bad Request',
  401: 'Unauthorized',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  409: 'Conflict',
  411: 'Length Required',
  413: 'Content Too Large',
  500: 'Internal Server Error',
} as const;

/** A status of an answer. */
export type Status = keyof typeof WORDS;

/** Renders an answer as a CGI program gives it (RFC 3875, 6.2.1). */
export const renderCgi = (answer: Answer): string => `Status: ${statusOf(answer)}\r\n${rest(answer)}`;

/** Renders an answer as a server gives it (RFC 9112), which closes the connection after it. */
export const renderHttp = (answer: Answer): string =>
  `HTTP/1.1 ${statusOf(answer)}\r\nConnection: close\r\n${rest(answer)}`;

const statusOf = ({ status }: Answer): string => `${status} ${WORDS[status]}`;

function rest({ status, text }: Answer): string {
  const body = `${text}\n`;
  const headers = [
    'Content-Type: text/plain; charset=utf-8',
    'Cache-Control: no-store',
    'X-Content-Type-Options: nosniff',
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...(status === 405 ? ['Allow: POST'] : []),
  ];
  return `${headers.join('\r\n')}\r\n\r\n${body}`;
}
