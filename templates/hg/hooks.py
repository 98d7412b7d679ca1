"""Lets the hg that autosync starts ask those hooks of a person's that may say no to a change, and run no other.

    [autosync]
    tree =            the working tree whose hooks these are; a hub's own, and those of other repositories, are not ours
    guards =          whether the hooks that may say no are asked at all: not in the tree in which merges are made
    tracked-hooks =   whether a program in the working tree may be a hook: it could have come with a push
"""

import os
import re
import shlex

from mercurial import extensions, hook

GUARDS = frozenset((b'pre-commit', b'precommit', b'pretxncommit', b'prechangegroup', b'pretxnchangegroup'))

INTERPRETER = re.compile(r'(env|exec|command|source|\.|([bd]?a|z|k|fi)?sh|python[\d.]*|perl|ruby|node)$')
ASSIGNMENT = re.compile(r'[A-Za-z_]\w*=')


def uisetup(ui):
    extensions.wrapfunction(hook, 'runhooks', run_hooks)


def run_hooks(ask, ui, repo, htype, hooks, *args, **kwargs):
    tree = os.path.realpath(ui.config(b'autosync', b'tree') or b'/')
    if repo is not None and os.path.realpath(repo.root) != tree:
        return ask(ui, repo, htype, hooks, *args, **kwargs)
    guards = htype in GUARDS and ui.configbool(b'autosync', b'guards', True)
    tracked = ui.configbool(b'autosync', b'tracked-hooks', False)

    def is_asked(command):
        # What is no text is hg's own or an extension's, or stands for a hook of a file that hg does not trust.
        if not isinstance(command, bytes):
            return guards or callable(command)
        return guards and (tracked or not is_in_tree(command, tree))

    asked = [(name, command) for name, command in hooks if is_asked(command)]
    answers = {name: (False, False) for name, _ in hooks}
    answers.update(ask(ui, repo, htype, asked, *args, **kwargs))
    return answers


def is_in_tree(command, tree):
    if command.startswith(b'python:'):
        path, colon, _ = command[len(b'python:'):].rpartition(b':')
        return bool(colon) and is_program(path, tree)
    return any(is_program(word.encode('utf-8', 'surrogateescape'), tree) for word in programs(command))


def programs(command):
    """Returns the words of a shell command that name a program, or what an interpreter is to run."""
    text = command.decode('utf-8', 'surrogateescape')
    try:
        words = list(shlex.shlex(text, posix=True, punctuation_chars=True))
    except ValueError:
        return text.split()
    found = []
    is_expected = True
    for word in words:
        if re.match(r'[();<>|&\n]+$', word) or word in ('if', 'then', 'else', 'elif', 'while', 'until', 'do', '!', '{'):
            is_expected = True
        elif is_expected and not word.startswith('-') and not ASSIGNMENT.match(word):
            found.append(word)
            is_expected = bool(INTERPRETER.match(os.path.basename(word)))
    return found


def is_program(path, tree):
    path = os.path.join(tree, os.path.expanduser(os.path.expandvars(path)))
    own = os.path.join(tree, b'.hg')
    return os.path.isfile(path) and any(
        place.startswith(tree + b'/') and not place.startswith(own + b'/') for place in places_on_the_way(path)
    )


def places_on_the_way(path):
    """Returns each symbolic link on the way to a file, and where it ends: who can change one decides what is found."""
    places = []
    at = b'/'
    rest = path.split(b'/')
    while rest and len(places) < 40:
        part = rest.pop(0)
        if part == b'..':
            at = os.path.dirname(at)
        elif part not in (b'', b'.'):
            place = os.path.join(at, part)
            if not os.path.islink(place):
                at = place
                continue
            places.append(place)
            target = os.readlink(place)
            at = b'/' if target.startswith(b'/') else at
            rest = target.split(b'/') + rest
    return places + [at]
