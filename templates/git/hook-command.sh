( ( [ -z "${AUTOSYNC_RUNNING-}" ] && [ -x {{launcher}} ] && trap '' HUP && exec {{launcher}} hook {{event}} ) </dev/null >/dev/null 2>&1 & ); :
