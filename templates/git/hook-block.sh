# 'autosync install' has put this here, 'autosync uninstall' takes it back; edits in here are lost.
# Before that there was {{before}}.
( (
  [ -z "${AUTOSYNC_RUNNING-}" ] && [ -x {{launcher}} ] && trap '' HUP && exec {{launcher}} hook {{event}}
) </dev/null >/dev/null 2>&1 & )
