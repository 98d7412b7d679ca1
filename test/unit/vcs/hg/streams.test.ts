import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fileStream } from '../../../../src/vcs/hg/file-stream.js';
import { commandFrame, frameReader } from '../../../../src/vcs/hg/frames.js';

/** Bytes, and sizes of the pieces in which they come. */
const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 30 });

/** Hands bytes over in pieces of the given sizes, over and over. */
function inPieces(bytes: Buffer, sizes: readonly number[], take: (piece: Buffer) => void): void {
  for (let at = 0, n = 0; at < bytes.length; n += 1) {
    const size = sizes[n % sizes.length] ?? 1;
    take(bytes.subarray(at, at + size));
    at += size;
  }
}

const bytesOf = fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes));

function frame(channel: string, data: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.write(channel, 'latin1');
  head.writeUInt32BE(data.length, 1);
  return Buffer.concat([head, data]);
}

describe("a command server's frames", () => {
  it('are the same in whatever pieces they come', () => {
    const one = fc.oneof(
      fc.record({ channel: fc.constantFrom('o', 'e'), data: bytesOf }),
      fc.record({ channel: fc.constant('r'), data: fc.constant(Buffer.from([0, 0, 0, 1])) }),
      fc.record({ channel: fc.constantFrom('I', 'L'), data: fc.constant(Buffer.alloc(0)) }),
    );
    fc.assert(
      fc.property(fc.array(one, { maxLength: 8 }), cuts, (frames, sizes) => {
        const seen: Record<string, Buffer> = {};
        const answers: Buffer[] = [];
        const read = frameReader(({ channel, bytes }) => {
          if (channel === 'r') answers.push(Buffer.from(bytes));
          else if (channel === 'o' || channel === 'e')
            seen[channel] = Buffer.concat([seen[channel] ?? Buffer.alloc(0), bytes]);
        });
        inPieces(Buffer.concat(frames.map(({ channel, data }) => frame(channel, data))), sizes, read);
        for (const name of ['o', 'e']) {
          const sent = Buffer.concat(frames.filter(({ channel }) => channel === name).map(({ data }) => data));
          expect(seen[name] ?? Buffer.alloc(0)).toEqual(sent);
        }
        expect(answers).toEqual(frames.filter(({ channel }) => channel === 'r').map(({ data }) => data));
      }),
    );
  });

  it('that wish for input carry a limit, and no data', () => {
    const seen: string[] = [];
    const read = frameReader(({ channel, bytes }) => seen.push(`${channel} ${bytes.toString('hex')}`));
    read(Buffer.concat([Buffer.from('L\0\0\x10\0'), frame('o', Buffer.from('x'))]));
    expect(seen).toEqual(['L 00001000', 'o 78']);
  });

  it('ask for a command with its arguments parted by NUL', () => {
    const asked = commandFrame([Buffer.from('log'), Buffer.from('-r'), Buffer.from([0xff])]);
    expect(asked.toString('latin1')).toBe('runcommand\n\0\0\0\x08log\0-r\0\xff');
  });
});

describe('files of a changeset', () => {
  it('are read whole, whatever is in them and in whatever pieces they come', () => {
    const path = fc
      .uint8Array({ minLength: 1, maxLength: 20 })
      .map((bytes) => Buffer.from(bytes.map((byte) => byte || 1)));
    fc.assert(
      fc.property(fc.array(fc.record({ path, data: bytesOf }), { maxLength: 6 }), cuts, (files, sizes) => {
        const seen: { path: string; data: string }[] = [];
        const read = fileStream((file) =>
          seen.push({ path: file.path.toString('hex'), data: file.data.toString('hex') }),
        );
        const sent = files.map((file) => Buffer.concat([file.path, Buffer.from(`\0${file.data.length}\0`), file.data]));
        inPieces(Buffer.concat(sent), sizes, read);
        expect(seen).toEqual(
          files.map((file) => ({ path: file.path.toString('hex'), data: file.data.toString('hex') })),
        );
      }),
    );
  });

  it('without a length are no files', () => {
    expect(() => fileStream(() => undefined)(Buffer.from('a.txt\0skipping missing subrepository\0'))).toThrow('length');
  });
});
