"""Lets hg take the files that name subrepositories for files like others: what they ask for is autosync's business.

    [autosync]
    plain-subrepositories =   whether `.hgsub` and `.hgsubstate` are such files; then nothing goes into subrepositories
"""

from mercurial import extensions, subrepoutil

STATE = b'.hgsubstate'


def uisetup(ui):
    if not ui.configbool(b'autosync', b'plain-subrepositories', False):
        return
    extensions.wrapfunction(subrepoutil, 'state', lambda ask, ctx, ui: {})
    extensions.wrapfunction(subrepoutil, 'precommit', lambda ask, *args, **kwargs: ([], set(), {}))
    extensions.wrapfunction(subrepoutil, 'submerge', take_theirs)


def take_theirs(ask, repo, wctx, mctx, actx, overwrite, labels=None):
    """Where both sides changed the file, theirs stands until autosync has looked at each line of it."""
    if actx is not wctx and STATE in mctx:
        repo.wwrite(STATE, mctx[STATE].data(), b'')
    return {}
