"""The figures of an explanation, fetched: many sets of dimensions and both windows at once.

Metrics over rows of their own time are asked by all sets and windows in one request, which reads
each table once and judges once who is around the groups; what it says is what each would say
alone. Others are asked one by one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

import pyarrow.compute as pc

from sameboat.compiler.query import METRIC_TIME, Cut, Item, Request
from sameboat.errors import RequestError, SameboatError
from sameboat.project.viewer import Viewer
from sameboat.questions.fetch import fetch
from sameboat.questions.why.figures import Asked, Grouped, ask, put_together
from sameboat.questions.why.parts import Window
from sameboat.questions.workspace import Workspace, local_now

MOST_AT_ONCE = 24
"""Sets of dimensions in one request: engines plan each of them, in both windows."""

Found = dict[str, Grouped] | SameboatError


def at_once(workspace: Workspace, asked: Sequence[Asked], *, viewer: Viewer) -> list[Found]:
    """For each question its groups per metric, or the error that says why it has none.

    All questions are about the same metrics.
    """
    found: list[Found] = []
    for start in range(0, len(asked), MOST_AT_ONCE):
        found += _together(workspace, asked[start : start + MOST_AT_ONCE], viewer)
    return found


def _together(workspace: Workspace, asked: Sequence[Asked], viewer: Viewer) -> list[Found]:
    """The answers of some questions by one request; where one of them cannot be asked, by fewer."""
    try:
        return list(_by_cuts(workspace, asked, viewer))
    except RequestError:
        if len(asked) == 1:
            return [_alone(workspace, asked[0], viewer)]
        half = len(asked) // 2
        return [
            found
            for some in (asked[:half], asked[half:])
            for found in _together(workspace, some, viewer)
        ]
    except SameboatError:
        return [_alone(workspace, one, viewer) for one in asked]


def _alone(workspace: Workspace, asked: Asked, viewer: Viewer) -> Found:
    try:
        return ask(workspace, asked, viewer=viewer)
    except SameboatError as error:
        return error


def _by_cuts(workspace: Workspace, asked: Sequence[Asked], viewer: Viewer) -> Iterator[Found]:
    names = (name for one in asked[0].measures for name in one.asked)
    metrics = tuple(dict.fromkeys(names))
    apart = not all(one.adds_over_time for one in asked[0].measures)
    cuts = tuple(_cut(one, window, apart) for one in asked for window in (one.before, one.after))
    request = Request(metrics=metrics, cuts=cuts, parts=True, as_of=local_now(workspace))
    table = fetch(workspace, request, viewer=viewer)
    first = table.column_names.index(metrics[0])
    items = tuple(dict.fromkeys(item for cut in cuts for item in cut.by))
    if first != len(items) + 1:
        raise RequestError("request-invalid", "two names stand for one dimension")
    columns = dict(zip(items, table.column_names[1:first], strict=True))
    sides = []
    for number, cut in enumerate(cuts):
        kept = [*(columns[item] for item in cut.by), *table.column_names[first:]]
        sides.append(table.filter(pc.equal(table.column(0), number)).select(kept))
    for at, one in enumerate(asked):
        yield put_together(one, (sides[2 * at], sides[2 * at + 1]), apart=apart)


def _cut(asked: Asked, window: Window, apart: bool) -> Cut:
    items = [Item(METRIC_TIME, window.grain)] if apart else []
    return Cut(
        (*items, *(Item.of(name) for name in asked.by)),
        dt.datetime.combine(window.start, dt.time.min),
        dt.datetime.combine(window.end, dt.time.max),
    )


__all__ = ["MOST_AT_ONCE", "Found", "at_once"]
