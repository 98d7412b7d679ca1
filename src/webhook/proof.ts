import { createHmac, createPublicKey, timingSafeEqual, verify } from 'node:crypto';
import { hashBytes } from '../system/hash.js';
import type { WebRequest } from './web-request.js';

/** What proves that a delivery comes from whoever knows the secret. */
export type Provider =
  | 'github'
  | 'gitea'
  | 'gitlab'
  | 'bitbucket'
  | 'rhodecode'
  | 'sourcehut'
  | 'standard-webhooks'
  | 'basic';

/** A delivery that was read whole: its head, and its body's very bytes. */
export type Delivery = { readonly request: WebRequest; readonly body: Buffer };

/**
 * Whether a delivery is genuine; `id` is what makes it one of its kind, so that it is taken once. Who sends the secret
 * itself and no id has none: the same bytes may be sent twice, and be meant, and whoever can repeat them has the secret.
 */
export type Proof =
  | {
      readonly kind: 'genuine';
      readonly id: string | undefined;
      /** The sender gave it no name: the id, if there is one, is that of its bytes. */
      readonly isNameless: boolean;
      readonly event: string;
    }
  | { readonly kind: 'refused'; readonly why: string };

/** How a provider signs; `event` names what happened in its own words, `push` events are what rings. */
type Scheme = {
  readonly isGenuine: (delivery: Delivery, secret: string) => boolean;
  readonly id: (request: WebRequest) => string | undefined;
  readonly event: (request: WebRequest, body: Buffer) => string;
};

/** Where the sender names no delivery, the same bytes that it has signed are the same delivery. */
const SIGNED: ReadonlySet<Provider> = new Set(['github', 'gitea', 'bitbucket']);

const header =
  (...names: readonly string[]) =>
  (request: WebRequest): string | undefined =>
    names.map((name) => request.header(name)).find((value) => value !== undefined);

const eventFrom =
  (...names: readonly string[]) =>
  (request: WebRequest): string =>
    header(...names)(request) ?? '';

/** GitHub: HMAC-SHA256 of the body in `X-Hub-Signature-256: sha256=<hex>` (docs.github.com, validating deliveries). */
const github: Scheme = {
  isGenuine: ({ request, body }, secret) =>
    isSameHex(request.header('x-hub-signature-256')?.replace(/^sha256=/, ''), hmac(secret, body)),
  id: header('x-github-delivery'),
  event: eventFrom('x-github-event'),
};

/** Gitea and Forgejo: the same HMAC as bare hexadecimal (docs.gitea.com, webhooks). */
const gitea: Scheme = {
  isGenuine: ({ request, body }, secret) =>
    isSameHex(header('x-forgejo-signature', 'x-gitea-signature')(request), hmac(secret, body)),
  id: header('x-forgejo-delivery', 'x-gitea-delivery'),
  event: eventFrom('x-forgejo-event', 'x-gitea-event'),
};

/** Bitbucket Cloud and Data Center: the HMAC in `X-Hub-Signature: sha256=<hex>`. */
const bitbucket: Scheme = {
  isGenuine: ({ request, body }, secret) =>
    isSameHex(request.header('x-hub-signature')?.replace(/^sha256=/, ''), hmac(secret, body)),
  id: header('x-request-uuid', 'x-request-id'),
  event: eventFrom('x-event-key'),
};

/** GitLab and Heptapod: the secret itself in `X-Gitlab-Token`. */
const gitlab: Scheme = {
  isGenuine: ({ request }, secret) => isSameText(request.header('x-gitlab-token'), secret),
  id: header('idempotency-key', 'x-gitlab-event-uuid'),
  event: eventFrom('x-gitlab-event'),
};

/** RhodeCode: the secret as `token` in the JSON. */
const rhodecode: Scheme = {
  isGenuine: ({ body }, secret) => isSameText(textAt(body, 'token'), secret),
  id: () => undefined,
  event: (_request, body) => textAt(body, 'event', 'name') ?? '',
};

/** SPKI of Ed25519 (RFC 8410), before the 32 bytes of a raw key. */
const ED25519_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

/** SourceHut: Ed25519 over body and nonce, with the public key that it publishes in the place of a secret. */
const sourcehut: Scheme = {
  isGenuine: ({ request, body }, key) => {
    const nonce = request.header('x-payload-nonce') ?? '';
    const signature = Buffer.from(request.header('x-payload-signature') ?? '', 'base64');
    const raw = Buffer.from(key, 'base64');
    if (nonce === '' || signature.length !== 64 || raw.length !== 32) return false;
    const publicKey = createPublicKey({ key: Buffer.concat([ED25519_PREFIX, raw]), format: 'der', type: 'spki' });
    return verify(null, Buffer.concat([body, Buffer.from(nonce)]), publicKey, signature);
  },
  id: header('x-payload-nonce'),
  event: eventFrom('x-webhook-event'),
};

