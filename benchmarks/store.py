"""How long the store takes to read and to record 50 KPIs × 3 years of days, and what it weighs.

Prints packed series beside a row per point, in the same run, on the same numbers: ratios of
counts, each with its value, numerator, denominator and n; and values alone, as the anchor had.
"""

from __future__ import annotations

import datetime as dt
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from sqlalchemy import func, select

from sameboat.store.connect import Store, open_store
from sameboat.store.points import (
    PackedSeries,
    RunRecord,
    SeriesKey,
    cards,
    many,
    record_refresh,
    series,
)
from sameboat.store.schema import points

KPIS, DAYS, REFRESHES, ROUNDS = 50, 1096, 40, 15
START = dt.datetime(2026, 10, 25, 12, tzinfo=dt.UTC)
_LENGTHS = select(points.c.run, points.c.base, func.length(points.c.arrays).label("length"))
KEYS = [SeriesKey(f"kpi_{number}", "day") for number in range(KPIS)]
ANCHOR = "measured anchor: packed .6 ms, a row per point 83 to 143 ms"


def told(number: int, *, alone: bool = False, salt: int = 0) -> PackedSeries:
    """Three years of one KPI; another salt restates its last two days."""
    rng = np.random.default_rng(number)
    denominator = rng.integers(200, 900, DAYS).astype(float)
    numerator = np.floor(denominator * rng.uniform(0.2, 0.4, DAYS))
    numerator[-2:] += salt
    return PackedSeries(
        metric=f"kpi_{number}",
        grain="day",
        periods=np.datetime64("2023-10-26") + np.arange(DAYS),
        values=numerator / denominator,
        complete=np.arange(DAYS) < DAYS - 1,
        definition_version=1,
        definition_hash="0" * 16,
        numerator=None if alone else numerator,
        denominator=None if alone else denominator,
        n=None if alone else denominator,
    )


def board(salt: int) -> dict[str, dict[str, object]]:
    """A ready card per KPI, about as long as a real one with its 156 weekly points."""
    weeks = [round(0.3 + at * 1e-4, 4) for at in range(156)]
    return {
        key.metric: {"value": 0.3 + salt, "verdict": "Routine: no action", "weeks": weeks}
        for key in KEYS
    }


def run(number: int) -> RunRecord:
    at = START + dt.timedelta(hours=6 * number)
    return RunRecord(started_at=at, finished_at=at, who="bench", project="p")


