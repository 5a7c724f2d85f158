"""Serve a workspace to a browser on this machine until the person stops it."""

from __future__ import annotations

import datetime as dt
import socket
import threading
import webbrowser
from collections.abc import Callable
from contextlib import closing, suppress

import click

from sameboat.api import rest
from sameboat.cli import tell
from sameboat.cli.options import USUAL_PORT
from sameboat.errors import SameboatError, UsageError
from sameboat.periods import zone_of
from sameboat.project.viewer import OWNER
from sameboat.questions.latest import Latest
from sameboat.questions.workspace import Workspace, utc_now
from sameboat.warehouse.sandbox import missing_protection
from sameboat.web.app import create_app
from sameboat.web.server import LOOPBACK, bind, serve
from sameboat.web.sessions import new_token


def serve_until_stopped(
    opening: Callable[[], Workspace], *, port: int | None, browser: bool
) -> None:
    """Answer requests on the loopback; the address with its one-time token goes to standard output.

    `opening` opens the workspace, now and after each refresh that another process records. The
    address is printed once the board answers. Ctrl-C is how it is meant to end.
    """
    token = new_token()
    bound = listen(port)
    taken = bound.getsockname()[1]
    address = f"http://{LOOPBACK}:{taken}/?token={token}"
    latest = Latest(opening(), opening, failed=_not_renewed)
    app = create_app(
        latest,
        viewer_of=lambda session: OWNER,
        now=_now_in(latest),
        clock=utc_now,
        token=token,
        port=taken,
        addresses=rest.ROUTERS,
    )

    def ready() -> None:
        click.echo(address)
        tell("Opens one browser, once. Ctrl-C stops the server.")
        for said in missing_protection():
            tell(f"Not protected here: {said}")
        if browser:
            threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()

    with closing(latest), suppress(KeyboardInterrupt):
        serve(app, bound, ready=ready)
    tell("Stopped.")


def listen(port: int | None) -> socket.socket:
    """A socket at the port that was asked for, or at the usual one or any other that is free."""
    if port is not None:
        return bind(port)
    try:
        return bind(USUAL_PORT)
    except UsageError:
        return bind(0)


def _not_renewed(error: SameboatError) -> None:
    tell(
        f"A newer run is recorded, and its files cannot be read; the last ones still serve. {error}"
    )


def _now_in(latest: Latest) -> Callable[[], dt.datetime]:
    """The reader's clock; over data that have ended, the moment at which they stand."""

    def now() -> dt.datetime:
        workspace = latest()
        root = workspace.project.root
        if root.as_of is None:
            return workspace.clock().astimezone()
        return workspace.now.astimezone(zone_of(root.calendar.timezone))

    return now
