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
from sameboat.errors import UsageError
from sameboat.periods import zone_of
from sameboat.project.viewer import OWNER
from sameboat.questions.workspace import Workspace, utc_now
from sameboat.warehouse.sandbox import missing_protection
from sameboat.web.app import create_app
from sameboat.web.server import LOOPBACK, bind, serve
from sameboat.web.sessions import new_token


def serve_until_stopped(workspace: Workspace, *, port: int | None, browser: bool) -> None:
    """Answer requests on the loopback; the address with its one-time token goes to standard output.

    The address is printed once the board answers. Ctrl-C is how it is meant to end.
    """
    token = new_token()
    bound = listen(port)
    taken = bound.getsockname()[1]
    address = f"http://{LOOPBACK}:{taken}/?token={token}"
    app = create_app(
        workspace,
        viewer_of=lambda session: OWNER,
        now=_now_in(workspace),
        clock=utc_now,
        token=token,
        port=taken,
        addresses=(rest.router,),
    )

    def ready() -> None:
        click.echo(address)
        tell("Opens one browser, once. Ctrl-C stops the server.")
        for said in missing_protection():
            tell(f"Not protected here: {said}")
        if browser:
            threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()

    with closing(workspace), suppress(KeyboardInterrupt):
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


def _now_in(workspace: Workspace) -> Callable[[], dt.datetime]:
    """The reader's clock; over data that have ended, the moment at which they stand."""
    zone = zone_of(workspace.project.root.calendar.timezone)
    if workspace.project.root.as_of is None:
        return lambda: workspace.clock().astimezone()
    return lambda: workspace.now.astimezone(zone)
