"""A request is compiled for its viewer, run in the warehouse, and comes back as Arrow."""

from __future__ import annotations

import datetime as dt
import json
from functools import lru_cache

import pyarrow as pa
import pyarrow.compute as pc

from sameboat.compiler.compile import spine_range
from sameboat.compiler.floors import KEPT_BACK, SUPPRESSED
from sameboat.compiler.leaf import Merges
from sameboat.compiler.merges import LONGEST, merge_faults
from sameboat.compiler.query import Request
from sameboat.errors import RequestError
from sameboat.project.model import TimeSpine
from sameboat.project.viewer import Viewer
from sameboat.questions.compiling import compiled
from sameboat.questions.workspace import Workspace

TOO_FEW = "too_few"
"""What the metadata call the rows of groups under a floor."""


def fetch(workspace: Workspace, request: Request, *, viewer: Viewer) -> pa.Table:
    """The rows that answer a request, its columns named as asked.

    Raises RequestError for a request that cannot be asked, WarehouseError where it fails.
    """
    found = compiled(workspace, request, viewer=viewer)
    for spine in found.spines:
        _covers(workspace, spine, request)
    for merges in found.merges:
        refuse_circles(workspace, merges)
    table = plain_numbers(workspace.warehouse.run(found.sql))
    figures = request.metrics and not request.ungrouped
    return told(finite(table, beside=len(request.group_by)) if figures else table)


def _covers(workspace: Workspace, spine: TimeSpine, request: Request) -> None:
    """Refuse a range that a table of days does not reach: its rows would silently be missing."""
    if request.start is None and request.end is None:
        return
    first, last = _ends(workspace, workspace.world.spines.index(spine))
    outside = [
        asked.date()
        for asked, short in (
            (request.start, request.start is not None and request.start.date() < first),
            (request.end, request.end is not None and request.end.date() > last),
        )
        if asked is not None and short
    ]
    if outside:
        raise RequestError(
            "spine-too-short",
            f"the table of days {spine.table!r} goes from {first} to {last}, "
            f"and {outside[0]} was asked for",
            hint="Lengthen the table, or ask for a range inside it.",
        )


def refuse_circles(workspace: Workspace, merges: Merges) -> None:
    """Nothing; accounts that became two others, and circles, are refused (`merge-faulty`).

    Who they are now would be a guess.
    """
    doubled, endless = (
        workspace.warehouse.run(text).column("found")[0].as_py() or 0
        for text in merge_faults(workspace.world, merges, workspace.dialect)
    )
    if doubled or endless:
        what = (
            f"{doubled} of them became several others"
            if doubled
            else f"some form a circle, or a chain of more than {LONGEST}"
        )
        raise RequestError(
            "merge-faulty",
            f"table {merges.table!r} says which accounts became others, and {what}",
            hint=f"Each {merges.from_!r} stands there once, and no chain leads back to it.",
        )


@lru_cache(maxsize=64)
def _ends(workspace: Workspace, number: int) -> tuple[dt.date, dt.date]:
    """The first and the last day of one of the project's spine tables."""
    spine = workspace.world.spines[number]
    row = workspace.warehouse.run(spine_range(workspace.world, spine, workspace.dialect))
    low, high = row.column("low")[0].as_py(), row.column("high")[0].as_py()
    return _day(low), _day(high)


def _day(value: object) -> dt.date:
    if isinstance(value, dt.datetime):
        return value.date()
    return value if isinstance(value, dt.date) else dt.date.max


def told(table: pa.Table) -> pa.Table:
    """The answer without its columns about suppression; what they say stands in its metadata.

    `suppressed` counts per metric the figures that a privacy floor keeps back; `too_few` has the
    numbers of the rows in which it does so, `kept_back` of those for the sake of another group.
    """
    marks = [n for n in table.column_names if n.endswith((f"__{SUPPRESSED}", f"__{KEPT_BACK}"))]
    if not marks:
        return table
    counts: dict[str, int] = {}
    rows: dict[str, dict[str, list[int]]] = {TOO_FEW: {}, KEPT_BACK: {}}
    for mark in marks:
        name, _, why = mark.rpartition("__")
        found = pc.indices_nonzero(table.column(mark).combine_chunks()).to_pylist()
        if found:
            counts[name] = counts.get(name, 0) + len(found)
            rows[KEPT_BACK if why == KEPT_BACK else TOO_FEW][name] = found
    said = json.dumps({"suppressed": counts, **{kind: of for kind, of in rows.items() if of}})
    return table.drop_columns(marks).replace_schema_metadata({b"sameboat": said.encode()})


def plain_numbers(table: pa.Table) -> pa.Table:
    """The same table with whole decimals as 64-bit integers: engines widen sums of integers."""
    columns = [_plain(column) for column in table.columns]
    return pa.table(columns, names=table.column_names)


def finite(table: pa.Table, *, beside: int) -> pa.Table:
    """The same table without endless figures and figures that are no number: they are undefined.

    Such is the logarithm of 0, or a product that is too large. The first columns, so many as stand
    `beside` the figures, stay as they are.

    >>> endless = pa.table({"at": [float("inf"), 1.0], "sold": [float("nan"), 2.0]})
    >>> finite(endless, beside=1).to_pylist()
    [{'at': inf, 'sold': None}, {'at': 1.0, 'sold': 2.0}]
    """
    columns = [
        pc.if_else(pc.is_finite(column), column, None)
        if at >= beside and pa.types.is_floating(column.type)
        else column
        for at, column in enumerate(table.columns)
    ]
    return pa.table(columns, names=table.column_names)


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if not pa.types.is_decimal(column.type) or column.type.scale != 0:
        return column
    try:
        return pc.cast(column, pa.int64())
    except pa.ArrowInvalid:
        return pc.cast(column, pa.float64())
