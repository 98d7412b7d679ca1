"""Tells what files every changeset of a Mercurial repository has, each as `git ls-tree -r -z` would tell it.

    hg-trees.py <repository>          <changeset> SPACE { <mode> SPACE blob SPACE <id> TAB <path> NUL } LF LF
"""

import hashlib
import sys

from mercurial import hg, ui as uimod
from mercurial.node import hex

MODES = {b'': b'100644', b'x': b'100755', b'l': b'120000'}


def main():
    repo = hg.repository(uimod.ui.load(), sys.argv[1].encode())
    known = {}
    out = sys.stdout.buffer
    for rev in repo:
        ctx = repo[rev]
        out.write(hex(ctx.node()) + b' ')
        for path, node, flags in sorted(ctx.manifest().iterentries()):
            if (path, node) not in known:
                data = ctx[path].data()
                known[path, node] = hashlib.sha1(b'blob %d\0' % len(data) + data).hexdigest().encode()
            out.write(b'%s blob %s\t%s\0' % (MODES[flags], known[path, node], path))
        out.write(b'\n\n')


main()
