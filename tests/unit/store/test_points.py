"""A refresh is recorded whole and once, and every past run reads as it was."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import func, select

from sameboat.errors import StoreError
from sameboat.store import schema
from sameboat.store.connect import Store, open_store
from sameboat.store.points import (
    CHAIN,
    PackedSeries,
    RunRecord,
    SeriesKey,
    TableState,
    cards,
    last_run,
    many,
    record_refresh,
    runs,
    segments,
    series,
)

Made = Callable[..., PackedSeries]
Run = Callable[..., RunRecord]
NOON = dt.datetime(2026, 10, 25, 12, tzinfo=dt.UTC)
CARD = {"value": 0.31, "verdict": "Routine: no action"}


def at(hours: float) -> dt.datetime:
    return NOON + dt.timedelta(hours=hours)


def values(store: Store, as_known_at: dt.datetime | int | None = None) -> list[float] | None:
    """The win rate by day as it is known."""
    found = series(store, metric="win_rate", grain="day", as_known_at=as_known_at)
    return None if found is None else found.values.tolist()


def count(store: Store, table: str) -> int:
    held = schema.metadata.tables[table]
    number: int = store.rows(select(func.count()).select_from(held))[0][0]
    return number


def test_what_a_refresh_recorded_is_read_back(store: Store, made: Made, run: Run) -> None:
    """Run, points and card, with everything that each of them says."""
    given = made(
        [0.25, float("nan"), 0.5],
        segment={"account__region": "UK"},
        numerator=[1.0, 0.0, 3.0],
        denominator=[4.0, 0.0, 6.0],
        n=[4, 0, 6],
        complete=[True, True, False],
        reasons=(None, "no denominator", None),
    )
    state = TableState("f00d", loaded_at=at(-3), rows=412)
    told = run(tables={"opportunities": state}, counts={"queries": 2}, note="first")
    recorded = record_refresh(store, run=told, series=[given], cards={"win_rate": CARD})

    assert (recorded.appended, recorded.unchanged, recorded.cards_changed) == (1, 0, 1)
    found = series(store, metric="win_rate", grain="day", segment={"account__region": "UK"})
    assert found is not None
    assert found.same_as(given)
    assert cards(store) == {"win_rate": CARD}
    assert runs(store) == (recorded.run,)
    assert last_run(store) == recorded.run
    assert recorded.run.tables == {"opportunities": state}
    assert recorded.run.counts == {
        "queries": 2, "series_appended": 1, "series_unchanged": 0, "cards_shown": 1
    }  # fmt: skip
    assert (recorded.run.finished_at, recorded.run.note) == (NOON, "first")


def test_the_same_refresh_again_notes_a_run_and_nothing_else(
    store: Store, made: Made, run: Run
) -> None:
    given = {"series": [made([1.0, 2.0]), made([3.0], metric="nps")], "cards": {"win_rate": CARD}}
    first = record_refresh(store, run=run(0), **given)
    again = record_refresh(store, run=run(1), **given)
    assert (first.appended, again.appended, again.unchanged, again.cards_changed) == (2, 0, 2, 0)
    assert count(store, "points") == 2
    assert count(store, "cards") == 1
    assert [one.id for one in runs(store)] == [2, 1]


def test_a_restated_value_leaves_the_past_review_as_it_was(
    store: Store, made: Made, run: Run
) -> None:
    """By time and by run: each review sees what was known then."""
    record_refresh(store, run=run(0), series=[made([1.0, 2.0, 3.0, 4.0])], cards={})
    record_refresh(store, run=run(1), series=[made([1.0, 9.0, 3.0, 4.0, 5.0])], cards={})
    assert values(store, at(0.5)) == values(store, 1) == [1.0, 2.0, 3.0, 4.0]
    assert values(store, at(1)) == values(store, 2) == values(store) == [1.0, 9.0, 3.0, 4.0, 5.0]
    assert values(store, at(-1)) is None


def test_a_period_that_the_data_lost_is_gone_from_that_run_on(
    store: Store, made: Made, run: Run
) -> None:
    before = made([1.0, 2.0, 3.0, 4.0, 5.0])
    after = made([1.0, 2.0, 4.0, 5.0], periods=np.delete(before.periods, 2))
    for hour, one in enumerate((before, after)):
        record_refresh(store, run=run(hour), series=[one], cards={})
    assert len(series(store, metric="win_rate", grain="day", as_known_at=1) or ()) == 5
    found = series(store, metric="win_rate", grain="day", as_known_at=2)
    assert found is not None
    assert found.same_as(after)


def test_a_new_definition_is_a_new_version_even_with_equal_values(
    store: Store, made: Made, run: Run
) -> None:
    record_refresh(store, run=run(0), series=[made([1.0, 2.0])], cards={})
    new = made([1.0, 2.0], definition_version=2, definition_hash="d2")
    assert record_refresh(store, run=run(1), series=[new], cards={}).appended == 1
    stamps = []
    for known in (1, 2, None):
        found = series(store, metric="win_rate", grain="day", as_known_at=known)
        assert found is not None
        stamps.append((found.definition_version, found.definition_hash))
    assert stamps == [(1, "d1"), (2, "d2"), (2, "d2")]


def test_a_long_chain_of_small_changes_is_read_right_at_every_run(
    store: Store, made: Made, run: Run
) -> None:
    """Over more than two chains; each run costs one small row, now and then a whole one."""
    numbers = [0.1 * day for day in range(40)]
    told = []
    for hour in range(2 * CHAIN + 5):
        numbers[hour % 40] = hour + 0.5
        told.append(list(numbers))
        record_refresh(store, run=run(hour), series=[made(numbers)], cards={})
    for hour, expected in enumerate(told):
        assert values(store, hour + 1) == expected
    links = store.rows(select(schema.points.c.run, schema.points.c.base))
    assert [row.run for row in links if row.run == row.base] == [1, CHAIN + 2, 2 * CHAIN + 3]


def test_a_series_that_a_refresh_does_not_bring_stays_as_it_was_known(
    store: Store, made: Made, run: Run
) -> None:
    record_refresh(store, run=run(0), series=[made([1.0]), made([5.0], metric="nps")], cards={})
    record_refresh(store, run=run(1), series=[made([2.0])], cards={})
    nps = series(store, metric="nps", grain="day", as_known_at=2)
    assert nps is not None
    assert nps.values.tolist() == [5.0]


def test_the_board_is_the_one_of_its_run(store: Store, run: Run) -> None:
    """A card that changes, one that leaves, one that comes back: each run shows its own board."""
    boards = [{"a": {"v": 1}, "b": {"v": 1}}, {"a": {"v": 2}}, {"a": {"v": 2}, "b": {"v": 1}}, {}]
    changed = [
        record_refresh(store, run=run(hour), series=[], cards=board).cards_changed
        for hour, board in enumerate(boards)
    ]
    assert changed == [2, 2, 1, 2]
    for number, board in enumerate(boards, start=1):
        assert cards(store, as_known_at=number) == board
        assert cards(store, as_known_at=at(number - 1)) == board
    assert cards(store) == {}
    assert cards(store, as_known_at=at(-1)) == {}


def test_a_failed_run_is_noted_and_changes_nothing_known(
    store: Store, made: Made, run: Run
) -> None:
    record_refresh(store, run=run(0), series=[made([1.0])], cards={"win_rate": CARD})
    failed = run(1, status="failed", note="warehouse down")
    record_refresh(store, run=failed, series=[], cards={})
    assert values(store) == [1.0]
    assert cards(store) == cards(store, as_known_at=at(2)) == {"win_rate": CARD}
    last = last_run(store)
    assert last is not None
    assert (last.id, last.status) == (1, "finished")
    assert [one.status for one in runs(store)] == ["failed", "finished"]
    assert [one.status for one in runs(store, limit=1)] == ["failed"]
    with pytest.raises(StoreError, match="no finished run 2") as raised:
        cards(store, as_known_at=2)
    assert raised.value.code == "unknown-run"


def test_runs_follow_each_other_by_number_when_the_clock_is_set_back(
    store: Store, made: Made, run: Run
) -> None:
    """Noon, two o'clock, then the clock is set back and it is half past nine: the third is last."""
    for hour, value in ((0, 1.0), (2, 2.0), (-2.5, 3.0)):
        record_refresh(store, run=run(hour), series=[made([value])], cards={"k": {"v": value}})
    last = last_run(store)
    assert last is not None
    assert last.id == 3
    assert values(store) == [3.0]
    assert values(store, at(3)) == [3.0]
    assert values(store, at(-2)) == [3.0]
    assert values(store, at(-3)) is None
    assert [values(store, number) for number in (1, 2, 3)] == [[1.0], [2.0], [3.0]]
    assert cards(store, as_known_at=2) == {"k": {"v": 2.0}}


