import { errorMessage } from '../model/errors.js';

/** What a web server answered, or why none did. */
export type HttpAnswer =
  | { readonly kind: 'answered'; readonly status: number; readonly text: string }
  | { readonly kind: 'unreachable'; readonly why: string };

/** What is sent, where, and how long it may take in milliseconds. */
export type HttpRequest = {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly limitMs: number;
};

const MAX_WORDS = 300;

/** Posts something and returns the answer's first words; a redirection is not followed, since it may lead anywhere. */
export async function postHttp({ url, headers, body, limitMs }: HttpRequest): Promise<HttpAnswer> {
  try {
    const signal = AbortSignal.timeout(limitMs);
    const answer = await fetch(url, {
      method: 'POST',
      headers,
      body: new Uint8Array(body),
      redirect: 'manual',
      signal,
    });
    return { kind: 'answered', status: answer.status, text: (await answer.text()).trim().slice(0, MAX_WORDS) };
  } catch (error) {
    const cause = error instanceof Error && error.cause !== undefined ? `: ${errorMessage(error.cause)}` : '';
    return { kind: 'unreachable', why: `${errorMessage(error)}${cause}` };
  }
}
