"""Values of the format that are written as text, and what a text refers to.

A marker (`Refers`, `Column`, `Condition`, `Formula`) says what the text of a field names. The
shapes carry the markers, so `project.check` finds every reference without a list of its own.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, GetJsonSchemaHandler, Strict, WithJsonSchema
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError

from sameboat.errors import SameboatError
from sameboat.periods import Span, zone_of

LONGEST_SPAN = 1_000_000
"""How many grains a span may count."""

_PERCENT = re.compile(r"([-+]?\d+(?:\.\d+)?)\s*%")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_CLOCK = re.compile(r"([01]?\d|2[0-3]):[0-5]\d")


def refuse(words: str, *, code: str = "wrong-type", hint: str | None = None) -> PydanticCustomError:
    """An error inside a shape that `project.diagnosis` turns into a finding with these words."""
    return PydanticCustomError(code, "{words}", {"words": words, "hint": hint})


# ── what a text refers to ────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Refers:
    """The text is the name of an object of this kind."""

    kind: str


@dataclass(frozen=True)
class Column:
    """The text is a column, dimension or expression of a table.

    `table` is the key of the same mapping that names the table.
    """

    table: str = "table"


@dataclass(frozen=True)
class Condition:
    """The text is a filter; `table` is the key of the same mapping that names its table, if any."""

    table: str | None = None


# ── readers of text ──────────────────────────────────────────────────────────────────────────


def number(value: object) -> object:
    """A finite number; text such as `15%` is a fraction.

    >>> number("15%")
    0.15
    """
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise refuse("must be a number")
    if isinstance(value, str):
        match = _PERCENT.fullmatch(value.strip())
        if not match or len(match[1]) > 30:
            raise refuse("must be a number, or a percentage such as 15%")
        return float(Decimal(match[1]) / 100)
    try:
        found = float(value)
    except OverflowError:
        raise refuse("must be a number that fits into 64 bits") from None
    if not math.isfinite(found):
        raise refuse("must be a finite number")
    return value


def day(value: object) -> object:
    """A calendar day from `2026-02-01`."""
    if type(value) is dt.date:
        return value
    if isinstance(value, str) and _DAY.fullmatch(value):
        try:
            return dt.date.fromisoformat(value)
        except ValueError:
            raise refuse("must be a day that the calendar has") from None
    raise refuse("must be a day such as 2026-02-01")


def moment(value: object) -> object:
    """A point in time with its offset, from `2025-09-22T10:00:00Z`."""
    if isinstance(value, dt.datetime):
        return value
    try:
        found = dt.datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise refuse('must be a time with its offset such as "2025-09-22T10:00:00Z"')
    return found


def span(value: object) -> object:
    """A length of time from `28 days`."""
    if isinstance(value, Span):
        return value
    try:
        found = Span.parse(value) if isinstance(value, str) and len(value) < 60 else None
    except (SameboatError, ValueError):
        found = None
    if found is None:
        raise refuse("must be a length of time such as 28 days")
    if found.count > LONGEST_SPAN:
        raise refuse(f"must be a length of time of at most {LONGEST_SPAN} {found.grain}s")
    return found


def clock(value: object) -> object:
    """A time of day from `09:30`."""
    if isinstance(value, str) and _CLOCK.fullmatch(value):
        return value
    raise refuse('must be a time of day such as "09:30"')


def listed(value: object) -> object:
    """A list from one text, so that `filter: x` and `filter: [x]` are the same."""
    if isinstance(value, str):
        return [value]
    if not isinstance(value, (list, tuple)):
        raise refuse("must be text or a list of texts")
    return value


def named(value: object) -> object:
    """A mapping whose objects know their own names; an object without keys may be left empty."""
    if not isinstance(value, Mapping):
        return value
    return {key: _with_name(key, item) for key, item in value.items()}


def _with_name(key: object, item: object) -> object:
    if item is None:
        return {"name": key}
    return {**item, "name": key} if isinstance(item, Mapping) else item


@dataclass(frozen=True)
class OrText:
    """Says to the JSON Schema that a mapping may also be written as one text."""

    def __get_pydantic_json_schema__(
        self, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {"anyOf": [{"type": "string"}, handler(core)]}


def zone(given: str) -> str:
    """The name of a time zone that the time zone database holds."""
    try:
        zone_of(given)
    except SameboatError as error:
        hint = "Name one of the time zone database, such as Europe/London."
        raise refuse(error.why, code=error.code, hint=hint) from None
    return given


Number = Annotated[
    float,
    BeforeValidator(number),
    WithJsonSchema(
        {"anyOf": [{"type": "number"}, {"type": "string", "pattern": r"^[-+]?\d+(\.\d+)?\s*%$"}]}
    ),
]
"""A number, or a percentage as text."""

Whole = Annotated[int, Strict()]
Flag = Annotated[bool, Strict()]
Day = Annotated[dt.date, BeforeValidator(day)]
Moment = Annotated[dt.datetime, BeforeValidator(moment)]
Clock = Annotated[
    str, BeforeValidator(clock), WithJsonSchema({"type": "string", "pattern": _CLOCK.pattern})
]
ZoneText = Annotated[str, AfterValidator(zone)]
SpanText = Annotated[
    Span,
    BeforeValidator(span),
    WithJsonSchema({"type": "string", "pattern": r"^\s*\d+\s+[A-Za-z_]+\s*$"}),
]
Texts = Annotated[
    tuple[str, ...],
    BeforeValidator(listed),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]
"""One text or a list of them."""

TeamName = Annotated[str, Refers("team")]
ObjectiveName = Annotated[str, Refers("objective")]
TableName = Annotated[str, Refers("table")]
MetricName = Annotated[str, Refers("metric")]
KpiName = Annotated[str, Refers("kpi")]
EventName = Annotated[str, Refers("event")]
PoolName = Annotated[str, Refers("pool")]
DimensionName = Annotated[str, Refers("dimension")]
EntityName = Annotated[str, Refers("entity")]
ColumnText = Annotated[str, Column()]
