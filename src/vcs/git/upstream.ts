import { asRefPart } from './refs.js';
import { once, type Repository } from './repository.js';

/** Where a branch is kept on the hub. */
export type Upstream = {
  /** The remote's name, or a URL. */
  readonly remote: string;
  /** The full name of the branch's ref on the hub. */
  readonly remoteRef: string;
  /** The full name of the ref here that says where the hub's branch stood when last seen. */
  readonly trackingRef: string;
  /** Our own memory of where the hub's branch stood: what tells that its history was rewritten. */
  readonly seenRef: string;
};

/** What a branch's hub is, or why it has none. */
export type UpstreamAnswer = Upstream | { readonly kind: 'no-upstream'; readonly why: string };

/** Returns the names of the repository's remotes. */
export async function remotes(repository: Pick<Repository, 'git'>): Promise<readonly string[]> {
  const text = await repository.git.text(['remote']);
  return text === '' ? [] : text.split('\n');
}

/**
 * Finds a branch's hub: the remote of the settings, else the branch's own upstream, else the only remote there is,
 * else `origin`. A branch is kept under its own name, unless it has an upstream of another one and `push.default` says
 * that it is pushed there.
 */
export const upstreamOf = (repository: Repository, branch: string): Promise<UpstreamAnswer> =>
  once(repository, `upstream of ${branch}`, () => findUpstream(repository, branch));

async function findUpstream(repository: Repository, branch: string): Promise<UpstreamAnswer> {
  const ref = `refs/heads/${branch}`;
  const known = await repository.git.text([
    'for-each-ref',
    '--count=1',
    '--format=%(upstream:remotename)%00%(upstream:remoteref)%00%(upstream)',
    ref,
  ]);
  const [configured = '', remoteRef = '', tracking = ''] = known.split('\0');
  const wanted = repository.settings.remote;
  if (configured !== '' && configured !== '.' && remoteRef !== '' && (wanted === '' || wanted === configured)) {
    // `git switch -c feature origin/main` makes main the upstream of feature, and nobody wants feature pushed there.
    if (remoteRef !== ref && !(await pushesToUpstream(repository)))
      return upstream({ remote: configured, remoteRef: ref, branch });
    return upstream({ remote: configured, remoteRef, branch, ...(tracking === '' ? {} : { tracking }) });
  }
  const names = await remotes(repository);
  const remote = wanted !== '' ? wanted : names.length === 1 ? names[0] : names.find((name) => name === 'origin');
  if (remote === undefined) {
    const why = names.length === 0 ? 'there is no remote' : 'there are several remotes and none is named origin';
    return { kind: 'no-upstream', why };
  }
  if (!names.includes(remote)) return { kind: 'no-upstream', why: `there is no remote '${remote}'` };
  return upstream({ remote, remoteRef: ref, branch });
}

/** Tells whether the person wants branches pushed to upstreams of other names (`push.default`, git-config(1)). */
async function pushesToUpstream(repository: Repository): Promise<boolean> {
  const setting = await repository.git.run(['config', '--get', 'push.default']);
  return /^(upstream|tracking)$/.test(setting.stdout.toString('utf8').trim());
}

/** Returns where git notes a remote's branch, unless its configuration says otherwise. */
export const trackingRefOf = (remote: string, remoteRef: string): string =>
  `refs/remotes/${remote}/${remoteRef.replace(/^refs\/heads\//, '')}`;

type UpstreamParts = {
  readonly remote: string;
  readonly remoteRef: string;
  readonly branch: string;
  readonly tracking?: string;
};

const upstream = ({ remote, remoteRef, branch, tracking }: UpstreamParts): Upstream => ({
  remote,
  remoteRef,
  trackingRef: tracking ?? trackingRefOf(remote, remoteRef),
  seenRef: memoryRef(remote, branch),
});

/** Names the ref that remembers where a branch stood on a remote. */
export const memoryRef = (remote: string, branch: string): string => `refs/autosync/seen/${asRefPart(remote, branch)}`;
