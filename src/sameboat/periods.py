"""Grains and spans of time."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sameboat.errors import UsageError

GRAINS = (
    "nanosecond", "microsecond", "millisecond", "second", "minute", "hour",
    "day", "week", "month", "quarter", "year",
)  # fmt: skip
"""Standard grains, finest first."""

_SPAN = re.compile(r"\s*(\d+)\s+([A-Za-z_]+?)s?\s*")


@dataclass(frozen=True)
class Span:
    """A length of time as people say it: a count and a grain (`28 days`, `1 year`)."""

    count: int
    grain: str

    def __str__(self) -> str:
        return f"{self.count} {self.grain}{'' if self.count == 1 else 's'}"

    @classmethod
    def parse(cls, text: str) -> Span:
        """The span that a text names.

        >>> Span.parse("28 days")
        Span(count=28, grain='day')
        """
        match = _SPAN.fullmatch(text)
        if not match:
            raise UsageError("wrong-type", f"{text!r} is not a length of time such as '28 days'")
        return cls(int(match[1]), match[2].lower())
