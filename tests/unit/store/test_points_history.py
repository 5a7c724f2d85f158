"""Whatever is refreshed, restated, lost and brought back: each past run reads as it was written."""

from __future__ import annotations

import datetime as dt
import tempfile
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sameboat.store import points
from sameboat.store.connect import Store, open_store
from sameboat.store.points import (
    KnownAt,
    PackedSeries,
    RunRecord,
    SeriesKey,
    cards,
    many,
    record_refresh,
)

NOON = dt.datetime(2026, 10, 25, 12, tzinfo=dt.UTC)
KEYS = [SeriesKey("a", "day"), SeriesKey("a", "day", '{"r":"UK"}'), SeriesKey("b", "week")]
VALUES = st.one_of(st.sampled_from([float("nan"), 0.0, 1.0]), st.floats(-1, 1))
POINT = st.tuples(VALUES, st.booleans(), st.sampled_from([None, "too few"]))
Points = dict[int, tuple[float, bool, str | None]]
START: Points = {day: (float(day % 2), True, None) for day in range(20)}


@dataclass(frozen=True)
class Refresh:
    """One refresh in a story: what it found changed or gone, and what the clock said."""

    edits: dict[SeriesKey, dict[int, tuple[float, bool, str | None] | None]]
    definition: int
    with_parts: bool
    board: dict[str, dict[str, int]]
    minutes: int


REFRESHES = st.builds(
    Refresh,
    edits=st.dictionaries(
        st.sampled_from(KEYS),
        st.dictionaries(st.integers(0, 25), st.one_of(POINT, st.none()), max_size=5),
        max_size=3,
    ),
    definition=st.sampled_from([1, 1, 1, 1, 1, 2]),
    with_parts=st.sampled_from([True, True, True, True, False]),
    board=st.dictionaries(
        st.sampled_from("xyz"), st.fixed_dictionaries({"v": st.integers(0, 2)}), max_size=3
    ),
    minutes=st.integers(-5, 60),
)


def told(key: SeriesKey, world: Points, refresh: Refresh) -> PackedSeries:
    """The series that a refresh of the story brings."""
    days = sorted(world.items())
    values = np.array([value for _, (value, _, _) in days], float)
    return PackedSeries(
        metric=key.metric,
        grain=key.grain,
        segment={"r": "UK"} if key.segment else {},
        periods=np.array([day for day, _ in days], "M8[D]"),
        values=values,
        numerator=values * 2 if refresh.with_parts else None,
        denominator=np.full(len(days), 2.0) if refresh.with_parts else None,
        complete=np.array([whole for _, (_, whole, _) in days], bool),
        reasons=tuple(reason for _, (_, _, reason) in days),
        definition_version=refresh.definition,
        definition_hash=f"d{refresh.definition}",
    )


def edited(world: Points, edits: dict[int, tuple[float, bool, str | None] | None]) -> Points:
    """The world after some points were restated, came or went."""
    after = {**world, **edits}
    return {day: point for day, point in after.items() if point is not None}


@dataclass(frozen=True)
class Known:
    """What was known after a run, as a plain model keeps it."""

    series: dict[SeriesKey, PackedSeries]
    board: dict[str, dict[str, int]]
    finished: dt.datetime


STORIES = st.lists(st.one_of(REFRESHES, st.none()), min_size=1, max_size=10)
"""None repeats the refresh before: an unchanged world."""


@settings(deadline=None, max_examples=25)
@given(STORIES)
def test_as_known_at_any_run_returns_exactly_what_was_written_then(
    story: list[Refresh | None],
) -> None:
    assert_every_run_is_kept(story)


@pytest.mark.slow
@settings(deadline=None, max_examples=500)
@given(STORIES)
def test_as_known_at_any_run_over_many_stories(story: list[Refresh | None]) -> None:
    assert_every_run_is_kept(story)


def assert_every_run_is_kept(story: list[Refresh | None]) -> None:
    """Live the story, then read it at every run and every moment; chains are kept short."""
    with tempfile.TemporaryDirectory() as folder, mock.patch.object(points, "CHAIN", 3):
        store = open_store("sqlite:///store.db", folder=Path(folder))
        past = lived(store, story)
        for number, then in enumerate(past, start=1):
            assert_known(store, number, then)
            # by the clock: the last of the runs that it calls finished, whatever their order
            seen = [one for one in past if one.finished <= then.finished][-1]
            assert_known(store, then.finished, seen)
        assert_known(store, None, past[-1])
        store.close()


def lived(store: Store, story: list[Refresh | None]) -> list[Known]:
    """Record the story; what was known after each of its runs."""
    worlds: dict[SeriesKey, Points] = {}
    known: dict[SeriesKey, PackedSeries] = {}
    past: list[Known] = []
    clock, last = NOON, Refresh({}, 1, True, {}, 1)
    for each in story:
        refresh = each or last
        clock += dt.timedelta(minutes=refresh.minutes)
        if each is not None:
            for key, edits in each.edits.items():
                worlds[key] = edited(worlds.get(key, START), edits)
        brought = {key: told(key, worlds[key], refresh) for key in refresh.edits}
        record = RunRecord(started_at=clock, finished_at=clock, who="o", project="p")
        done = record_refresh(store, run=record, series=list(brought.values()), cards=refresh.board)
        if each is None:
            assert done.appended == 0
            assert done.cards_changed == 0
        last, known = refresh, {**known, **brought}
        past.append(Known(known, refresh.board, clock))
    return past


def assert_known(store: Store, moment: KnownAt, expected: Known) -> None:
    """The same series, each with the same points to the bit and the same words; the same board."""
    found = many(store, KEYS, as_known_at=moment)
    assert found.keys() == expected.series.keys()
    for key, one in expected.series.items():
        mine = found[key]
        assert mine.same_as(one)
        np.testing.assert_array_equal(mine.periods, one.periods)
        np.testing.assert_array_equal(mine.values, one.values)
        np.testing.assert_array_equal(mine.complete, one.complete)
        assert mine.reasons == one.reasons
    assert cards(store, as_known_at=moment) == expected.board
