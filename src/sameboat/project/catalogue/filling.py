"""What a bound variant declares, with the project's own names in it.

`{key}`, `{time}` and `{column}` stand for what plays a wanted column: an entity, a time
dimension, an expression. `{column.role}` is the expression in the table of that role, `{name}`
the KPI, `{table.role}` a table and `{base.time}` the first whole period of the data. A value with a
placeholder of an optional column that nothing plays is left out, unless it says what stands
there instead, as in `{won|true}`.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any

from sameboat.project.catalogue.binding import Bound, Holdings
from sameboat.project.catalogue.shapes import Variant
from sameboat.project.model import Team
from sameboat.project.sql_text import literal

ONLY_WITH = "only_with"
"""A key of template objects: left out where nothing plays this column."""

_PLACE = re.compile(r"\{([a-z_]+)(?:\.([a-z_]+))?(?:\|([^{}]*))?\}")


class _Absent(Exception):
    """A placeholder of a column that nothing plays."""


def filled(
    variant: Variant, bound: Bound, *, name: str, held: Holdings, teams: Mapping[str, Team]
) -> dict[str, Any]:
    """The sections that the variant declares for a KPI of this name over what is bound."""
    names = _Names(variant, bound, name, held, teams)
    found = names.value(dict(variant.declares))
    assert isinstance(found, dict)
    return found


def filled_text(
    text: str, variant: Variant, bound: Bound, *, name: str, held: Holdings
) -> str | None:
    """One text of a template with the project's names; None where a column is not played."""
    try:
        return _Names(variant, bound, name, held, {}).text(text)
    except _Absent:
        return None


class _Names:
    """What each placeholder stands for."""

    def __init__(
        self,
        variant: Variant,
        bound: Bound,
        name: str,
        held: Holdings,
        teams: Mapping[str, Team],
    ) -> None:
        self.variant, self.bound, self.name = variant, bound, name
        self.held, self.teams = held, teams

    def value(self, value: Any) -> Any:
        """A value of YAML with every text filled; what cannot be filled is left out."""
        match value:
            case str():
                return self.text(value)
            case Mapping():
                return self._mapping(value)
            case list() | tuple():
                return [item for each in value for item in self._item(each)]
        return value

    def _mapping(self, value: Mapping[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, item in value.items():
            if isinstance(item, Mapping) and not self._played(item):
                continue
            if key == ONLY_WITH:
                continue
            try:
                inner = self.value(item)
            except _Absent:
                continue
            if inner != [] or not item:
                found[self.text(key)] = inner
        return found

    def _item(self, value: Any) -> list[Any]:
        if isinstance(value, Mapping) and not self._played(value):
            return []
        try:
            return [self.value(value)]
        except _Absent:
            return []

    def _played(self, value: Mapping[str, Any]) -> bool:
        wanted = value.get(ONLY_WITH)
        return wanted is None or self.bound.column(str(wanted)) is not None

    def text(self, text: str) -> str:
        return _PLACE.sub(self._place, text)

    def _place(self, match: re.Match[str]) -> str:
        what, part, instead = match.groups()
        if what == "name":
            return self.name
        if what == "base":
            return self._base(part)
        if what == "table":
            return self.bound.tables[part]
        wanted = self.variant.columns[what]
        played = self.bound.columns.get((part, what)) if part in self.variant.tables else None
        played = played or self.bound.column(what)
        if played is None:
            if instead is None:
                raise _Absent(what)
            return instead
        if wanted.type == "team":
            return self._team(played.expr)
        return played.name if wanted.type in ("key", "time") and part is None else played.expr

    def _team(self, expr: str) -> str:
        """A column of teams, each spelled as the project names it."""
        spelled = {name: team.values for name, team in self.teams.items() if team.values}
        if not spelled:
            return expr
        cases = " ".join(
            f"when {expr} in ({', '.join(map(literal, values))}) then {literal(name)}"
            for name, values in spelled.items()
        )
        return f"case {cases} else {expr} end"

    def _base(self, part: str) -> str:
        """The first quarter that every time of that table reaches, or the first such month."""
        played = self.bound.column(part)
        assert played is not None, "a base is counted from a time that must be there"
        times = {name for name, wanted in self.variant.columns.items()
                 if wanted.type in ("time", "date")}  # fmt: skip
        spans = [
            self.held.span(other.table, other.expr.strip('"'))
            for (_, name), other in self.bound.columns.items()
            if name in times and other.table == played.table
        ]
        ends = [(_day(span[0]), _day(span[1])) for span in spans if span]
        lows = [low for low, _ in ends if low is not None]
        highs = [high for _, high in ends if high is not None]
        if not lows or not highs:
            raise _Absent(part)
        low, high = max(lows), min(highs)
        start = low.replace(day=1)
        if low.day > 1 and _months_on(start, 2) <= high:
            start = _months_on(start, 1)
        quarter = _months_on(start, -(start.month - 1) % 3)
        if _months_on(quarter, 6) <= high:
            return f"{quarter.year}-Q{(quarter.month + 2) // 3}"
        return f"{start:%Y-%m}"


def _day(value: object) -> dt.date | None:
    if isinstance(value, dt.datetime):
        return value.date()
    return value if isinstance(value, dt.date) else None


def _months_on(day: dt.date, months: int) -> dt.date:
    at = day.year * 12 + day.month - 1 + months
    return dt.date(at // 12, at % 12 + 1, 1)
