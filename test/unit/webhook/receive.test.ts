import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { standardSignature } from '../../../src/webhook/proof.js';
import { type Receiver, receive } from '../../../src/webhook/receive.js';
import type { WebRequest } from '../../../src/webhook/web-request.js';

const SECRET = 'a secret of some length';
const BODY = '{"ref":"refs/heads/main"}';

type Sent = {
  readonly method?: string;
  readonly path?: string;
  readonly query?: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string | undefined>>;
};

/** What is asked of us, signed as GitHub does, unless a test says otherwise. */
function sent({ method = 'POST', path = '/hook/notes', query = '', body = BODY, headers = {} }: Sent): WebRequest {
  const all: Readonly<Record<string, string | undefined>> = {
    'content-length': String(Buffer.byteLength(body)),
    'content-type': 'application/json',
    'x-hub-signature-256': `sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}`,
    'x-github-event': 'push',
    'x-github-delivery': '1',
    ...headers,
  };
  return {
    method,
    path,
    query: new URLSearchParams(query),
    header: (name) => all[name],
    from: '',
    body: async (bytes) => (Buffer.byteLength(body) < bytes ? undefined : Buffer.from(body).subarray(0, bytes)),
  };
}

/** A receiver that writes down what it was led to. */
function listening(change: Partial<Receiver<string>> = {}): { receiver: Receiver<string>; done: string[] } {
  const done: string[] = [];
  const seen = new Set<string>();
  const route = { provider: 'github', secret: SECRET } as const;
  const receiver: Receiver<string> = {
    routes: [
      { ...route, name: 'notes', target: 'NOTES' },
      { ...route, name: 'ann/fizz', target: 'FIZZ' },
    ],
    seen: { isNew: (id) => !seen.has(id) && seen.add(id) !== undefined, forget: (id) => seen.delete(id) },
    now: 0,
    ring: (target) => void done.push(`rang ${target}`),
    run: async (target) => {
      done.push(`ran ${target}`);
      return { ok: true, words: 'Synchronised ann/fizz successfully.' };
    },
    ...change,
  };
  return { receiver, done };
}

const legacy = { path: '/synchronise/', query: 'user=ann&project=fizz' };
const form = { 'content-type': 'application/x-www-form-urlencoded' };

describe('an answer', () => {
  it.each<[string, Sent, number, string]>([
    ['a genuine push', {}, 202, 'taken'],
    ['the same with a slash behind it', { path: '/hook/notes/' }, 202, 'taken'],
    ['a payload in a form', { body: `payload=${encodeURIComponent(BODY)}`, headers: form }, 202, 'taken'],
    ['a ping', { headers: { 'x-github-event': 'ping' } }, 200, 'nothing to do for this event'],
    ['GET', { method: 'GET' }, 405, 'only POST'],
    ['an unknown route', { path: '/hook/other' }, 404, 'no such route'],
    ['a route that goes up', { path: '/hook/../notes' }, 404, 'no such route'],
    ['a pair by its name', { path: '/hook/ann/fizz' }, 404, 'no such route'],
    ['no path', { path: '' }, 404, 'no such route'],
    ['no length', { headers: { 'content-length': undefined } }, 411, 'a length is required'],
    ['a chunked body', { headers: { 'transfer-encoding': 'chunked' } }, 411, 'a length is required'],
    ['a length that is no number', { headers: { 'content-length': '-1' } }, 400, 'the length is no number'],
    [
      'a mebibyte and one byte',
      { headers: { 'content-length': String((1 << 20) + 1) } },
      413,
      'more than 1048576 bytes',
    ],
    ['a body that does not come', { headers: { 'content-length': '1000' } }, 408, 'the body did not come in time'],
    ['no signature', { headers: { 'x-hub-signature-256': undefined } }, 401, 'the signature is missing or wrong'],
    [
      'a wrong signature',
      { headers: { 'x-hub-signature-256': 'sha256=00' } },
      401,
      'the signature is missing or wrong',
    ],
    ['no payload', { body: '' }, 400, 'No JSON payload.'],
    ['no payload in a form', { body: 'x=y', headers: form }, 400, 'No JSON payload.'],
    ['broken JSON', { body: '{"ref":' }, 400, 'Invalid JSON payload.'],
    ['JSON that is no object', { body: '3' }, 400, 'No proper JSON in payload.'],
    ['a configured pair', legacy, 200, 'Synchronised ann/fizz successfully.'],
    ['a pair without a project', { ...legacy, query: 'user=ann' }, 400, 'No user and project.'],
    ['an unknown pair', { ...legacy, query: 'user=ann&project=/etc/passwd' }, 400, 'Unknown user or project.'],
    [
      'an unsigned pair',
      { ...legacy, headers: { 'x-hub-signature-256': undefined } },
      401,
      'the signature is missing or wrong',
    ],
    ['a pair with broken JSON', { ...legacy, body: '{' }, 400, 'Invalid JSON payload.'],
  ])('to %s', async (_what, what, status, text) => {
    const { receiver } = listening();
    expect((await receive(sent(what), receiver)).answer).toEqual({ status, text });
  });
});

