"""Options that several commands share, as decorators."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import click

from sameboat.errors import UsageError

Function = TypeVar("Function", bound=Callable[..., Any])

ROOT_FILE = "sameboat.yml"
USUAL_PORT = 8470


def project(function: Function) -> Function:
    """Add `--project DIR`; the command receives the folder as `project: Path`."""
    return click.option(
        "--project",
        type=click.Path(path_type=Path),
        callback=lambda _context, _parameter, value: project_folder(value),
        metavar="DIR",
        help=f"The project's folder; else the nearest one upwards that holds {ROOT_FILE}.",
    )(function)


def output_format(*formats: str) -> Callable[[Function], Function]:
    """Add `--format`; without names the choice is table, json or csv."""
    names = formats or ("table", "json", "csv")
    return click.option(
        "--format",
        "output_format",
        type=click.Choice(names),
        default=names[0],
        show_default=True,
        help="How to print the data.",
    )


def as_known_at(function: Function) -> Function:
    """Add `--as-known-at TIME`: the answer as it stood then."""
    return click.option(
        "--as-known-at",
        metavar="TIME",
        help="Answer with what was known at this time, such as 2026-05-04.",
    )(function)


def server(function: Function) -> Function:
    """Add `--port` and `--browser/--no-browser`."""
    port = click.option(
        "--port",
        type=click.IntRange(0, 65535),
        help=f"The port to listen on; else {USUAL_PORT}, or any free one.",
    )
    browser = click.option(
        "--browser/--no-browser", default=True, help="Whether to open the board in a browser."
    )
    return port(browser(function))


def project_folder(named: Path | None) -> Path:
    """The folder that was named, or the nearest one upwards from here with a project in it."""
    if named is not None:
        if not named.is_dir():
            raise UsageError("no-project", f"{str(named)!r} is not a folder.")
        return named
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / ROOT_FILE).is_file():
            return folder
    raise UsageError(
        "no-project",
        f"No {ROOT_FILE} in this folder or above it.",
        hint="Name the project with --project DIR, or see one with 'sameboat demo'.",
    )


def moment(text: str, zone: str) -> dt.datetime:
    """The moment that a text names in a time zone; a day means its end.

    >>> moment("2026-05-04", "UTC").isoformat(), moment("2026-05-04T09:30", "UTC").isoformat()
    ('2026-05-04T23:59:59.999999+00:00', '2026-05-04T09:30:00+00:00')
    """
    try:
        found = dt.datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(
            "wrong-type",
            f"{text!r} is not a time.",
            hint="Write it as 2026-05-04 or 2026-05-04T09:30.",
        ) from None
    if "T" not in text and " " not in text.strip():
        found = dt.datetime.combine(found, dt.time.max)
    return found if found.tzinfo else found.replace(tzinfo=ZoneInfo(zone))
