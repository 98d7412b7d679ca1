"""Commits a file under a path that Mercurial itself would refuse, as a patched one could.

    hg-manifest.py <repository> <path> <content>
"""

import os
import sys

from mercurial import context, hg, ui as uimod

repository, path, content = map(os.fsencode, sys.argv[1:])
repo = hg.repository(uimod.ui.load(), repository)


def file(repo, changeset, name):
    return context.memfilectx(repo, changeset, name, content)


with repo.lock():
    context.memctx(repo, (repo[b'tip'].node(), None), b'evil', [path], file, user=b'evil').commit()
