"""A dimension that holds teams, as the team was at a row's time or as it is now."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from functools import lru_cache

from sameboat.project.formula import Binary, Case, Cast, In, IsNull, Literal, Moment, Node
from sameboat.project.teams import UNMAPPED, Spelled, Stretch, TeamHistory


def team_view(
    history: TeamHistory,
    view: str,
    value: Node,
    time: Callable[[], Node],
    *,
    today: dt.date | None,
) -> Node:
    """The team that a view shows for a value; `UNMAPPED` where no team accounts for it.

    A missing value stays missing. `time` is asked only where a spelling's meaning changed.
    """
    text = Cast(value, "text")
    whens: list[tuple[Node, Node]] = [(IsNull(value), Literal(None))]
    for spelled in _spelled(history, view, today or dt.date.max):
        among = In(text, tuple(Literal(spelling) for spelling in spelled.spellings))
        for stretch in spelled.stretches:
            if stretch.team is not None:
                when = _within(among, stretch, time)
                whens.append((when, Literal(stretch.team)))
    return Case(None, tuple(whens), Literal(UNMAPPED))


@lru_cache(maxsize=64)
def _spelled(history: TeamHistory, view: str, today: dt.date) -> tuple[Spelled, ...]:
    return history.spelled(view, today)


def _within(among: Node, stretch: Stretch, time: Callable[[], Node]) -> Node:
    """That a value is among the spellings, and its row lies in a stretch of time."""
    found = among
    if stretch.since is not None:
        since = Moment("date", stretch.since.isoformat())
        found = Binary("and", found, Binary(">=", time(), since))
    if stretch.before is not None:
        before = Moment("date", stretch.before.isoformat())
        found = Binary("and", found, Binary("<", time(), before))
    return found
