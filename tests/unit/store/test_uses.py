"""Uses are counted per metric, day and way, and the store holds nothing else about them."""

from __future__ import annotations

import datetime as dt
from contextlib import closing
from pathlib import Path

from sameboat.store import schema
from sameboat.store.connect import open_store
from sameboat.store.uses import count, uses

MAY = dt.date(2026, 5, 4)
JUNE = dt.date(2026, 6, 1)


def test_uses_add_up_by_metric_and_day(tmp_path: Path) -> None:
    with closing(open_store("sqlite:///store.db", folder=tmp_path)) as store:
        assert uses(store).since is None
        for day, counts in (
            (MAY, {("won", "board"): 2, ("won", "query"): 1}),
            (MAY, {("won", "board"): 3}),
            (JUNE, {("lost", "page"): 1, ("won", "board"): 1}),
        ):
            with store.writing() as connection:
                count(connection, counts, day=day)  # type: ignore[arg-type]
        found = uses(store)
        assert found.since == MAY
        assert found.last == {"won": JUNE, "lost": JUNE}
        assert found.counts == {"won": 7, "lost": 1}
        assert uses(store, since=JUNE).counts == {"won": 1, "lost": 1}


def test_a_store_that_is_not_there_knows_of_no_use(tmp_path: Path) -> None:
    with closing(open_store("sqlite:///store.db", folder=tmp_path, create=False)) as store:
        assert uses(store).last == {}


def test_nothing_about_a_person_can_be_kept() -> None:
    """There is no column that could hold who asked, or when on the day."""
    assert {column.name for column in schema.uses.columns} == {"metric", "day", "way", "count"}
