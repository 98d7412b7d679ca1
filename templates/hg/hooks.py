"""Lets the hg that autosync starts ask those hooks of a person's that may say no to a change, and run no other.

    [autosync]
    tree =            the working tree whose hooks these are; a hub's own, and those of other repositories, are not ours
    guards =          whether the hooks that may say no are asked at all: not in the tree in which merges are made
    tracked-hooks =   whether a program in the working tree may be a hook or an extension: it could have come with a push
    made-for =        the working tree for which this one merges, where it is another: its files come with a push as well

A shell command is passed over where it names a file of the tree, or where nobody can tell by reading it what it runs.
Extensions that are passed over are named in the section `[autosync-passed-over]`, each with its file, for who asks.

What the settings call a profiler, hg loads before any other extension: only so can this one say which others are loaded.
"""

import contextlib
import glob
import importlib.util
import os
import re
import shlex
import shutil

from mercurial import extensions, hook, util

GUARDS = frozenset((b'pre-commit', b'precommit', b'pretxncommit', b'prechangegroup', b'pretxnchangegroup'))

INTERPRETER = re.compile(
    r'(env|exec|command|source|\.|busybox|xargs|run-parts|([bd]?a|z|k|fi)?sh|python[\d.]*|perl|ruby|node)$'
)
ASSIGNMENT = re.compile(r'([A-Za-z_]\w*)=(.*)', re.DOTALL)
OPERATOR = re.compile(r'[();<>|&]+$')
KEYWORDS = frozenset(('if', 'then', 'else', 'elif', 'fi', 'while', 'until', 'do', 'done', '!', '{', '}'))

# What does no more than look at what it is given, or hand it on.
READERS = frozenset(('test', '[', 'grep', 'echo', 'printf', 'true', 'false', 'exit', ':'))

# What a shell hook of hg's sees as its working tree.
TREE = re.compile(r'\$\(\s*(?:hg root|pwd)\s*\)|`\s*(?:hg root|pwd)\s*`|\$\{?(?:PWD|HG_PENDING)\b\}?|~\+(?=/)')
SUBSTITUTION = re.compile(r'\$\(([^()`]*)\)|`([^`]*)`')

# Stands where a command's output would.
OUTPUT = '\ue000'


passed_over = {}


@contextlib.contextmanager
def profile(ui, fp):
    """Measures nothing."""
    yield


def uisetup(ui):
    extensions.wrapfunction(extensions, 'load', load_extension)
    extensions.wrapfunction(hook, 'runhooks', run_hooks)


def uipopulate(ui):
    for name, path in passed_over.items():
        ui.setconfig(b'autosync-passed-over', name, path, b'autosync')


def load_extension(load, ui, name, path, *args, **kwargs):
    is_loaded = re.sub(rb'^hgext[./]', b'', name) in [known for known, _ in extensions.extensions()]
    if is_loaded or ui.configbool(b'autosync', b'tracked-hooks', False) or not is_extension_in_tree(ui, name, path):
        return load(ui, name, path, *args, **kwargs)
    passed_over[name] = path or name
    return None


def is_extension_in_tree(ui, name, path):
    trees = [tree for key in (b'tree', b'made-for') for tree in with_origin(ui.config(b'autosync', key))]
    places = [os.path.abspath(util.normpath(util.expandpath(path)))] if path else module_places(os.fsdecode(name))
    if any(os.path.dirname(place) == os.path.dirname(os.fsencode(__file__)) for place in places):
        return False
    files = [file for place in places for file in (place, os.path.join(place, b'__init__.py'))]
    return any(passes_through(file, os.path.realpath(tree)) for file in files for tree in trees)


def with_origin(tree):
    """Returns a working tree, and that from which it has its history where it is a share: the same pushes reach both."""
    if not tree:
        return []
    try:
        with open(os.path.join(tree, b'.hg', b'sharedpath'), 'rb') as file:
            return [tree, os.path.dirname(os.path.join(tree, b'.hg', file.read().rstrip(b'\n')))]
    except OSError:
        return [tree]


def module_places(name):
    """Returns where Python finds an extension of which no file is named; nothing of it is run by asking."""
    for module in (f'hgext.{name}', f'hgext3rd.{name}', name.split('.')[0]):
        try:
            found = importlib.util.find_spec(module)
        except (ImportError, ValueError):
            continue
        if found is not None:
            places = [found.origin, *(found.submodule_search_locations or [])]
            return [os.fsencode(place) for place in places if place and os.path.isabs(place)]
    return []


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
    return runs_from_tree(command.decode('utf-8', 'surrogateescape'), tree)


