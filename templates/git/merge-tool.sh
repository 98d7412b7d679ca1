#!/bin/sh
# Starts one of the merge tools that git knows, or one of the person's, as `git mergetool` does.
# $1: its name; $2: whether there is a common ancestor. LOCAL, BASE, REMOTE, MERGED and BACKUP name the files.
TOOL_MODE=merge
die () {
	printf '%s\n' "$*" >&2
	exit 1
}
. "$(git --exec-path)/git-mergetool--lib" || exit 1
# Whether anything came of it is found by comparing, not by asking.
check_unchanged () {
	return 0
}
# A key that interrupts is for the tool.
trap : INT
# Since git 2.31 the tool is set up by the caller.
if type initialize_merge_tool >/dev/null 2>&1
then
	initialize_merge_tool "$1" || die "unknown merge tool '$1'"
fi
run_merge_tool "$1" "$2"
