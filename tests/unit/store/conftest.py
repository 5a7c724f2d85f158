"""A store in a folder of its own, and series that are quick to write down."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sameboat.store.connect import Store, open_store
from sameboat.store.points import PackedSeries, RunRecord

NOON = dt.datetime(2026, 10, 25, 12, tzinfo=dt.UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A new, empty store."""
    opened = open_store("sqlite:///.sameboat/store.db", folder=tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def made() -> Callable[..., PackedSeries]:
    """A series from its values: one a day from the first of January 2026."""

    def make(values: list[float], /, **other: Any) -> PackedSeries:
        count = len(values)
        days = np.datetime64("2026-01-01") + np.arange(count)
        stated: dict[str, Any] = {
            "metric": "win_rate",
            "grain": "day",
            "periods": days,
            "values": np.array(values, float),
            "complete": np.ones(count, bool),
            "definition_version": 1,
            "definition_hash": "d1",
        }
        return PackedSeries(**{**stated, **other})

    return make


@pytest.fixture
def run() -> Callable[..., RunRecord]:
    """A finished run, some hours after noon."""

    def make(hours: float = 0, **other: Any) -> RunRecord:
        at = NOON + dt.timedelta(hours=hours)
        stated: dict[str, Any] = {
            "started_at": at - dt.timedelta(minutes=1),
            "finished_at": at,
            "who": "owner",
            "project": "p1",
        }
        return RunRecord(**{**stated, **other})

    return make
