"""Uses counted in a store that is a file, without loading what the rest of the store needs.

A query at the command line takes a fifth of a second; the database toolkit alone would take three
times that. One statement of SQLite's own counts as well.
"""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Literal

Way = Literal["board", "page", "query"]
"""Where it was asked for: on the board, on a page of its own, by a query."""

PREFIX = "sqlite:///"
PATIENCE = 0.2
"""In seconds; whoever asks for a figure does not wait for a count."""

_COUNT = (
    "insert into uses (metric, day, way, count) values (?, ?, ?, ?) "
    "on conflict (metric, day, way) do update set count = count + excluded.count"
)


def is_file(url: str) -> bool:
    """Whether the address of a store is that of an SQLite file."""
    return url.startswith(PREFIX) and len(url) > len(PREFIX)


def tally(url: str, counts: Mapping[tuple[str, Way], int], *, folder: Path, day: dt.date) -> bool:
    """Whether so many uses per metric and way were added to those of a day.

    False where there is no store yet, where it is of an older version, read-only, or busy: a
    count that is lost is better than an answer that is late.
    """
    file = folder / url.removeprefix(PREFIX)
    rows = [(metric, day.isoformat(), way, more) for (metric, way), more in counts.items()]
    try:
        address = f"{file.resolve().as_uri()}?mode=rw"
        with closing(sqlite3.connect(address, uri=True, timeout=PATIENCE)) as held, held:
            held.executemany(_COUNT, rows)
    except (sqlite3.Error, OSError, ValueError):
        return False
    return True
