#!/bin/sh
# autosync's launcher, which the scheduler and the hooks call. 'autosync install' writes it; edits are lost.
#
#   run hook <event>    leaves a request for the working folder in the spool, starts autosync on the spool
#                       in a session of its own, and returns 0 at once
#   run <command> ...   runs autosync from '/', with its output in launcher.log, and returns its exit code
#
# It prints nothing. Its caller may have no HOME, no PATH and no streams.

exec </dev/null >/dev/null 2>&1
umask 077

# As it was when autosync was installed.
entry={{entry}}
state={{state}}
recorded_home={{home}}
recorded_node={{node}}
recorded_stable_node={{stableNode}}
recorded_path={{path}}
recorded_agent={{sshAuthSock}}
recorded_umask={{umask}}

# cron knows none of these, and an editor in a snap or a flatpak has its own: all must find the same files.
XDG_CONFIG_HOME={{configHome}}
XDG_DATA_HOME={{dataHome}}
XDG_STATE_HOME={{stateHome}}
export XDG_CONFIG_HOME XDG_DATA_HOME XDG_STATE_HOME
[ -n "$XDG_CONFIG_HOME" ] || unset XDG_CONFIG_HOME
[ -n "$XDG_DATA_HOME" ] || unset XDG_DATA_HOME
[ -n "$XDG_STATE_HOME" ] || unset XDG_STATE_HOME

if [ -d "$recorded_home" ] || [ -z "${HOME-}" ]; then HOME=$recorded_home; fi
PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin${recorded_path:+:$recorded_path}
export HOME PATH

# Succeeds when git, or hg, has finished what the event belongs to. Some events come while it is still at it: the last of
# several picks, the end of a rebase, a merge. Those are waited for, for a few seconds; the rest is not our time.
is_done() {
  case $event in
    commit | changegroup | amend) hg_is_done ;;
    *) git_is_done ;;
  esac
}

git_is_done() {
  metadata=${GIT_DIR:-.git}
  if [ -f "$metadata" ]; then
    IFS= read -r line <"$metadata"
    metadata=${line#gitdir: }
  fi
  for pause in 1 1 1 1 1 0; do
    has_any rebase-merge rebase-apply sequencer MERGE_HEAD BISECT_LOG || return 0
    if [ "$event" = post-commit ] && is_one_of_many; then return 1; fi
    sleep "$pause"
  done
  return 1
}

hg_is_done() {
  metadata=.hg
  for pause in 1 1 1 1 1 0; do
    has_any rebasestate histedit-state graftstate shelvedstate updatestate bisect.state || return 0
    sleep "$pause"
  done
  return 1
}

has_any() {
  for name in "$@"; do
    if [ -e "$metadata/$name" ]; then return 0; fi
  done
  return 1
}

# All of this may be gone from one test to the next, and then git is done.
is_one_of_many() {
  has_any rebase-merge rebase-apply BISECT_LOG ||
    { [ -f "$metadata/sequencer/todo" ] && [ "$(wc -l <"$metadata/sequencer/todo")" -gt 1 ]; }
}

# The first line of a request is its event, all the rest is the folder. It is seen whole or not at all.
leave_request() {
  event=$1
  case $event in '' | *[!a-z-]*) return 1 ;; esac
  [ -z "${AUTOSYNC_RUNNING-}" ] && is_done && mkdir -p "$state/spool" && cd -P . || return 1
  request=$(date +%s)-$$
  (set -C && printf '%s\n%s' "$event" "$PWD" >"$state/spool/.$request") &&
    mv -f "$state/spool/.$request" "$state/spool/$request.request"
}

