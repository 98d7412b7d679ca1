import type { PushOutcome } from '../../model/outcome.js';
import { networkOptions } from './network.js';
import { remoteFailure } from './remote-failure.js';

/** The refs of a hub by their full names, or why it could not be asked. */
export type RemoteRefs =
  | { readonly kind: 'listed'; readonly refs: ReadonlyMap<string, string> }
  | Extract<PushOutcome, { kind: 'unavailable' }>;

/**
 * Asks a hub where its refs stand: all of them, unless some are named, or options of git say which kinds. `git ls-remote` answers with lines of
 *
 *     <id> TAB <ref>          of a tag that is an object, also <id> TAB <ref>^{}
 */
export async function listRemote(
  repository: Parameters<typeof networkOptions>[0],
  remote: string,
  { named = [], only = [] }: { readonly named?: readonly string[]; readonly only?: readonly string[] } = {},
): Promise<RemoteRefs> {
  const args = ['ls-remote', ...only, '--', remote, ...named];
  const result = await repository.git.run(args, await networkOptions(repository));
  if (result.exitCode !== 0) return { kind: 'unavailable', ...remoteFailure(result) };
  const lines = result.stdout.toString('utf8').split('\n').filter(Boolean);
  return { kind: 'listed', refs: new Map(lines.map((line) => [line.slice(line.indexOf('\t') + 1), idOf(line)])) };
}

const idOf = (line: string): string => line.slice(0, line.indexOf('\t'));
