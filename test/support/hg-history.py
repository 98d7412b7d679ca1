"""Makes a Mercurial history with everything in it that a mirror has to carry over.

    hg-history.py <repository> <seed> <changesets> [plain]

The same seed and number give the same changesets. Called again with a larger number it adds the rest. `plain`: without
tags whose names git can hold only in another form.
"""

import random
import sys

from mercurial import context, hg, ui as uimod
from mercurial.node import hex, nullid

BRANCHES = [b'default', 'feature/ünï'.encode(), b'exp 1.0', b'stable', b'feature', b'rel~1^2:x']
USERS = [
    b'Ann Example <ann@example.invalid>', b'bob', b'carol@example.invalid', b'Dan <dan', b'<only@example.invalid>',
    'Jörg Müller <jm@example.invalid>'.encode(), b'Eve "E" O\'Neil <eve@example.invalid> (work)', b'x <y> <z>',
]
ZONES = [0, -3600, 18000, -20700, 43200, -50400, 12345]
NAMES = [
    b'a.txt', b'dir/b.txt', b'dir/deep/er/c', b'with space.txt', 'ünïcödé/ñ.txt'.encode(), '😀/party 🎉.md'.encode(),
    b'latin-\xe9\xff.txt', b'"quoted".txt', b'back\\slash', b'-dash', b'tab\there', b' leading', b'trailing ',
    b'glob*?[x].txt', b'path:x', b'.hidden', b'con', b'UPPER.TXT', b'upper.txt', b'.hgignore', b'.gitattributes',
]
TAGS = [b'v1.0', b'v 2 with spaces', 'v3-ü'.encode(), b'moved', b'a..b', b'release/1', b'release', b'x.lock']
PLAIN_TAGS = [b'v1.0', b'v2', b'moved', b'release-1']


