"""A question to the compiler: which metrics, by what, where, when."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sameboat.errors import RequestError, did_you_mean
from sameboat.periods import GRAINS
from sameboat.project.formula import Name, template

METRIC_TIME = "metric_time"
KNOWN_GRAINS = (*GRAINS, "fiscal_quarter", "fiscal_year")
"""The grains that every request may use; spine tables add theirs."""

PARTS = ("year", "quarter", "month", "week", "day", "dow", "doy", "hour", "minute")
_EXTRACT = "extract_"


@dataclass(frozen=True)
class Item:
    """A dimension, entity or time to group by; a time may have a grain or a date part."""

    name: str
    grain: str | None = None
    part: str | None = None

    @property
    def column(self) -> str:
        """The name of its output column."""
        suffix = self.grain or (f"{_EXTRACT}{self.part}" if self.part else None)
        return f"{self.name}__{suffix}" if suffix else self.name

    @property
    def is_metric_time(self) -> bool:
        return self.name == METRIC_TIME

    @classmethod
    def of(
        cls, asked: str | Mapping[str, str | None], grains: Iterable[str] = KNOWN_GRAINS
    ) -> Item:
        """The item that a request names: text, a dbt template or a mapping.

        >>> Item.of("metric_time__month")
        Item(name='metric_time', grain='month', part=None)
        """
        if not isinstance(asked, str):
            return cls._of_mapping(asked)
        text = asked.strip()
        if "(" in text:
            node = template(text if text.startswith("{{") else "{{" + text + "}}")
            if not isinstance(node, Name):
                raise RequestError("request-invalid", f"{asked!r} is not something to group by")
            text, grain, part = node.text, node.grain, node.part
            if grain or part:
                return cls(text, grain, part)
        head, _, tail = text.rpartition("__")
        if head and tail.lower().startswith(_EXTRACT):
            return cls(head, part=_known_part(tail.lower().removeprefix(_EXTRACT)))
        if head and tail.lower() in grains:
            return cls(head, tail.lower())
        if head == METRIC_TIME:
            raise RequestError(
                "unknown-grain",
                f"{tail!r} is not a grain of time",
                hint=did_you_mean(tail, grains) or f"Grains are {', '.join(grains)}.",
            )
        return cls(text)

    @classmethod
    def _of_mapping(cls, asked: Mapping[str, str | None]) -> Item:
        name = asked.get("name")
        unknown = set(asked) - {"name", "grain", "date_part"}
        if not name or unknown:
            raise RequestError(
                "request-invalid",
                f"{dict(asked)!r} is not something to group by",
                hint="Write {'name': 'metric_time', 'grain': 'month'}.",
            )
        grain, part = asked.get("grain"), asked.get("date_part")
        return cls(
            name, grain.lower() if grain else None, _known_part(part.lower()) if part else None
        )


def _known_part(part: str) -> str:
    if part not in PARTS:
        raise RequestError(
            "request-invalid",
            f"{part!r} is not a date part",
            hint=f"Date parts are {', '.join(PARTS)}.",
        )
    return part


@dataclass(frozen=True)
class Order:
    """A column to sort by."""

    item: Item
    descending: bool = False


@dataclass(frozen=True)
class Cut:
    """What metrics are grouped by over one stretch of time, among several asked at once."""

    by: tuple[Item, ...]
    start: dt.datetime
    end: dt.datetime


@dataclass(frozen=True)
class Request:
    """One question, ready to compile; `start` is included and `end` is not.

    `parts` adds to every metric the figures that it is made of: `<metric>__numerator`,
    `<metric>__denominator` and `<metric>__n`. `currency` is that in which all money is shown,
    `rates` the day or period of fixed exchange rates, or `as_at`.

    With `cuts` the same metrics are asked by each of them at once, instead of by `group_by`,
    `where`, `start` and `end`: the answer's first column has the number of a row's cut.
    """

    metrics: tuple[str, ...] = ()
    group_by: tuple[Item, ...] = ()
    where: tuple[str, ...] = ()
    start: dt.datetime | None = None
    end: dt.datetime | None = None
    order_by: tuple[Order, ...] = ()
    limit: int | None = None
    min_max_only: bool = False
    ungrouped: bool = False
    parts: bool = False
    as_of: dt.datetime | None = None
    currency: str | None = None
    rates: str | None = None
    cuts: tuple[Cut, ...] = ()
