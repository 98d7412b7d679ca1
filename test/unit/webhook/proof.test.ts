import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { PROVIDERS, type Provider, prove, standardSignature } from '../../../src/webhook/proof.js';
import type { WebRequest } from '../../../src/webhook/web-request.js';

const NOW = Date.UTC(2026, 10, 20);

const request = (headers: Readonly<Record<string, string>>): WebRequest => ({
  method: 'POST',
  path: '/hook/notes',
  query: new URLSearchParams(),
  header: (name) => headers[name],
  from: '127.0.0.1',
  body: async () => undefined,
});

type Example = { readonly headers: Readonly<Record<string, string>>; readonly body: string; readonly secret: string };

const kindOf = (provider: Provider, { headers, body, secret }: Example, now = NOW): string =>
  prove({ request: request(headers), body: Buffer.from(body) }, { provider, secret }, now).kind;

const BODY = '{"ref":"refs/heads/main"}';
const SECRET = 'a secret of some length';
const hex = createHmac('sha256', SECRET).update(BODY).digest('hex');

function sourcehut(): Example {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const nonce = 'a nonce';
  const signature = sign(null, Buffer.from(BODY + nonce), privateKey).toString('base64');
  const secret = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32).toString('base64');
  return { headers: { 'x-payload-nonce': nonce, 'x-payload-signature': signature }, body: BODY, secret };
}

function standard(at = NOW): Example {
  const secret = `whsec_${Buffer.from(SECRET).toString('base64')}`;
  const [id, timestamp] = ['msg_1', String(Math.floor(at / 1000))];
  const signature = standardSignature(secret, { id, timestamp, body: Buffer.from(BODY) });
  const headers = { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature };
  return { headers, body: BODY, secret };
}

const GENUINE: Readonly<Record<Provider, Example>> = {
  github: { headers: { 'x-hub-signature-256': `sha256=${hex}` }, body: BODY, secret: SECRET },
  gitea: { headers: { 'x-gitea-signature': hex }, body: BODY, secret: SECRET },
  gitlab: { headers: { 'x-gitlab-token': SECRET }, body: BODY, secret: SECRET },
  bitbucket: { headers: { 'x-hub-signature': `sha256=${hex}` }, body: BODY, secret: SECRET },
  rhodecode: { headers: {}, body: JSON.stringify({ token: SECRET }), secret: SECRET },
  sourcehut: sourcehut(),
  'standard-webhooks': standard(),
  basic: {
    headers: { authorization: `Basic ${Buffer.from(`hook:${SECRET}`).toString('base64')}` },
    body: BODY,
    secret: SECRET,
  },
};

describe.each(PROVIDERS)('a delivery of %s', (provider) => {
  const genuine = GENUINE[provider];

  it('is genuine when it is signed with the secret', () => {
    expect(kindOf(provider, genuine)).toBe('genuine');
  });

  it('is refused without its proof', () => {
    expect(kindOf(provider, { ...genuine, headers: {}, body: '{}' })).toBe('refused');
  });

  it('is refused with the proof of another secret', () => {
    const secret = provider === 'sourcehut' ? sourcehut().secret : `${genuine.secret.slice(0, -3)}AAAA`;
    expect(kindOf(provider, { ...genuine, secret })).toBe('refused');
  });

  it.each(['', '=', 'sha256=', 'sha256=zz', 'v1,', 'Basic', 'Basic =', '💥', '\0', 'a'.repeat(100_000)])(
    'is refused with a proof that is none, without an error: %j',
    (nonsense) => {
      const headers = Object.fromEntries(Object.keys(genuine.headers).map((name) => [name, nonsense]));
      expect(kindOf(provider, { ...genuine, headers, body: nonsense })).toBe('refused');
    },
  );

  it('whose proof covers its body is refused with another one', () => {
    const covers = !['gitlab', 'rhodecode', 'basic'].includes(provider);
    expect(kindOf(provider, { ...genuine, body: `${genuine.body} ` })).toBe(covers ? 'refused' : 'genuine');
  });
});

describe('published examples', () => {
  it("GitHub's (Validating webhook deliveries)", () => {
    const signature = 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17';
    const example = { body: 'Hello, World!', secret: "It's a Secret to Everybody" };
    expect(kindOf('github', { ...example, headers: { 'x-hub-signature-256': signature } })).toBe('genuine');
  });

  it("Standard Webhooks' (its libraries' tests)", () => {
    const signature = standardSignature('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', {
      id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      timestamp: '1614265330',
      body: Buffer.from('{"test": 2432232314}'),
    });
    expect(signature).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
  });
});

describe('a signed timestamp', () => {
  it.each([
    ['now', 0, 'genuine'],
    ['four minutes old', -240, 'genuine'],
    ['ten minutes old', -600, 'refused'],
    ['ten minutes ahead', 600, 'refused'],
  ])('%s is %s', (_when, seconds, kind) => {
    expect(kindOf('standard-webhooks', standard(NOW + seconds * 1000))).toBe(kind);
  });

  it('that is no number is refused', () => {
    const secret = `whsec_${Buffer.from(SECRET).toString('base64')}`;
    const signature = standardSignature(secret, { id: 'x', timestamp: 'soon', body: Buffer.from(BODY) });
    const headers = { 'webhook-id': 'x', 'webhook-timestamp': 'soon', 'webhook-signature': signature };
    expect(kindOf('standard-webhooks', { headers, body: BODY, secret })).toBe('refused');
  });
});
