import { randomUUID } from 'node:crypto';
import type { Argv } from 'yargs';
import { AutosyncError } from '../model/errors.js';
import { EXIT, type ExitCode } from '../model/exit-codes.js';
import { readOwnFile } from '../store/own-file.js';
import { systemClock } from '../system/clock.js';
import { postHttp } from '../system/http.js';
import { standardSignature } from '../webhook/proof.js';
import { type Arguments, type Command, isOn, textOf } from './command.js';
import { absolute } from './targets.js';
import { answerRequest } from './webhook-answer.js';

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
    return await answerRequest({ inetd: isOn(args, 'inetd') });
  },
};

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
