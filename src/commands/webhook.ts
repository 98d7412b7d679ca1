import { randomUUID } from 'node:crypto';
import type { Argv } from 'yargs';
import { AutosyncError, errorMessage } from '../model/errors.js';
import { EXIT, type ExitCode } from '../model/exit-codes.js';
import { appendLog, type LogEntry } from '../store/log.js';
import { readOwnFile } from '../store/own-file.js';
import { readWebhookRoutes, type WebhookRoute } from '../store/webhook-routes.js';
import { systemClock } from '../system/clock.js';
import { requestVariables } from '../system/environment.js';
import { joinPath } from '../system/files.js';
import { postHttp } from '../system/http.js';
import { type Input, standardInput } from '../system/standard-input.js';
import { sayRaw } from '../system/terminal.js';
import { type Answer, renderCgi, renderHttp } from '../webhook/answer.js';
import { PROVIDERS, type Provider, standardSignature } from '../webhook/proof.js';
import { type Received, type Receiver, type Route, receive } from '../webhook/receive.js';
import { seenIn } from '../webhook/seen.js';
import { cgiRequest, httpRequest, type WebRequest } from '../webhook/web-request.js';
import { type Arguments, type Command, isOn, textOf } from './command.js';
import { absolute } from './targets.js';
import { ringFor, runNow } from './webhook-target.js';
import { type Wiring, wire } from './wiring.js';

/** `autosync webhook`: one request as a CGI program, or from inetd; and the sender for those who have none. */
export const command: Command = {
  options: (yargs: Argv) =>
    yargs
      .option('inetd', {
        // No default: even `false` would be in conflict with --send.
        type: 'boolean',
        describe: 'Read the request from standard input, as inetd hands it over',
      })
      .option('send', { type: 'string', describe: 'Ring at this address of another autosync, as a hook of a hub does' })
      .option('secret-file', { type: 'string', describe: 'For --send: the file that holds the secret' })
      .conflicts('inetd', 'send')
      .example('$0 webhook', 'answer the request that a web server hands over (CGI)')
      .example('$0 webhook --send https://example.org/autosync/hook/notes --secret-file ~/.hook-secret', 'ring there'),
  run: async (args: Arguments): Promise<ExitCode> => {
    const url = textOf(args, 'send');
    if (url !== undefined) return await send(url, textOf(args, 'secret-file'));
    const inetd = isOn(args, 'inetd');
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
  },
};

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
  const wiring = wire();
  try {
    const received = await receive(request, receiver(wiring));
    note(wiring, request, received);
    return received.answer;
  } catch (error) {
    note(wiring, request, { answer: { status: 500, text: errorMessage(error) }, route: undefined });
    return { status: 500, text: 'it failed here: the log of autosync says why' };
  }
}

function receiver(wiring: Wiring): Receiver<WebhookRoute> {
  const { locations, engine } = wiring;
  const now = engine.clock.now();
  return {
    routes: readWebhookRoutes(locations.configFile, PROVIDERS).map(asRoute),
    seen: seenIn(joinPath(locations.state, 'webhook'), now),
    now,
    ring: (route) => ringFor(wiring, route),
    run: (route) => runNow(wiring, route),
  };
}

const asRoute = (route: WebhookRoute): Route<WebhookRoute> => {
  const provider = PROVIDERS.find((name): name is Provider => name === route.provider);
  if (provider === undefined) throw new Error(`no provider '${route.provider}'`);
  return { name: route.name, provider, secret: route.secret, target: route };
};

function note(
  { locations, engine }: Wiring,
  { method, path, from }: WebRequest,
  { answer, route, event }: Received,
): void {
  const at = new Date(engine.clock.now()).toISOString();
  const entry: LogEntry = { at, repo: route ?? '', event: 'webhook', request: `${method} ${path}`.slice(0, 200), from };
  appendLog(locations, {
    ...entry,
    status: answer.status,
    why: answer.text,
    ...(event === undefined ? {} : { about: event }),
  });
}

const SEND_LIMIT_MS = 10_000;

/** Rings at another machine's address, signed as Standard Webhooks are. */
async function send(url: string, secretFile: string | undefined): Promise<ExitCode> {
  if (!/^https?:\/\//.test(url)) throw new AutosyncError('usage', 'option --send takes an http or https address');
  if (secretFile === undefined) throw new AutosyncError('usage', 'option --send needs --secret-file');
  const secret = readOwnFile(absolute(secretFile))?.toString('utf8').trim();
  if (secret === undefined) throw new AutosyncError('usage', `'${secretFile}' does not exist`);
  const body = Buffer.from('{}');
  const [id, timestamp] = [randomUUID(), String(Math.floor(systemClock.now() / 1000))];
  const headers = {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': standardSignature(secret, { id, timestamp, body }),
    'x-autosync-event': 'changegroup',
  };
  const answer = await postHttp({ url, headers, body, limitMs: SEND_LIMIT_MS });
  if (answer.kind === 'unreachable') throw new AutosyncError('offline', `cannot ring at ${url}: ${answer.why}`);
  if (answer.status >= 200 && answer.status < 300) return EXIT.done;
  throw new AutosyncError('failed', `${url} answered ${answer.status}: ${answer.text}`);
}
