import { createInterface } from 'node:readline/promises';

/** Tells whether somebody sits at a terminal who can be asked: we read from it, and he sees what we say. */
export const isSomebodyThere = (): boolean => process.stdin.isTTY === true && process.stdout.isTTY === true;

/** Asks on the terminal for one line; undefined when there is no answer: its input ends, or it is interrupted. */
export async function ask(question: string): Promise<string | undefined> {
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  const leave = new AbortController();
  lines.on('SIGINT', () => leave.abort());
  lines.on('close', () => leave.abort());
  try {
    return await lines.question(question, { signal: leave.signal });
  } catch (error) {
    if (!leave.signal.aborted) throw error;
    process.stdout.write('\n');
    return undefined;
  } finally {
    lines.close();
  }
}
