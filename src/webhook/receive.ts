import type { Answer, Status } from './answer.js';
import { type Delivery, type Provider, prove } from './proof.js';
import type { Seen } from './seen.js';
import type { WebRequest } from './web-request.js';

/** One address of ours: who may ring there, how that is proved, and at which door. */
export type Route<Target> = {
  /** `notes` for `/hook/notes`; `ann/notes` is what `/synchronise/?user=ann&project=notes` selects. */
  readonly name: string;
  readonly provider: Provider;
  readonly secret: string;
  readonly target: Target;
};

/** What receiving a request takes, and what it leads to. */
export type Receiver<Target> = {
  readonly routes: readonly Route<Target>[];
  readonly seen: Seen;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Leaves word that a target is to be looked at; throws when it cannot. */
  readonly ring: (target: Target) => void;
  /** Does the work at once and says how it went: for the route whose answer tells. */
  readonly run: (target: Target) => Promise<{ readonly ok: boolean; readonly words: string }>;
};

/** An answer, and why, for the log; `route` names where the request went, if anywhere. */
export type Received = { readonly answer: Answer; readonly route: string | undefined; readonly event?: string };

/** One mebibyte: GitHub sends 25 at most, but of a doorbell nobody needs more than who rang. */
const MAX_BODY_BYTES = 1 << 20;

/** What says that something was pushed; a sender that names no event only ever sends that. */
const PUSHES: ReadonlySet<string> = new Set([
  '',
  'push',
  'Push Hook',
  'Tag Push Hook',
  'repo:push',
  'repo:refs_changed',
  'repo-push',
  // SourceHut, by its REST interface and by GraphQL.
  'repo:post-update',
  'GIT_POST_RECEIVE',
  'changegroup',
]);

/**
 * Takes one request: a doorbell, not an instruction. What it rings for comes from our own configuration; of the body
 * nothing is used but the proof. Every check comes before what it protects: the length before the body is read, the
 * proof before it is parsed.
 */
export async function receive<Target>(request: WebRequest, receiver: Receiver<Target>): Promise<Received> {
  if (request.method !== 'POST') return refused(405, 'only POST');
  const place = placeOf(request);
  const route = receiver.routes.find(({ name }) => name === place.name);
  if (route === undefined) return place.waits ? refused(400, unknownPair(request)) : refused(404, 'no such route');
  const body = await readBody(request);
  if ('answer' in body) return { ...body, route: route.name };
  const { answer, event } = await takeDelivery(receiver, {
    route,
    waits: place.waits,
    delivery: { request, body: body.bytes },
  });
  return { answer, route: route.name, ...(event === undefined ? {} : { event }) };
}

type Place = { readonly name: string | undefined; readonly waits: boolean };

/** Says which route a request is for: `/hook/<name>` is answered at once, `/synchronise/` when the work is done. */
function placeOf({ path, query }: WebRequest): Place {
  const [, name] = /^\/hook\/([^/]+)\/?$/.exec(path) ?? [];
  if (!/^\/synchronise\/?$/.test(path)) return { name, waits: false };
  return { name: `${query.get('user') ?? ''}/${query.get('project') ?? ''}`, waits: true };
}

const unknownPair = ({ query }: WebRequest): string =>
  query.get('user') && query.get('project') ? 'Unknown user or project.' : 'No user and project.';

type Body = { readonly bytes: Buffer } | { readonly answer: Answer };

async function readBody(request: WebRequest): Promise<Body> {
  const given = request.header('content-length');
  if (given === undefined || request.header('transfer-encoding') !== undefined)
    return answer(411, 'a length is required');
  if (!/^\d{1,15}$/.test(given)) return answer(400, 'the length is no number');
  const length = Number(given);
  if (length > MAX_BODY_BYTES) return answer(413, `more than ${MAX_BODY_BYTES} bytes`);
  const bytes = await request.body(length);
  return bytes === undefined ? answer(408, 'the body did not come in time') : { bytes };
}

type Taking<Target> = { readonly route: Route<Target>; readonly waits: boolean; readonly delivery: Delivery };

async function takeDelivery<Target>(
  { seen, now, ring, run }: Receiver<Target>,
  { route, waits, delivery }: Taking<Target>,
): Promise<{ readonly answer: Answer; readonly event?: string }> {
  const proof = prove(delivery, route, now);
  if (proof.kind === 'refused') return answer(401, proof.why);
  const { event } = proof;
  const problem = problemOfPayload(delivery);
  if (problem !== undefined) return { ...answer(400, problem), event };
  if (!PUSHES.has(event)) return { ...answer(200, 'nothing to do for this event'), event };
  // Who is run while the client waits may well be sent the same bytes twice, and it is meant.
  const isTakenOnce = proof.id !== undefined && !(waits && proof.isNameless);
  const id = isTakenOnce ? `${route.name} ${proof.id}` : undefined;
  if (id !== undefined && !seen.isNew(id)) return { ...answer(409, 'this delivery was taken before'), event };
  // What came to nothing may be sent again.
  const forget = (): void => (id === undefined ? undefined : seen.forget(id));
  try {
    if (!waits) {
      ring(route.target);
      return { ...answer(202, 'taken'), event };
    }
    const { ok, words } = await run(route.target);
    if (!ok) forget();
    return { ...answer(ok ? 200 : 500, words), event };
  } catch (error) {
    forget();
    throw error;
  }
}

/** Says what is wrong with a payload, which is JSON, plain or in the field of a form; undefined when nothing is. */
function problemOfPayload({ request, body }: Delivery): string | undefined {
  const isForm = /^application\/x-www-form-urlencoded\b/i.test(request.header('content-type') ?? '');
  const text = isForm ? new URLSearchParams(body.toString('utf8')).get('payload') : body.toString('utf8');
  if (text === null || text === '') return 'No JSON payload.';
  try {
    const payload: unknown = JSON.parse(text);
    return typeof payload === 'object' && payload !== null ? undefined : 'No proper JSON in payload.';
  } catch {
    return 'Invalid JSON payload.';
  }
}

const answer = (status: Status, text: string): { readonly answer: Answer } => ({ answer: { status, text } });

const refused = (status: Status, text: string): Received => ({ ...answer(status, text), route: undefined });