# Makes ready all that autosync needs, or ends quietly: no caller can do anything about it, 'autosync doctor' says it.
prepare() {
  cd /
  open_log
  [ -f "$entry" ] || give_up "autosync is no longer at '$entry'"
  find_node || give_up 'found no Node.js of version 20 or newer'
  PATH=${node%/*}:$PATH
  clean_environment
  find_session
  umask "$recorded_umask"
}

give_up() {
  printf '%s %s\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$1"
  exit 0
}

open_log() {
  log=$state/launcher.log
  mkdir -p "$state"
  if [ -f "$log" ] && [ "$(wc -c <"$log")" -gt 1000000 ]; then mv -f "$log" "$log.1"; fi
  # Not ':', whose failed redirection would end the shell.
  if true >>"$log"; then exec >>"$log" 2>&1; fi
}

# A version manager removes the recorded node with its version; what it calls the current one stays.
find_node() {
  data=${XDG_DATA_HOME:-$HOME/.local/share}
  works "$recorded_stable_node" ||
    works "$recorded_node" ||
    works "$HOME/.volta/bin/node" ||
    works "$HOME/.asdf/shims/node" ||
    works "$data/mise/shims/node" ||
    works "$data/fnm/aliases/default/bin/node" ||
    works "$HOME/Library/Application Support/fnm/aliases/default/bin/node" ||
    newest_of_nvm ||
    works /opt/homebrew/bin/node ||
    works /usr/local/bin/node ||
    works /usr/bin/node ||
    works "$(command -v node)"
}

works() {
  node=$1
  [ -x "$node" ] || return 1
  case $("$node" --version 2>/dev/null) in
    v[2-9][0-9].* | v[1-9][0-9][0-9].*) return 0 ;;
    *) return 1 ;;
  esac
}

newest_of_nvm() {
  versions=$HOME/.nvm/versions/node
  for version in $(ls "$versions" 2>/dev/null | sed -n 's/^v\([0-9.]*\)$/\1/p' | sort -t. -k1,1nr -k2,2nr -k3,3nr); do
    if works "$versions/v$version/bin/node"; then return 0; fi
  done
  return 1
}

# git leaves its hooks variables that would send every other repository's git to the wrong place, and an editor
# has node load its debugger.
clean_environment() {
  unset NODE_OPTIONS NODE_PATH
  for name in $(env | LC_ALL=C sed -n 's/^\(GIT_[A-Za-z0-9_]*\)=.*/\1/p'); do
    case $name in
      GIT_SSH | GIT_SSH_COMMAND | GIT_SSH_VARIANT | GIT_SSL_* | GIT_PROXY_COMMAND) ;;
      GIT_CONFIG_GLOBAL | GIT_CONFIG_SYSTEM | GIT_CONFIG_NOSYSTEM) ;;
      *) unset "$name" ;;
    esac
  done
}

# Finds what a desktop session has and cron has not: the bus for notifications, the agent for ssh.
find_session() {
  runtime=/run/user/$(id -u)
  if [ -z "${XDG_RUNTIME_DIR-}" ] && [ -S "$runtime/bus" ]; then
    XDG_RUNTIME_DIR=$runtime
    DBUS_SESSION_BUS_ADDRESS=${DBUS_SESSION_BUS_ADDRESS:-unix:path=$runtime/bus}
    export XDG_RUNTIME_DIR DBUS_SESSION_BUS_ADDRESS
  fi
  if [ -z "${SSH_AUTH_SOCK-}" ] && [ -S "$recorded_agent" ] && [ -O "$recorded_agent" ]; then
    SSH_AUTH_SOCK=$recorded_agent
    export SSH_AUTH_SOCK
  fi
}

# Becomes a program that a closing terminal does not end. nohup is not enough: node un-ignores the hang-up signal.
detach() {
  if command -v setsid >/dev/null; then
    exec setsid "$@"
  elif command -v perl >/dev/null; then
    exec perl -MPOSIX=setsid -e 'setsid(); exec @ARGV' -- "$@"
  else
    exec nohup "$@"
  fi
}

case ${1-} in
  hook)
    # Open files of the caller's, such as the lock that 'flock' holds, must not live as long as our run.
    (
      trap '' HUP
      exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-
      leave_request "${2-}" && prepare && detach "$node" "$entry" snapshot --spool
    ) &
    exit 0
    ;;
  *)
    prepare
    exec "$node" "$entry" "$@"
    ;;
esac
