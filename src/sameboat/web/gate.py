"""What every request passes before a page sees it, and what every answer carries away.

One gate in front of all routes, so that a page cannot forget it: the host must be ours
(DNS rebinding), a change must come from our own page, and everything but sign-in, assets
and the health check needs an open session. A path that no route knows is refused alike.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sameboat.web.sessions import Doors

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

OPEN_PATHS = frozenset({"/sign-in", "/healthz", "/favicon.ico"})
"""What anyone on this machine may ask for without a session, besides the assets."""

OPEN_PREFIX = "/assets/"

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)

HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    # not "no-referrer": with it browsers send our own forms with `Origin: null`
    "referrer-policy": "same-origin",
    "permissions-policy": (
        "camera=(), microphone=(), geolocation=(), payment=(), usb=(), "
        "browsing-topics=(), display-capture=()"
    ),
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "x-frame-options": "DENY",
}

Refuse = Callable[[Request, int, str], Response]
Enter = Callable[[Request, str], Response]


def own_hosts(port: int) -> frozenset[str]:
    """The Host headers under which a server on the loopback may be asked.

    >>> sorted(own_hosts(8000))
    ['127.0.0.1:8000', '[::1]:8000', 'localhost:8000']
    """
    names = ("127.0.0.1", "localhost", "[::1]")
    plain = names if port == 80 else ()
    return frozenset((*(f"{name}:{port}" for name in names), *plain))


@dataclass(frozen=True)
class Gate:
    """The app behind its checks.

    `enter` answers the link of the terminal, which carries the one-time token; `refuse` draws
    the answer to a request that is turned away.
    """

    app: ASGIApp
    doors: Doors
    hosts: frozenset[str]
    cookie: str
    enter: Enter
    refuse: Refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":  # no page uses a WebSocket
            await send({"type": "websocket.close", "code": 1008})
            return
        request = Request(scope, receive)
        answer: Callable[[Scope, Receive, Send], Awaitable[None]]
        answer = self._turned_away(request) or self.app
        await answer(scope, receive, _with_headers(send))

    def _turned_away(self, request: Request) -> Response | None:
        hosts = request.headers.getlist("host")
        if len(hosts) != 1 or hosts[0].lower() not in self.hosts:
            return self.refuse(request, 400, "host-not-allowed")
        if request.method not in SAFE_METHODS and not self._from_own_page(request.headers):
            return self.refuse(request, 403, "foreign-origin")
        path = request.url.path
        if request.method == "GET" and path == "/" and "token" in request.query_params:
            return self.enter(request, request.query_params["token"])
        session = self.doors.session(request.cookies.get(self.cookie))
        request.scope["sameboat.session"] = session
        if session is None and path not in OPEN_PATHS and not path.startswith(OPEN_PREFIX):
            return self.refuse(request, 401, "sign-in-needed")
        return None

    def _from_own_page(self, headers: Headers) -> bool:
        """Whether a browser says that one of our own pages asks.

        At least one of the two headers must say so and none may deny it; other ports of
        this machine are other origins.
        """
        origin, site = headers.get("origin"), headers.get("sec-fetch-site")
        if origin is None and site is None:
            return False
        parts = urlsplit(origin) if origin is not None else None
        own = parts is None or (parts.scheme == "http" and parts.netloc.lower() in self.hosts)
        return own and site in (None, "same-origin")


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers[name] = value
            if "cache-control" not in headers:
                headers["cache-control"] = "no-store"
            if "vary" not in headers:
                headers["vary"] = "Cookie, Accept-Language"
        await send(message)

    return sending


def is_local_path(path: str) -> bool:
    """Whether a path leads back into this app and nowhere else.

    >>> is_local_path("/kpi/nps"), is_local_path("//host/x"), is_local_path("/\\\\host")
    (True, False, False)
    """
    if not path.startswith("/") or path[1:2] in ("/", "\\"):
        return False
    return all(ord(char) > 32 and char != "\\" and ord(char) != 127 for char in path)
