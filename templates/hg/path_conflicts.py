"""Lets a merge set every file aside that comes in where a folder stands. Hg 6.3 does so for the first that it meets, and
puts the others over what is in their folders, which it then misses."""

from mercurial import extensions, merge, mergestate, util

CREATING = ('ACTION_CREATED', 'ACTION_DELETED_CHANGED', 'ACTION_MERGE', 'ACTION_CREATED_MERGE')
OTHERS = ('ACTION_REMOVE', 'ACTION_DIR_RENAME_MOVE_LOCAL', 'ACTION_LOCAL_DIR_RENAME_GET', 'ACTION_PATH_CONFLICT')


def extsetup(ui):
    if all(hasattr(mergestate, name) for name in CREATING + OTHERS) and hasattr(merge, 'checkpathconflicts'):
        extensions.wrapfunction(merge, 'checkpathconflicts', check_path_conflicts)


def check_path_conflicts(check, repo, wctx, mctx, mresult):
    check(repo, wctx, mctx, mresult)
    for path in overlooked(wctx.manifest(), mresult):
        action, args, message = mresult.getfile(path)
        aside = util.safename(path, bytes(mctx).rstrip(b'+'), wctx, set(mresult.files()))
        if action in (mergestate.ACTION_DELETED_CHANGED, mergestate.ACTION_MERGE):
            mresult.addfile(aside, action, args, message)
        else:
            got = (path, args[0])
            mresult.addfile(aside, mergestate.ACTION_LOCAL_DIR_RENAME_GET, got, b'remote path conflict')
        mresult.addfile(path, mergestate.ACTION_PATH_CONFLICT, (aside, b'r'), b'path conflict')


def overlooked(manifest, mresult):
    """List the files that are to be made where a folder keeps something."""
    creating = tuple(getattr(mergestate, name) for name in CREATING)
    folders = [path for path in mresult.files(creating) if manifest.hasdir(path)]
    gone = gone_files(mresult) if folders else set()
    return sorted(path for path in folders if any(below not in gone for below in files_below(manifest, path)))


def files_below(manifest, folder):
    return (path for path in manifest if path.startswith(folder + b'/'))


def gone_files(mresult):
    """Return the files here that a merge takes away, or calls otherwise."""
    gone = set(mresult.files((mergestate.ACTION_REMOVE,)))
    # (ours, theirs, base, whether ours is renamed, ancestor)
    gone.update(args[0] for _, args, _ in mresult.getactions((mergestate.ACTION_MERGE,)) if args[3])
    gone.update(args[0] for _, args, _ in mresult.getactions((mergestate.ACTION_DIR_RENAME_MOVE_LOCAL,)))
    return gone
