import { AutosyncError, errorMessage } from '../model/errors.js';
import { EXIT, type ExitCode } from '../model/exit-codes.js';
import { type Locations, locations } from '../store/locations.js';
import { appendLog, type LogEntry } from '../store/log.js';
import { readWebhookRoutes, type WebhookRoute } from '../store/webhook-routes.js';
import { systemClock } from '../system/clock.js';
import { requestVariables } from '../system/environment.js';
import { joinPath } from '../system/files.js';
import { type Input, standardInput } from '../system/standard-input.js';
import { sayRaw } from '../system/terminal.js';
import { type Answer, renderCgi, renderHttp } from '../webhook/answer.js';
import { PROVIDERS, type Provider } from '../webhook/proof.js';
import { type Received, type Receiver, type Route, receive } from '../webhook/receive.js';
import { seenIn } from '../webhook/seen.js';
import { cgiRequest, httpRequest, type WebRequest } from '../webhook/web-request.js';
import { ringFor } from './webhook-ring.js';

/** Answers the one request that a web server, or inetd, hands over. It loads little: many may come at once. */
export async function answerRequest({ inetd }: { readonly inetd: boolean }): Promise<ExitCode> {
  const variables = requestVariables();
  if (!inetd && variables['REQUEST_METHOD'] === undefined) {
    throw new AutosyncError('usage', 'there is no request: a web server calls this, as a CGI program', [
      'docs/webhook.md shows how to set one up',
    ]);
  }
  const input = standardInput();
  const request = inetd ? await httpRequest(variables, input) : cgiRequest(variables, input);
  const answer =
    request === undefined ? { status: 400 as const, text: 'no request' } : await answerAndListen(request, input);
  sayRaw(inetd ? renderHttp(answer) : renderCgi(answer));
  return EXIT.done;
}

/** Enough of a body for a server to be content, and long enough to wait for it, in milliseconds. */
const UNREAD = { maxBytes: 1 << 20, limitMs: 500 };

/** Answers a request; a body that nobody wanted to read is let through, or the client may never hear the answer. */
async function answerAndListen(request: WebRequest, input: Input): Promise<Answer> {
  let wasRead = false;
  const body: WebRequest['body'] = (bytes) => {
    wasRead = true;
    return request.body(bytes);
  };
  const answer = await answerTo({ ...request, body });
  const hasBody =
    Number(request.header('content-length') ?? 0) > 0 || request.header('transfer-encoding') !== undefined;
  if (hasBody && !wasRead) await input.discard(UNREAD);
  return answer;
}

/** Answers a request and writes one line about it; what goes wrong here is told to the log and not to the client. */
async function answerTo(request: WebRequest): Promise<Answer> {
  const places = locations();
  try {
    const received = await receive(request, receiver(places));
    note(places, request, received);
    return received.answer;
  } catch (error) {
    note(places, request, { answer: { status: 500, text: errorMessage(error) }, route: undefined });
    return { status: 500, text: 'it failed here: the log of autosync says why' };
  }
}

function receiver(places: Locations): Receiver<WebhookRoute> {
  const now = systemClock.now();
  return {
    routes: readWebhookRoutes(places.configFile, PROVIDERS).map(asRoute),
    seen: seenIn(joinPath(places.state, 'webhook'), now),
    now,
    ring: (route) => ringFor(places, route),
    run: async (route) => await (await import('./webhook-run.js')).runNow(route),
  };
}

const asRoute = (route: WebhookRoute): Route<WebhookRoute> => {
  const provider = PROVIDERS.find((name): name is Provider => name === route.provider);
  if (provider === undefined) throw new Error(`no provider '${route.provider}'`);
  return { name: route.name, provider, secret: route.secret, target: route };
};

function note(places: Locations, { method, path, from }: WebRequest, { answer, route, event }: Received): void {
  const at = new Date(systemClock.now()).toISOString();
  const entry: LogEntry = { at, repo: route ?? '', event: 'webhook', request: `${method} ${path}`.slice(0, 200), from };
  appendLog(places, {
    ...entry,
    status: answer.status,
    why: answer.text,
    ...(event === undefined ? {} : { about: event }),
  });
}