def runs_from_tree(text, tree):
    """Tells whether a shell command may run what lies in the tree: it names a file there, or cannot be judged."""
    text = TREE.sub(lambda _: os.fsdecode(tree), text)
    found = SUBSTITUTION.search(text)
    while found:
        if runs_from_tree(found[1] or found[2] or '', tree):
            return True
        text = text[:found.start()] + OUTPUT + text[found.end():]
        found = SUBSTITUTION.search(text)
    if '`' in text or '$(' in text:
        return True
    try:
        commands = simple_commands(text)
    except ValueError:
        return True
    # `cd tools && ./check.sh`
    folders = [tree]
    for words, _, _ in commands:
        folders += [place for word in words for place in places(word, [tree]) if os.path.isdir(place)]
    return any(one_runs_from_tree(one, folders, tree) for one in commands)


def simple_commands(text):
    """Returns the commands of a shell's text: their words, and the operators before and after each."""
    commands = [([], '')]
    # Within quotes the blanks do no harm; and no `#` begins a comment for us, since one within a word does not.
    for word in shlex.split(re.sub(r'[();<>|&\n]+', lambda found: f' {found[0]} '.replace('\n', ';'), text)):
        if word in KEYWORDS or (OPERATOR.match(word) and not re.match(r'[<>]+&?$', word)):
            commands.append(([], word))
        else:
            commands[-1][0].append(word)
    after = [before for _, before in commands[1:]] + ['']
    return [(words, before, then) for (words, before), then in zip(commands, after) if words]


def one_runs_from_tree(command, folders, tree):
    words, before, then = command
    while words and ASSIGNMENT.match(words[0]):
        name, value = ASSIGNMENT.match(words[0]).groups()
        if name.endswith('PATH') and looks_into_tree(value, tree):
            return True
        if OUTPUT in value or names_file(value, folders, tree):
            return True
        words = words[1:]
    if not words:
        return False
    program = words[0]
    is_piped = '|' in then.replace('||', '')
    if program in READERS and not is_piped and not any(re.match(r'[<>]', word) for word in words):
        return False
    if any(OUTPUT in word or word == 'eval' for word in words) or '$' in os.path.expandvars(program):
        return True
    interpreters = [n for n, word in enumerate(words) if INTERPRETER.match(os.path.basename(word))]
    if interpreters:
        # It takes its commands from what is piped to it.
        if '|' in before.replace('||', '') and all(word.startswith('-') for word in words[interpreters[-1] + 1:]):
            return True
        # It makes its commands of what is piped to it.
        if 'xargs' in words and (len(interpreters) > 1 or any(word.startswith('-I') for word in words)):
            return True
        rest = [word for word in words[interpreters[0] + 1:] if not word.startswith('-')]
        if any(os.path.isdir(place) and lies_in(place, tree) for word in rest for place in places(word, [tree])):
            return True
        if '-m' in words and any(is_module(word, tree) for word in rest):
            return True
    # A bare name is that of a program on PATH.
    is_elsewhere = '/' not in program and shutil.which(program) is not None
    named = words[1:] if is_elsewhere else words
    if any(re.search(r'\s', word) and runs_from_tree(word, tree) for word in named):
        return True
    return any(names_file(word, folders, tree) for word in named)


def looks_into_tree(path, tree):
    """Tells whether one of several folders, in which programs are looked for, is in the tree; an empty one is the tree."""
    folders = path.split(':')
    return '' in folders[1:] + folders[:-1] or any(
        lies_in(place, tree) for folder in folders for place in places(folder, [tree])
    )


def is_module(name, tree):
    path = os.path.join(os.fsdecode(tree), *name.split('.'))
    return os.path.isfile(path + '.py') or os.path.isdir(path)


def names_file(word, folders, tree):
    return any(is_program(place, tree) for place in places(word, folders))


def places(word, folders):
    """Returns what stands where a word, or a part of it, may lead from some folders; a pattern leads to several."""
    found = []
    for part in {word, *re.split(r'[\s;|&()<>{}=,:\'"]+', word)}:
        path = os.path.expanduser(os.path.expandvars(part))
        # What a variable holds nobody knows here; what follows it may be the tree's.
        path = re.sub(r'^.*\$\{?\w*\}?/*', '', path)
        if path == '':
            continue
        for folder in folders:
            at = os.path.join(folder, path.encode('utf-8', 'surrogateescape'))
            found += [at] if os.path.lexists(at) else glob.glob(at)
            # An interpreter finds a script without its ending as well.
            found += glob.glob(glob.escape(at) + b'.*') if '/' in path else []
    return found


def lies_in(path, tree):
    real = os.path.realpath(path)
    return real == tree or (real + b'/').startswith(tree + b'/')


def is_program(path, tree):
    path = os.path.join(tree, os.path.expanduser(os.path.expandvars(path)))
    return os.path.isfile(path) and passes_through(path, tree)


def passes_through(path, tree):
    own = os.path.join(tree, b'.hg')
    return any(place.startswith(tree + b'/') and not place.startswith(own + b'/') for place in places_on_the_way(path))


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
