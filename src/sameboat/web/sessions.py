"""Who may come in: a one-time token opens a session, a session is held by the server.

The browser keeps only a random name of its session. Nothing that a client sends is ever
taken as a session's name: every one is made here, so none can be fixed in advance, and one
that was closed stays closed.
"""

from __future__ import annotations

import datetime as dt
import hmac
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass

Now = Callable[[], dt.datetime]

TOKEN_LASTS = dt.timedelta(hours=1)
SESSION_LASTS = dt.timedelta(hours=12)


def new_token() -> str:
    """A token that nobody can guess: 256 random bits as text."""
    return secrets.token_urlsafe(32)


@dataclass(frozen=True)
class Session:
    """An open door: whose it is and until when."""

    account: str
    opened: dt.datetime
    ends: dt.datetime


class Doors:
    """The sessions of one server, and the one token that can open the first of them."""

    def __init__(
        self,
        *,
        token: str,
        now: Now,
        token_lasts: dt.timedelta = TOKEN_LASTS,
        session_lasts: dt.timedelta = SESSION_LASTS,
    ) -> None:
        self._token: str | None = token or None
        self._token_ends = now() + token_lasts
        self._now = now
        self._lasts = session_lasts
        self._open: dict[str, Session] = {}
        self._lock = threading.Lock()

    @property
    def lasts(self) -> dt.timedelta:
        """How long a session stays open."""
        return self._lasts

    def exchange(self, token: str, *, account: str = "owner") -> str | None:
        """The name of a new session, once, for the right token in time; else None."""
        with self._lock:
            now = self._now()
            if self._token is None or now >= self._token_ends:
                return None
            if not hmac.compare_digest(token.encode(), self._token.encode()):
                return None
            self._token = None
            name = secrets.token_urlsafe(32)
            self._open[name] = Session(account, now, now + self._lasts)
            return name

    def session(self, name: str | None) -> Session | None:
        """The open session of that name, or None."""
        if not name:
            return None
        with self._lock:
            found = self._open.get(name)
            if found is not None and self._now() >= found.ends:
                del self._open[name]
                return None
            return found

    def close(self, name: str | None) -> None:
        """Close a session for good; closing none is fine."""
        with self._lock:
            self._open.pop(name or "", None)
