"""Lets the hg that autosync starts take passwords from ~/.netrc, as git does, where no [auth] of an hgrc has one."""

import netrc
from urllib.parse import urlsplit

from mercurial import httpconnection


def uisetup(ui):
    ask_hgrc = httpconnection.readauthforuri

    def ask_both(ui, uri, user):
        found = ask_hgrc(ui, uri, user)
        group, known = found or (b'netrc', {})
        if known.get(b'password'):
            return found
        entry = read_entry(ui, uri, user or known.get(b'username'))
        return (group, {**known, **entry}) if entry else found

    httpconnection.readauthforuri = ask_both


def read_entry(ui, uri, user):
    try:
        entry = netrc.netrc().authenticators(urlsplit(as_text(uri)).hostname or '')
    except FileNotFoundError:
        return None
    except (OSError, UnicodeError, netrc.NetrcParseError) as error:
        # The parser's own words may hold a line of the file.
        reason = error.strerror if isinstance(error, OSError) else 'others may read it, or it is malformed'
        ui.warn(b'~/.netrc is not used: %s\n' % str(reason).encode('utf-8'))
        return None
    login, password = (entry[0], entry[2]) if entry else (None, None)
    if not login or not password or (user and as_text(user) != login):
        return None
    return {b'username': login.encode('utf-8'), b'password': password.encode('utf-8')}


def as_text(value):
    return value.decode('utf-8') if isinstance(value, bytes) else value
