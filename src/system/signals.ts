const SIGNALS: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/**
 * Calls back once when we are asked to end: from the keyboard, by another program, or by a terminal that closes. Who
 * asks a second time is not kept waiting: then the signal does what it does by itself. Returns how to stop listening.
 */
export function onEndWanted(listener: () => void): () => void {
  const stop = (): void => {
    for (const signal of SIGNALS) process.off(signal, heard);
    process.stdout.off('error', closed);
  };
  const heard = (): void => {
    stop();
    listener();
  };
  // Whoever read what we say has gone; what is under way is ended properly, and said to nobody.
  const closed = (): void => listener();
  for (const signal of SIGNALS) process.on(signal, heard);
  process.stdout.on('error', closed);
  return stop;
}
