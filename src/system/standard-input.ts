/** What a client sends us, read with bounds: bytes arrive when they do, and some never. */
export type Input = {
  /** Returns everything up to and with a marker; undefined when the input ends, the time is over or it grows too long. */
  readonly readThrough: (
    marker: string,
    limits: InputLimits & { readonly maxBytes: number },
  ) => Promise<Buffer | undefined>;
  /** Returns exactly so many bytes; undefined when the input ends or the time is over before. */
  readonly readExactly: (bytes: number, limits: InputLimits) => Promise<Buffer | undefined>;
  /** Throws away what still comes, up to so many bytes: whoever sends to one that has gone may not hear his answer. */
  readonly discard: (limits: InputLimits & { readonly maxBytes: number }) => Promise<void>;
};

/** How long a read may take as a whole, in milliseconds. */
export type InputLimits = { readonly limitMs: number };

/** Returns our standard input; it is only read as far as somebody asks for it. */
export function standardInput(source: NodeJS.ReadableStream = process.stdin): Input {
  let pieces: Buffer[] = [];
  let size = 0;
  // Joined only when somebody looks: bytes may come one by one.
  const all = (): Buffer => {
    pieces = [Buffer.concat(pieces)];
    return pieces[0] ?? Buffer.alloc(0);
  };
  const readWhile = async (isShort: () => boolean, limitMs: number): Promise<boolean> => {
    const end = performance.now() + limitMs;
    while (isShort()) {
      const piece = await nextPiece(source, end - performance.now());
      if (piece === undefined) return false;
      pieces.push(piece);
      size += piece.length;
    }
    return true;
  };
  const take = (bytes: number): Buffer => {
    const read = all();
    pieces = [read.subarray(bytes)];
    size -= bytes;
    return read.subarray(0, bytes);
  };
  return {
    readThrough: async (marker, { maxBytes, limitMs }) => {
      const lacksMarker = (): boolean => size <= maxBytes && !all().includes(marker);
      if (!(await readWhile(lacksMarker, limitMs))) return undefined;
      const end = all().indexOf(marker) + marker.length;
      return end < marker.length || end > maxBytes ? undefined : take(end);
    },
    readExactly: async (bytes, { limitMs }) =>
      (await readWhile(() => size < bytes, limitMs)) ? take(bytes) : undefined,
    discard: async ({ maxBytes, limitMs }) => void (await readWhile(() => size < maxBytes, limitMs)),
  };
}

/** Waits for the next bytes; undefined when there are no more, or none in time. The stream rests in between. */
function nextPiece(source: NodeJS.ReadableStream, limitMs: number): Promise<Buffer | undefined> {
  return new Promise((settle) => {
    const finish = (piece?: Buffer): void => {
      clearTimeout(limit);
      source.removeListener('data', finish);
      for (const event of ['end', 'error', 'close']) source.removeListener(event, fail);
      source.pause();
      settle(piece);
    };
    const fail = (): void => finish();
    const limit = setTimeout(fail, Math.max(0, limitMs));
    source.on('data', finish);
    for (const event of ['end', 'error', 'close']) source.on(event, fail);
    source.resume();
  });
}