def milliseconds(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    """The median time of some work, after one round that is not counted."""
    work()
    took = []
    for _ in range(rounds):
        begun = time.perf_counter()
        work()
        took.append((time.perf_counter() - begun) * 1000)
    return statistics.median(took)


def once(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return (time.perf_counter() - begun) * 1000


def say(what: str, value: float, unit: str = "ms", beside: str = "") -> None:
    print(f"{what:<64}{value:>10.2f} {unit:<5}{beside}")


# ── a row per point ──────────────────────────────────────────────────────────────────────────


def row_per_point(path: Path, given: list[PackedSeries], *, alone: bool) -> sqlite3.Connection:
    """The same points in the table that one would write first, with the index that it needs."""
    connection = sqlite3.connect(path)
    connection.execute(
        "create table points (metric text, grain text, segment text, period text, value real,"
        " numerator real, denominator real, n real, complete integer,"
        " primary key (metric, grain, segment, period)) without rowid"
    )
    for one in given:
        days = one.periods.astype(str).tolist()
        parts = [None] * DAYS if alone else None
        columns = [
            parts or getattr(one, name).tolist() for name in ("numerator", "denominator", "n")
        ]
        rows = zip(days, one.values.tolist(), *columns, one.complete.tolist(), strict=True)
        connection.executemany(
            "insert into points values (?, 'day', '', ?, ?, ?, ?, ?, ?)",
            [(one.metric, *row) for row in rows],
        )
    connection.commit()
    return connection


def read_rows(connection: sqlite3.Connection, *, alone: bool) -> dict[str, tuple[np.ndarray, ...]]:
    """Arrays by metric from a row per point: what a page would have to do."""
    extra = "" if alone else ", numerator, denominator, n"
    asked = ",".join("?" * KPIS)
    found: dict[str, list[tuple[object, ...]]] = {}
    for metric, *row in connection.execute(
        f"select metric, period, complete, value{extra} from points"
        f" where metric in ({asked}) and grain = 'day' and segment = '' order by metric, period",
        [key.metric for key in KEYS],
    ):
        found.setdefault(metric, []).append(tuple(row))
    arrays = {}
    for metric, rows in found.items():
        days, *columns = zip(*rows, strict=True)
        arrays[metric] = (np.array(days, "M8[D]"), *(np.array(column) for column in columns))
    return arrays


# ── what is measured ─────────────────────────────────────────────────────────────────────────


def reading(folder: Path, *, alone: bool) -> None:
    what = "values alone" if alone else "value, numerator, denominator, n"
    given = [told(number, alone=alone) for number in range(KPIS)]
    store = open_store(f"sqlite:///{'alone' if alone else 'whole'}.db", folder=folder)
    record_refresh(store, run=run(0), series=given, cards={})
    plain = row_per_point(folder / f"rows_{alone}.db", given, alone=alone)
    packed = milliseconds(lambda: many(store, KEYS))
    rows = milliseconds(lambda: read_rows(plain, alone=alone), 5)
    print(f"\n{KPIS} KPIs × {DAYS} days, {what} ({ANCHOR})")
    say("  read, packed", packed)
    say("  read, a row per point", rows, beside=f"{rows / packed:.0f} times")
    sizes = (folder / ("alone.db" if alone else "whole.db"), folder / f"rows_{alone}.db")
    store.close()
    plain.close()
    for path, which in zip(sizes, ("packed", "a row per point"), strict=True):
        bytes_each = path.stat().st_size / (KPIS * DAYS)
        say(f"  on disk, {which}", bytes_each, "B", "per point, newest and past together")


def recording(folder: Path) -> Store:
    """Record many refreshes; the store that holds them, for reading."""
    store = open_store("sqlite:///run.db", folder=folder)

    def refresh(number: int, salt: int) -> float:
        given, shown = [told(one, salt=salt) for one in range(KPIS)], board(salt)
        return once(lambda: record_refresh(store, run=run(number), series=given, cards=shown))

    print(f"\nrecording a refresh of {KPIS} KPIs")
    say("  first", refresh(0, 0))
    took = [refresh(number, number) for number in range(1, REFRESHES)]
    say("  with two restated days in each", statistics.median(took))
    took = [refresh(REFRESHES + at, REFRESHES - 1) for at in range(9)]
    say("  with nothing changed", statistics.median(took))
    links = store.rows(_LENGTHS)
    patches = [row.length for row in links if row.run != row.base]
    whole = [row.length for row in links if row.run == row.base]
    say("  what a changed series adds to the past, as a patch", statistics.mean(patches), "B")
    say("  what it adds written whole", statistics.mean(whole), "B", "the baseline")
    return store


def pages(store: Store, folder: Path) -> None:
    print("\nwhat pages read")
    say("  the board's ready cards", milliseconds(lambda: cards(store)))
    say("  one series", milliseconds(lambda: series(store, metric="kpi_7", grain="day")))
    say(f"  all {KPIS} series as they are known now", milliseconds(lambda: many(store, KEYS)))
    past = milliseconds(lambda: many(store, KEYS, as_known_at=REFRESHES // 2 + 4), 5)
    say(f"  all {KPIS} series as a past run knew them, 23 patches on", past)
    store.close()
    say(
        "  open the store",
        milliseconds(lambda: open_store("sqlite:///run.db", folder=folder).close()),
    )
    fresh = iter(range(100))
    made = milliseconds(
        lambda: open_store(f"sqlite:///new_{next(fresh)}.db", folder=folder).close(), 9
    )
    say("  make a new store", made)


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for alone in (True, False):
            reading(folder, alone=alone)
        pages(recording(folder), folder)


if __name__ == "__main__":
    main()
