"""What one test of a metric consists of, and when two answers are the same."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

Figures = tuple[float | None, ...]
Rows = Mapping[tuple[object, ...], Figures]
"""Figures per group; dates stand for the start of their period."""


@dataclass(frozen=True)
class Comparison:
    """A request to a project and the SQL that must give the same rows.

    The SQL's columns are the requested ones: dimensions first, then metrics.
    """

    metrics: tuple[str, ...]
    by: tuple[str, ...]
    sql: str
    more: Mapping[str, Any] = field(default_factory=dict)

    @property
    def columns(self) -> list[str]:
        return [*self.by, *self.metrics]

    @property
    def name(self) -> str:
        grouped = ["by", *self.by] if self.by else []
        return "-".join([*self.metrics, *grouped])

    def keyed(self, rows: Iterable[tuple[Any, ...]]) -> Rows:
        """Rows by their group; a group that appears twice is an error."""
        rows = list(rows)
        keyed = {
            tuple(_key(value) for value in row[: len(self.by)]): tuple(
                _figure(value) for value in row[len(self.by) :]
            )
            for row in rows
        }
        assert len(keyed) == len(rows), "a group appears twice"
        return keyed


def differences(ours: Rows, theirs: Rows) -> dict[tuple[object, ...], object]:
    """Groups that only one side has, and groups whose figures differ by more than 1e-9 of them."""
    return {
        key: (ours.get(key), theirs.get(key))
        for key in ours.keys() | theirs.keys()
        if key not in ours or key not in theirs or not _equal(ours[key], theirs[key])
    }


def _equal(ours: Figures, theirs: Figures) -> bool:
    return all(_same(a, b) for a, b in zip(ours, theirs, strict=True))


def _key(value: object) -> object:
    return value.date() if isinstance(value, dt.datetime) else value


def _figure(value: object) -> float | None:
    if value is None:
        return None
    if isinstance(value, (int, float, Decimal)):
        return float(value)
    raise TypeError(f"not a figure: {value!r}")


def _same(ours: float | None, theirs: float | None) -> bool:
    if ours is None or theirs is None:
        return ours is theirs
    return math.isclose(ours, theirs, rel_tol=1e-9, abs_tol=1e-12)