class Maker:
    def __init__(self, repo, seed, tag_names):
        self.repo = repo
        self.tag_names = tag_names
        self.random = random.Random(seed)
        self.trees = {nullid: {}}
        self.branch = {}
        self.closed = set()
        self.heads = []
        self.tags = []
        self.time = 1100000000

    def commit(self, parents, tree, text, branch=None, close=False, copies=None):
        first = self.trees[parents[0]] if parents else {}
        changed = [p for p in tree if first.get(p) != tree[p]]
        gone = [p for p in first if p not in tree]
        copies = copies or {}

        def content(repo, ctx, path):
            if path not in tree:
                return None
            data, flags = tree[path]
            return context.memfilectx(
                repo, ctx, path, data, islink=flags == b'l', isexec=flags == b'x', copysource=copies.get(path)
            )

        branch = branch or (self.branch[parents[0]] if parents else b'default')
        extra = {b'branch': branch}
        if close:
            extra[b'close'] = b'1'
        self.time += self.random.choice([0, 1, 60, 4000, -500])
        pair = (list(parents) + [nullid, nullid])[:2]
        date = b'%d %d' % (self.time, self.random.choice(ZONES))
        made = context.memctx(
            self.repo, pair, text, changed + gone, content, user=self.random.choice(USERS), date=date, extra=extra
        )
        node = self.repo.commitctx(made)
        self.trees[node] = dict(tree)
        self.branch[node] = branch
        if close:
            self.closed.add(node)
        for parent in parents:
            if parent in self.heads:
                self.heads.remove(parent)
        self.heads.append(node)
        return node

    def data(self):
        kind = self.random.randrange(6)
        if kind == 0:
            return b''
        if kind == 1:
            return self.random.randbytes(self.random.randrange(1, 3000))
        if kind == 2:
            return b'crlf\r\nlines\r\n' * self.random.randrange(1, 9)
        if kind == 3:
            return b'no newline at the end %d' % self.random.randrange(10**6)
        return b''.join(b'line %d\n' % self.random.randrange(100) for _ in range(self.random.randrange(1, 60)))

    def name(self, tree):
        name = self.random.choice(NAMES)
        if self.random.random() < 0.5:
            name = b'many/%d/%s' % (self.random.randrange(40), name.replace(b'/', b'_'))
        taken = any(p.startswith(name + b'/') or name.startswith(p + b'/') for p in tree)
        return None if taken else name

    def text(self):
        return self.random.choice([
            b'short', 'ünïcödé ✓'.encode(), b'subject\n\nbody\n  indented\n', b'from :1\nmerge :2\ndata 3', b'# not a comment',
            b'crlf\r\nin message', b'-- tricky', b'%s' % (b'long ' * 300),
        ]) + b' %d' % self.random.randrange(10**6)

    def step(self):
        pick = self.random.random()
        open_heads = [n for n in self.heads if n not in self.closed]
        if not open_heads:
            open_heads = [self.random.choice(sorted(self.trees.keys() - {nullid}))]
        head = self.random.choice(open_heads)
        tree = dict(self.trees[head])
        if pick < 0.06 and len(open_heads) > 1:
            return self.merge(head, self.random.choice([n for n in open_heads if n != head]))
        if pick < 0.09:
            # An anonymous head: a second child of an old changeset.
            old = self.random.choice(sorted(self.trees.keys() - {nullid}))
            return self.commit([old], self.edited(dict(self.trees[old])), self.text())
        if pick < 0.11:
            return self.commit([head], tree, b'close', close=True)
        if pick < 0.15:
            return self.commit([head], self.edited(tree), self.text(), branch=self.random.choice(BRANCHES))
        if pick < 0.20:
            return self.tag(head, tree)
        if pick < 0.21:
            return self.commit([], {b'root-%d' % self.random.randrange(99): (b'another root\n', b'')}, b'another root')
        if pick < 0.29 and tree:
            return self.rename(head, tree)
        if pick < 0.33:
            return self.swap(head, tree)
        return self.commit([head], self.edited(tree), self.text())

    def edited(self, tree):
        for _ in range(self.random.randrange(1, 5)):
            pick = self.random.random()
            files = sorted(p for p in tree if p != b'.hgtags')
            if files and pick < 0.15:
                del tree[self.random.choice(files)]
            elif files and pick < 0.25:
                path = self.random.choice(files)
                data, flags = tree[path]
                tree[path] = (data if flags != b'l' else b'was a link\n', b'' if flags == b'x' else b'x')
            elif pick < 0.33:
                path = self.name(tree)
                if path:
                    tree[path] = (self.random.choice([b'a.txt', b'../up', b'/absolute', 'ü'.encode()]), b'l')
            elif files and pick < 0.6:
                path = self.random.choice(files)
                data, flags = tree[path]
                tree[path] = (data + b'more\n', b'' if flags == b'l' else flags)
            else:
                path = self.name(tree)
                if path:
                    tree[path] = (self.data(), b'')
        return tree

    def rename(self, head, tree):
        files = sorted(p for p in tree if p != b'.hgtags')
        name = self.name(tree)
        if not files or not name or name in tree:
            return self.commit([head], self.edited(tree), self.text())
        source = self.random.choice(files)
        tree[name] = tree[source] if self.random.random() < 0.5 else (tree[source][0] + b'edited\n', b'')
        copies = {name: source}
        if self.random.random() < 0.6 and name != source:
            del tree[source]
        return self.commit([head], tree, b'rename or copy', copies=copies)

    def swap(self, head, tree):
        """A file becomes a folder, or a folder a file."""
        folder = b'swap-%d' % self.random.randrange(3)
        inside = [p for p in tree if p.startswith(folder + b'/')]
        if inside:
            for path in inside:
                del tree[path]
            tree[folder] = (self.data(), b'')
        else:
            tree.pop(folder, None)
            tree[folder + b'/inside'] = (self.data(), b'')
        return self.commit([head], tree, b'swap')

    def merge(self, one, other):
        tree = dict(self.trees[one])
        for path, entry in self.trees[other].items():
            clash = any(p.startswith(path + b'/') or path.startswith(p + b'/') for p in tree)
            if not clash and (path not in tree or self.random.random() < 0.5):
                tree[path] = entry
        # Also what neither side has: a merge that was edited by hand, and files that only the second parent had lost.
        if self.random.random() < 0.5:
            tree = self.edited(tree)
        return self.commit([one, other], tree, b'merge')

    def tag(self, head, tree):
        name = self.random.choice(self.tag_names)
        target = self.random.choice(sorted(self.trees.keys() - {nullid}))
        lines = tree.get(b'.hgtags', (b'', b''))[0]
        for line in lines.splitlines()[::-1]:
            if line[41:] == name:
                lines += line + b'\n'
                break
        tree[b'.hgtags'] = (lines + hex(target) + b' ' + name + b'\n', b'')
        return self.commit([head], tree, b'Added tag ' + name)


def main():
    path, seed, count = sys.argv[1].encode(), int(sys.argv[2]), int(sys.argv[3])
    ui = uimod.ui.load()
    ui.setconfig(b'ui', b'interactive', b'false')
    try:
        repo = hg.repository(ui, path)
    except Exception:
        repo = hg.repository(ui, path, create=True)
    have = len(repo)
    maker = Maker(repo, seed, PLAIN_TAGS if sys.argv[4:] == ['plain'] else TAGS)
    with repo.wlock(), repo.lock(), repo.transaction(b'history'):
        first = maker.commit([], {b'a.txt': (b'hello\n', b''), b'run.sh': (b'#!/bin/sh\n', b'x')}, b'first')
        assert first in repo
        # What is there already is made again, and found to be there.
        for _ in range(count - 1):
            maker.step()
    assert len(repo) >= have
    # A public repository, as one that is served is.
    print(len(repo))


main()