/**
 * Standard Webhooks 1.0 (GitLab's signed form, and our own sender): HMAC-SHA256 of `<id>.<timestamp>.<body>`, base64,
 * in `webhook-signature: v1,<base64> …`; the key is base64 after `whsec_`.
 */
const standardWebhooks: Scheme = {
  isGenuine: ({ request, body }, secret) => {
    const signed = standardSignature(secret, {
      id: request.header('webhook-id') ?? '',
      timestamp: request.header('webhook-timestamp') ?? '',
      body,
    });
    const given = (request.header('webhook-signature') ?? '').split(' ');
    return given.some((signature) => isSameText(signature, signed));
  },
  id: header('webhook-id'),
  event: eventFrom('x-autosync-event', 'x-gitlab-event', 'webhook-event'),
};

/** A password in HTTP's basic authentication (RFC 7617): what services can send that sign nothing. */
const basic: Scheme = {
  isGenuine: ({ request }, secret) => {
    const [, given] = /^Basic ([A-Za-z0-9+/]+=*)$/i.exec(request.header('authorization') ?? '') ?? [];
    const userAndPassword = Buffer.from(given ?? '', 'base64').toString('utf8');
    return isSameText(userAndPassword.slice(userAndPassword.indexOf(':') + 1), secret);
  },
  id: () => undefined,
  event: () => '',
};

const SCHEMES: Readonly<Record<Provider, Scheme>> = {
  github,
  gitea,
  gitlab,
  bitbucket,
  rhodecode,
  sourcehut,
  'standard-webhooks': standardWebhooks,
  basic,
};

/** The names of all providers. */
export const PROVIDERS: readonly Provider[] = Object.keys(SCHEMES) as Provider[];

/** Five minutes, as the standard has it: more than two clocks differ, less than a replay needs. */
const WINDOW_SECONDS = 300;

/** Tells whether a delivery proves to come from whoever knows a secret; `now` in milliseconds since 1970. */
export function prove(
  delivery: Delivery,
  route: { readonly provider: Provider; readonly secret: string },
  now: number,
): Proof {
  const scheme = SCHEMES[route.provider];
  const { request, body } = delivery;
  if (!scheme.isGenuine(delivery, route.secret)) return { kind: 'refused', why: 'the signature is missing or wrong' };
  if (route.provider === 'standard-webhooks') {
    const seconds = Number(request.header('webhook-timestamp'));
    if (!(Math.abs(now / 1000 - seconds) <= WINDOW_SECONDS))
      return { kind: 'refused', why: 'the timestamp is too old' };
  }
  const name = scheme.id(request);
  const isNameless = name === undefined;
  const id = isNameless && SIGNED.has(route.provider) ? hashBytes(body, 'sha256') : name;
  const event = scheme.event(request, body);
  return { kind: 'genuine', id: id === undefined ? undefined : `${route.provider} ${id}`, isNameless, event };
}

/** Returns the value of `webhook-signature` for a delivery. */
export function standardSignature(
  secret: string,
  { id, timestamp, body }: { readonly id: string; readonly timestamp: string; readonly body: Buffer },
): string {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const signed = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64');
  return `v1,${signed}`;
}

const hmac = (secret: string, body: Buffer): Buffer => createHmac('sha256', secret).update(body).digest();

function isSameHex(given: string | undefined, wanted: Buffer): boolean {
  if (given === undefined || !/^[0-9a-f]{64}$/i.test(given)) return false;
  return timingSafeEqual(Buffer.from(given, 'hex'), wanted);
}

/** Compares hashes, so that neither the length nor the place of a difference takes its own time. */
const isSameText = (given: string | undefined, wanted: string): boolean =>
  given !== undefined &&
  timingSafeEqual(Buffer.from(hashBytes(given, 'sha256')), Buffer.from(hashBytes(wanted, 'sha256')));

/** Returns a text in a body of JSON. */
function textAt(body: Buffer, ...keys: readonly string[]): string | undefined {
  try {
    let value: unknown = JSON.parse(body.toString('utf8'));
    for (const key of keys) {
      if (typeof value !== 'object' || value === null) return undefined;
      value = (value as Readonly<Record<string, unknown>>)[key];
    }
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}
