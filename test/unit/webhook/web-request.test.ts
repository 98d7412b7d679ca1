import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { standardInput } from '../../../src/system/standard-input.js';
import { cgiRequest, httpRequest } from '../../../src/webhook/web-request.js';

const from = (...pieces: readonly string[]): ReturnType<typeof standardInput> =>
  standardInput(
    Readable.from(
      pieces.map((piece) => Buffer.from(piece, 'latin1')),
      { objectMode: false },
    ),
  );

describe('a request on a connection', () => {
  it('is read however it is cut in pieces', async () => {
    const text = 'POST /hook/notes?a=b%20c HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello, not read';
    const found = await httpRequest({ REMOTE_ADDR: '127.0.0.1' }, from(...text));
    expect(found).toMatchObject({ method: 'POST', path: '/hook/notes', from: '127.0.0.1' });
    expect(found?.query.get('a')).toBe('b c');
    expect(found?.header('content-length')).toBe('5');
    expect(found?.header('Host')).toBe('x');
    expect((await found?.body(5))?.toString()).toBe('hello');
  });

  it.each([
    ['no head', 'POST /'],
    ['another protocol', 'POST / HTTP/2.0\r\n\r\n'],
    ['no path', 'POST http://x/ HTTP/1.1\r\n\r\n'],
    ['blanks in its path', 'POST /a b HTTP/1.1\r\n\r\n'],
    ['a line that is no header', 'POST / HTTP/1.1\r\nnonsense\r\n\r\n'],
    ['a header that goes on', 'POST / HTTP/1.1\r\nA: b\r\n c\r\n\r\n'],
    ['two lengths', 'POST / HTTP/1.1\r\nContent-Length: 1\r\ncontent-length: 2\r\n\r\n'],
    ['a head without end', `POST / HTTP/1.1\r\nA: ${'x'.repeat(20_000)}\r\n\r\n`],
    ['a header of many blanks that no text follows', `POST / HTTP/1.1\r\na:${' '.repeat(15_900)}\0\r\n\r\n`],
    ['nothing', ''],
  ])('with %s is none', async (_what, text) => {
    expect(await httpRequest({}, from(text))).toBeUndefined();
  });

  it('whose body is cut off has none', async () => {
    const found = await httpRequest({}, from('POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nshort'));
    expect(await found?.body(9)).toBeUndefined();
  });
});

describe('a request that a web server hands over', () => {
  it('has its headers in the environment', async () => {
    const variables = {
      REQUEST_METHOD: 'POST',
      PATH_INFO: '/hook/notes',
      QUERY_STRING: 'user=ann&project=%24(x)',
      CONTENT_LENGTH: '2',
      CONTENT_TYPE: 'application/json',
      HTTP_X_GITHUB_EVENT: 'push',
    };
    const found = cgiRequest(variables, from('{}'));
    expect(found).toMatchObject({ method: 'POST', path: '/hook/notes' });
    expect(found.query.get('project')).toBe('$(x)');
    expect(found.header('X-GitHub-Event')).toBe('push');
    expect(found.header('content-length')).toBe('2');
    expect(found.header('content-type')).toBe('application/json');
    expect((await found.body(2))?.toString()).toBe('{}');
  });

  it('may have no variables at all', () => {
    const found = cgiRequest({}, from(''));
    expect(found).toMatchObject({ method: '', path: '', from: '' });
    expect(found.header('content-length')).toBeUndefined();
  });
});