def test_a_clock_that_ran_ahead_once_does_not_hide_later_runs(
    store: Store, made: Made, run: Run
) -> None:
    for hour, value in ((0, 1.0), (24 * 400, 2.0), (1, 3.0)):
        record_refresh(store, run=run(hour), series=[made([value])], cards={})
    assert values(store, at(2)) == [3.0]
    assert values(store) == [3.0]


def test_times_may_come_in_any_zone_and_never_without(store: Store, made: Made, run: Run) -> None:
    record_refresh(store, run=run(0), series=[made([1.0])], cards={})
    tokyo = dt.timezone(dt.timedelta(hours=9))
    assert values(store, dt.datetime(2026, 10, 25, 21, 0, tzinfo=tokyo)) == [1.0]
    assert values(store, dt.datetime(2026, 10, 25, 20, 59, tzinfo=tokyo)) is None
    with pytest.raises(StoreError, match="no time zone"):
        values(store, dt.datetime(2026, 10, 25, 12))
    naive = run(1, finished_at=dt.datetime(2026, 10, 25, 12))
    with pytest.raises(StoreError, match="no time zone"):
        record_refresh(store, run=naive, series=[], cards={})


def test_many_reads_just_what_was_asked_for(store: Store, made: Made, run: Run) -> None:
    """Also where two keys share a metric, a grain or a segment with one that was not asked for."""
    uk = {"account__region": "UK"}
    given = [
        made([1.0]),
        made([2.0], segment=uk),
        made([3.0], grain="week"),
        made([4.0], metric="nps", segment=uk),
        made([5.0], metric="nps"),
    ]
    record_refresh(store, run=run(), series=given, cards={})
    wanted = [SeriesKey.of("win_rate", "day", uk), SeriesKey("nps", "day"), SeriesKey("x", "day")]
    for known in (None, 1):
        found = many(store, wanted, as_known_at=known)
        assert {key: one.values.tolist() for key, one in found.items()} == {
            wanted[0]: [2.0],
            wanted[1]: [5.0],
        }
        assert found[wanted[0]].segment == uk
    assert many(store, []) == {}


