"""Lets autosync ask a hub for the heads of a branch, and whose they are: to a mere name hg answers with a bookmark or a tag
that is called so.
And lets it find out what a repository that was pulled from has no more."""

from mercurial import error, hg, registrar
from mercurial.node import hex
from mercurial.utils import urlutil

cmdtable = {}
command = registrar.command(cmdtable)


@command(b'autosync-heads', [(b'', b'branch', b'', b'the branch', b'NAME')], b'--branch NAME PATH')
def autosync_heads(ui, repo, path, **opts):
    """print the heads of a branch on a hub, newest first, each with its bookmarks there, one a line, and followed by a NUL

    Those that are known here to be closed are left out; where all are, it is the newest of them.
    """
    peer = hg.peer(repo, {}, ui.paths[path][0].loc)
    try:
        with peer.commandexecutor() as executor:
            # Asked for before either is waited for, so that both are one question to the hub.
            asked = executor.callcommand(b'branchmap', {})
            marks = executor.callcommand(b'listkeys', {b'namespace': b'bookmarks'})
            branches, marks = asked.result(), marks.result()
        heads = list(reversed(branches[opts['branch']])) if opts['branch'] in branches else []
    finally:
        peer.close()
    for node in not_closed(repo.unfiltered(), heads) or heads[:1]:
        names = sorted(name for name, place in marks.items() if place == hex(node))
        ui.write(b'\n'.join([hex(node)] + names) + b'\0')


def not_closed(repo, heads):
    return [node for node in heads if not (repo.changelog.hasnode(node) and repo[node].closesbranch())]


@command(b'autosync-gone', [], b'PATH')
def autosync_gone(ui, repo, path, **opts):
    """print the first of those changesets that are here and no more where they were pulled from, each followed by a NUL

    Returns 1 if that has changesets which are not here: then another pull is due.
    """
    location, (branch, _branches) = urlutil.parseurl(ui.paths[path][0].loc if path in ui.paths else path)
    peer = hg.peer(repo, {}, location)
    try:
        with peer.commandexecutor() as executor:
            if branch:
                # Of the other branches nothing was pulled. What is no branch there is a tag, a bookmark or a changeset.
                branches = executor.callcommand(b'branchmap', {}).result()
                heads = branches[branch] if branch in branches else None
            else:
                heads = executor.callcommand(b'heads', {}).result()
    finally:
        peer.close()
    if heads is None:
        return 0
    repo = repo.unfiltered()
    if heads == [repo.nullid] and len(repo) > 0:
        raise error.Abort(b'repository is unrelated')
    if not all(repo.changelog.hasnode(node) for node in heads):
        return 1
    for rev in repo.revs(b'roots(not ::%ln)', heads):
        ui.write(repo[rev].hex() + b'\0')
    return 0
