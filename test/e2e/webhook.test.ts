import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { standardSignature } from '../../src/webhook/proof.js';
import { until } from '../support/cli.js';
import { processesAt, untilQuiet } from '../support/processes.js';
import { keepTable } from '../support/table.js';
import { FRONTS } from '../support/web-servers.js';
import {
  hasFront,
  SECRET,
  STANDARD_SECRET,
  send,
  sendSlowly,
  startWebhookWorld,
  type Wanted,
  type WebhookWorld,
} from '../support/webhook-world.js';

/** Returns the headers of a delivery that was signed so many seconds from now. */
function signedAt(seconds: number): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(Date.now() / 1000) + seconds);
  const id = `signed ${seconds}`;
  const body = Buffer.from('{"ref":"refs/heads/main"}');
  const signature = standardSignature(STANDARD_SECRET, { id, timestamp, body });
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature };
}

/** The same questions to every front; what a server answers by itself has its own words. */
const QUESTIONS: readonly (readonly [string, Wanted, RegExp])[] = [
  ['a genuine push', {}, /^202 taken$/],
  ['a ping', { headers: { 'x-github-event': 'ping' } }, /^200 nothing to do for this event$/],
  ['GET', { method: 'GET', body: '' }, /^405 only POST$/],
  ['an unknown route', { path: '/hook/other' }, /^404 no such route$/],
  ['no signature', { signature: '' }, /^401 the signature is missing or wrong$/],
  ['a wrong signature', { signature: '0'.repeat(64) }, /^401 the signature is missing or wrong$/],
  ['broken JSON', { body: '{"ref":' }, /^400 Invalid JSON payload\.$/],
  ['no payload', { body: '' }, /^(400 No JSON payload\.|411 a length is required)$/],
  ['a mebibyte and one byte', { body: 'x'.repeat((1 << 20) + 1) }, /^413 /],
  ['addresses and shell characters', { body: '{"url":"ext::sh -c $(touch pwned)`touch pwned`"}' }, /^202 taken$/],
  ['an unknown pair', { path: '/synchronise/?user=ann&project=$(touch%20pwned)' }, /^400 Unknown user or project\.$/],
  ['a pair', { path: '/synchronise/?user=ann&project=fizz' }, /^200 Synchronised ann\/fizz successfully\.$/],
  ['a pair without a project', { path: '/synchronise/?user=ann' }, /^400 No user and project\.$/],
  [
    'a pair, with broken JSON',
    { path: '/synchronise/?user=ann&project=fizz', body: '{' },
    /^400 Invalid JSON payload\.$/,
  ],
  [
    'a signature with a time that is too old',
    { path: '/hook/signed', signature: '', headers: () => signedAt(-301) },
    /^401 the timestamp is too old$/,
  ],
  [
    'a signature with a time to come',
    { path: '/hook/signed', signature: '', headers: () => signedAt(600) },
    /^401 the timestamp is too old$/,
  ],
  [
    'a signature with the time of now',
    { path: '/hook/signed', signature: '', headers: () => signedAt(0) },
    /^202 taken$/,
  ],
  ['a mirror', { path: '/hook/project' }, /^202 taken$/],
  [
    'a pair that is a mirror, as Bitbucket used to send it',
    {
      path: '/synchronise/?user=ann&project=mirror',
      body: `payload=${encodeURIComponent('{"canon_url":"https://example.invalid","user":"ann"}')}`,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    },
    /^200 Synchronised ann\/mirror successfully\.$/,
  ],
  [
    'a pair that is a mirror which fails',
    { path: '/synchronise/?user=ann&project=broken' },
    /^500 attention: the destination is unavailable \(not-found\): /,
  ],
];

/** What each front said to each question. */
const answers = new Map<string, Map<string, string>>();

const keepAnswer = (what: string, front: string, said: string): void =>
  void answers.set(what, (answers.get(what) ?? new Map<string, string>()).set(front, said));

afterAll(() => {
  const fronts = [...new Set([...answers.values()].flatMap((said) => [...said.keys()]))];
  const rows = [...answers].map(([what, said]) => [what, ...fronts.map((front) => said.get(front) ?? '')]);
  keepTable('webhook-answers', ['request', ...fronts], rows);
});

describe.each(Object.keys(FRONTS))('under %s', (front) => {
  describe.skipIf(!hasFront(front))('the webhook', () => {
    let world: WebhookWorld;

    beforeAll(async () => {
      world = await startWebhookWorld(front);
    });

    afterAll(() => world.stop());

    it.each(QUESTIONS)('answers %s', async (what, wanted, answer) => {
      // Whoever rings so is answered after a run, for which he waits ten seconds where another one is under way.
      if (wanted.path?.startsWith('/synchronise/') === true) await untilQuiet('every run', () => workingAt(world));
      const said = await send(world.server.url, wanted);
      keepAnswer(what, front, said);
      expect(said).toMatch(answer);
      expect(existsSync(world.own('web/pwned')) || existsSync(join(world.notes, 'pwned'))).toBe(false);
    });

    it('refuses a body whose length nobody knows, unless the server has found it out', async () => {
      const said = await send(world.server.url, { chunked: true });
      keepAnswer('a chunked body', front, said);
      expect(said).toMatch(/^(202 taken|411 .*)$/);
    });

    it('takes the same delivery once', async () => {
      const headers = { 'x-github-delivery': 'the same' };
      const first = await send(world.server.url, { headers });
      const second = await send(world.server.url, { headers });
      keepAnswer('the same delivery once more', front, second);
      expect([first, second]).toEqual(['202 taken', '409 this delivery was taken before']);
    });

    it('has the hub hear of a change', async () => {
      world.pushFromElsewhere('from-elsewhere.md');
      expect(await send(world.server.url)).toBe('202 taken');
      await until('the change arrives', () => existsSync(join(world.notes, 'from-elsewhere.md')));
    });

    it('is rid of a client that sends its body slowly, or not at all, and no process stays', async () => {
      await untilQuiet('every run', () => workingAt(world));
      // A whole body that comes slowly may well be taken by a server that reads it before it starts anybody.
      const [slow, half] = await Promise.all([
        sendSlowly(world.server.url, { bytes: 25, pauseMs: 1_000 }),
        sendSlowly(world.server.url, { bytes: 12, pauseMs: 100 }),
      ]);
      keepAnswer('a body of one byte a second', front, slow);
      keepAnswer('a body that stops half-way', front, half);
      expect(slow).toMatch(/^(202 taken|408|408 did not come in time|closed)$/);
      expect(half).toMatch(/^(408|408 did not come in time|closed)$/);
      await untilQuiet('every process', () => workingAt(world));
      expect(await send(world.server.url)).toBe('202 taken');
    });

    it('writes a line for each, without the secret', () => {
      const log = readFileSync(join(world.home.folder, '.local/state/autosync/log.jsonl'), 'utf8');
      expect(log.match(/"event":"webhook"/g)?.length).toBeGreaterThan(QUESTIONS.length);
      expect(log).not.toContain(SECRET);
    });
  });
});

/** The processes of a world besides the server. */
const workingAt = ({ folder }: WebhookWorld): readonly string[] =>
  processesAt(folder).filter((line) => / webhook\b|snapshot|\bgit\b|\bhg\b/.test(line));