def test_segments_are_all_of_a_metric_without_the_whole(store: Store, made: Made, run: Run) -> None:
    regions = [{"account__region": region} for region in ("UK", "DE", None)]
    given = [made([1.0]), *(made([float(at)], segment=one) for at, one in enumerate(regions))]
    record_refresh(store, run=run(), series=given, cards={})
    for known in (None, 1):
        found = segments(store, metric="win_rate", grain="day", as_known_at=known)
        assert [dict(one.segment)["account__region"] for one in found] == ["DE", "UK", None]


def test_a_refresh_that_cannot_be_recorded_leaves_no_trace(
    store: Store, made: Made, run: Run
) -> None:
    """Twice the same series, a card that is no JSON, a failed run with points."""
    record_refresh(store, run=run(0), series=[made([1.0])], cards={"k": CARD})
    one = made([2.0])
    refused: list[tuple[str, dict[str, object]]] = [
        ("series-invalid", {"run": run(1), "series": [one, one], "cards": {}}),
        ("record-invalid", {"run": run(1), "series": [one], "cards": {"k": {"v": float("nan")}}}),
        ("record-invalid", {"run": run(1), "series": [one], "cards": {"k": {"v": NOON}}}),
        ("run-invalid", {"run": run(1, status="failed"), "series": [one], "cards": {}}),
        ("run-invalid", {"run": run(1, status="half"), "series": [], "cards": {}}),
        ("run-invalid", {"run": run(1, id=7), "series": [one], "cards": {}}),
    ]
    for code, given in refused:
        with pytest.raises(StoreError) as raised:
            record_refresh(store, **given)  # type: ignore[arg-type]
        assert raised.value.code == code
    assert values(store) == [1.0]
    assert cards(store) == {"k": CARD}
    assert len(runs(store)) == 1


def test_where_there_is_no_store_yet_every_read_is_empty(
    tmp_path: Path, made: Made, run: Run
) -> None:
    """And nothing is made by looking."""
    none = open_store("sqlite:///.sameboat/store.db", folder=tmp_path, create=False)
    assert last_run(none) is None
    assert runs(none) == ()
    assert values(none) is values(none, NOON) is None
    assert cards(none) == cards(none, as_known_at=NOON) == {}
    assert segments(none, metric="win_rate", grain="day") == ()
    with pytest.raises(StoreError) as raised:
        record_refresh(none, run=run(), series=[made([1.0])], cards={})
    assert raised.value.code == "store-missing"
    assert list(tmp_path.iterdir()) == []


def test_a_store_that_another_process_makes_later_is_seen(
    tmp_path: Path, made: Made, run: Run
) -> None:
    """A server that was started before the first refresh need not be started again."""
    waiting = open_store("sqlite:///.sameboat/store.db", folder=tmp_path, create=False)
    assert values(waiting) is None
    other = open_store("sqlite:///.sameboat/store.db", folder=tmp_path)
    record_refresh(other, run=run(), series=[made([1.0])], cards={"k": CARD})
    assert values(waiting) == [1.0]
    assert cards(waiting) == {"k": CARD}
    other.close()
