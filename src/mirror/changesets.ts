import type { Hg } from '../vcs/hg/command.js';
import { NO_CHANGESET } from '../vcs/hg/repository.js';

/** What Mercurial says of a changeset, besides its files. */
export type Changeset = {
  readonly node: string;
  /** None, one or two; the first is what its files are compared with. */
  readonly parents: readonly string[];
  /** Seconds since 1970. */
  readonly seconds: number;
  /** Seconds that its clock was behind UTC. */
  readonly behindUtc: number;
  readonly user: string;
  readonly description: string;
};

/** Returns the ids of every changeset of a clone, parents first. */
export async function allChangesets(hg: Hg): Promise<readonly string[]> {
  const text = await hg.text(['log', '-r', 'sort(not secret(), rev)', '-T', '{node}\\n']);
  return text.split('\n').slice(0, -1);
}

/** The fields without a length of their own end with NUL; the others come after their number of bytes. */
const TEMPLATE = '{node}\\0{p1node}\\0{p2node}\\0{date|hgdate}\\0{author|count}\\0{author}{desc|count}\\0{desc}';

/** Reads some changesets, in the order in which they are named. */
export async function readChangesets(hg: Hg, nodes: readonly string[]): Promise<readonly Changeset[]> {
  // Ids alone are looked up, which is quick; joined by `+` they keep their order.
  const output = await hg.output(['log', '-r', nodes.join('+'), '-T', TEMPLATE]);
  return parseChangesets(output);
}

/**
 * Reads `hg log` with the template above:
 *
 *     <node> NUL <first parent> NUL <second parent> NUL <seconds> SPACE <seconds behind UTC> NUL
 *     <bytes of the user> NUL <user> <bytes of the description> NUL <description>
 */
export function parseChangesets(output: Buffer): readonly Changeset[] {
  const found: Changeset[] = [];
  let at = 0;
  const field = (): string => {
    const end = output.indexOf(0, at);
    if (end < 0) throw new Error('hg log answered a record that ends too early');
    const text = output.toString('utf8', at, end);
    at = end + 1;
    return text;
  };
  const counted = (): string => {
    const end = Number(field()) + at;
    const text = output.toString('utf8', at, end);
    at = end;
    return text;
  };
  while (at < output.length) {
    const [node, first, second, date] = [field(), field(), field(), field()];
    const [seconds = 0, behindUtc = 0] = date.split(' ').map(Number);
    const parents = [first, second].filter((parent) => parent !== NO_CHANGESET);
    found.push({ node, parents, seconds, behindUtc, user: counted(), description: counted() });
  }
  return found;
}