describe('a delivery', () => {
  it('rings once, however often it is sent, and again when another one comes', async () => {
    const { receiver, done } = listening();
    const statuses = [];
    for (const id of ['1', '1', '2']) {
      statuses.push((await receive(sent({ headers: { 'x-github-delivery': id } }), receiver)).answer.status);
    }
    expect(statuses).toEqual([202, 409, 202]);
    expect(done).toEqual(['rang NOTES', 'rang NOTES']);
  });

  it('without an id is known by its bytes, where these are signed', async () => {
    const { receiver, done } = listening();
    const anonymous = { headers: { 'x-github-delivery': undefined } };
    for (const body of [BODY, BODY, '{"ref":"other"}']) await receive(sent({ ...anonymous, body }), receiver);
    expect(done).toHaveLength(2);
  });

  it('that could not be acted on may come again', async () => {
    const { receiver, done } = listening();
    const full: Receiver<string> = {
      ...receiver,
      ring: () => {
        throw new Error('the disk is full');
      },
    };
    await expect(receive(sent({}), full)).rejects.toThrow('the disk is full');
    expect((await receive(sent({}), receiver)).answer.status).toBe(202);
    expect(done).toEqual(['rang NOTES']);
  });

  it('that proves itself by a mere password may come again with the same bytes', async () => {
    const { receiver, done } = listening({
      routes: [{ provider: 'basic', secret: SECRET, name: 'notes', target: 'NOTES' }],
    });
    const authorization = `Basic ${Buffer.from(`hook:${SECRET}`).toString('base64')}`;
    for (let time = 0; time < 2; time += 1) await receive(sent({ body: '{}', headers: { authorization } }), receiver);
    expect(done).toEqual(['rang NOTES', 'rang NOTES']);
  });

  it.each(['repo:post-update', 'GIT_POST_RECEIVE', 'repo:refs_changed'])(
    'that is called %s is a push',
    async (event) => {
      const { receiver } = listening();
      expect((await receive(sent({ headers: { 'x-github-event': event } }), receiver)).answer.status).toBe(202);
    },
  );

  it('of a pair runs once, and again when the work failed, where its name is signed', async () => {
    let ok = false;
    const secret = `whsec_${Buffer.from(SECRET).toString('base64')}`;
    const { receiver } = listening({
      routes: [{ provider: 'standard-webhooks', secret, name: 'ann/fizz', target: 'FIZZ' }],
      run: async () => ({ ok, words: '' }),
    });
    const signature = standardSignature(secret, { id: 'msg_1', timestamp: '0', body: Buffer.from(BODY) });
    const headers = { 'webhook-id': 'msg_1', 'webhook-timestamp': '0', 'webhook-signature': signature };
    const statuses = [];
    for (const works of [false, true, true]) {
      ok = works;
      statuses.push((await receive(sent({ ...legacy, headers }), receiver)).answer.status);
    }
    expect(statuses).toEqual([500, 200, 409]);
  });

  it('of a pair runs as often as the same bytes are sent, where nothing else tells them apart', async () => {
    const { receiver, done } = listening();
    const nameless = { ...legacy, headers: { 'x-github-delivery': undefined } };
    for (let time = 0; time < 2; time += 1) await receive(sent(nameless), receiver);
    expect(done).toEqual(['ran FIZZ', 'ran FIZZ']);
  });

  it('that is refused leads to nothing, and is not remembered', async () => {
    const { receiver, done } = listening();
    await receive(sent({ headers: { 'x-hub-signature-256': 'sha256=00' } }), receiver);
    expect(done).toEqual([]);
    expect((await receive(sent({}), receiver)).answer.status).toBe(202);
  });

  it('of a pair answers 500 when the work failed, with the reason', async () => {
    const { receiver } = listening({ run: async () => ({ ok: false, words: 'offline: no route to host' }) });
    const { answer } = await receive(sent(legacy), receiver);
    expect(answer).toEqual({ status: 500, text: 'offline: no route to host' });
  });

  it('full of addresses and shell characters leads where the configuration says', async () => {
    const { receiver, done } = listening();
    const body = JSON.stringify({ repository: { clone_url: 'ext::sh -c "touch pwned"' }, ref: '$(touch pwned)' });
    expect((await receive(sent({ body }), receiver)).answer.status).toBe(202);
    expect(done).toEqual(['rang NOTES']);
  });
});
