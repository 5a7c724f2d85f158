"""The page of an index says its parts, its open weights and what others would say."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pytest

from sameboat.questions.index_weights import Weighing, weighing
from sameboat.questions.opened import Opened, open_workspace
from sameboat.store.packing import PackedSeries
from sameboat.store.points import SeriesKey

NOW = dt.datetime(2026, 4, 1, 6, tzinfo=dt.UTC)
PROJECT = """\
format: 1
name: index
mission: Ship soon and well.
store: sqlite:///.sameboat/store.db
calendar: {timezone: UTC}
teams: {product: {}, it: {}}
objectives: {ship: {statement: Ideas reach customers.}}
tables:
  jobs:
    file: jobs.csv
    subject: none
    time: done
    dimensions: {done: {type: time, grain: day}}
metrics:
  jobs: {type: simple, table: jobs, agg: count, label: Jobs, good: up}
  days: {type: simple, table: jobs, agg: average, expr: days, label: Days, unit: days, good: down}
  pace:
    type: index
    base: BASE
    parts: [{metric: jobs, weight: 1.5}, {metric: days, weight: 0.5}]
    unit: points
    good: up
kpis:
  pace:
    metric: pace
    objective: ship
    owners: [{team: product, lever: jobs}, {team: it, lever: days}]
    signal: {grain: month}
"""
JOBS = "done,days\n" + "".join(
    f"2026-{month:02d}-{day:02d},{days}\n"
    for month, count, days in ((1, 4, 10), (2, 6, 8), (3, 8, 16))
    for day in range(1, count + 1)
)


def company(folder: Path, base: str = "2026-01") -> Opened:
    (folder / "sameboat.yml").write_text(PROJECT.replace("BASE", base), encoding="utf-8")
    (folder / "jobs.csv").write_text(JOBS, encoding="utf-8")
    opened = open_workspace(folder, clock=lambda: NOW)
    opened.refresh()
    return opened


def weighed(folder: Path, base: str = "2026-01") -> Weighing:
    opened = company(folder, base)
    try:
        found = opened.kpi("pace").weighing
    finally:
        opened.close()
    assert found is not None
    return found


def test_the_parts_of_an_index_make_up_its_level_and_its_change(tmp_path: Path) -> None:
    """January is 100. February: 150 and 10/8 = 125. March: 200 and 10/16 = 62.5; weights 3 to 1."""
    found = weighed(tmp_path)
    assert [(part.label, part.weight, part.base, part.now) for part in found.parts] == [
        ("Jobs", 0.75, 4, 8),
        ("Days", 0.25, 10, 16),
    ]
    assert [part.points for part in found.parts] == [200, 62.5]
    assert found.level.value == 0.75 * 200 + 0.25 * 62.5
    assert [part.change for part in found.parts] == [50, -62.5]
    assert [part.adds for part in found.parts] == [37.5, -15.625]
    assert found.change.value == sum(part.adds for part in found.parts)
    assert (found.period, found.before) == ("March 2026", "February 2026")


def test_other_weights_say_how_far_the_index_and_its_change_hang_on_them(tmp_path: Path) -> None:
    """Weights within a quarter: 1.125 to .625 and 1.875 to .375 at the ends."""
    found = weighed(tmp_path)
    low, high = 1.125 / 1.75, 1.875 / 2.25
    assert found.level.low == pytest.approx(low * 200 + (1 - low) * 62.5)
    assert found.level.high == pytest.approx(high * 200 + (1 - high) * 62.5)
    assert found.change.low == pytest.approx(low * 50 - (1 - low) * 62.5)
    assert found.change.same_side(of=0)
    assert found.decides == ("Jobs",)


def test_a_base_coarser_than_the_watched_grain_is_one_figure(tmp_path: Path) -> None:
    """The base quarter holds 18 jobs of (4 x 10 + 6 x 8 + 8 x 16) / 18 = 12 days."""
    found = weighed(tmp_path, "2026-Q1")
    assert [part.base for part in found.parts] == [18, 12]
    assert [part.points for part in found.parts] == [100 * 8 / 18, 75]


def test_the_weights_are_those_of_the_stored_index_until_the_next_refresh(tmp_path: Path) -> None:
    company(tmp_path).close()
    text = (tmp_path / "sameboat.yml").read_text(encoding="utf-8")
    (tmp_path / "sameboat.yml").write_text(text.replace("1.5", "0.5"), encoding="utf-8")
    opened = open_workspace(tmp_path, clock=lambda: NOW)
    try:
        before = opened.kpi("pace").weighing
        opened.refresh()
        after = opened.kpi("pace").weighing
    finally:
        opened.close()
    assert before is not None
    assert after is not None
    assert [part.weight for part in before.parts] == [0.75, 0.25]
    assert [part.weight for part in after.parts] == [0.5, 0.5]


def points(metric: str, *values: float) -> PackedSeries:
    return PackedSeries(
        metric=metric, grain="month", periods=np.array(["2026-01", "2026-02"], dtype="M8[D]"),
        values=np.array(values), complete=np.array([True, True]), definition_version=1,
        definition_hash="",
    )  # fmt: skip


@pytest.mark.parametrize(("february", "said"), [(125.0, True), (126.0, False)])
def test_nothing_is_said_where_the_parts_do_not_give_the_stored_index(
    tmp_path: Path, february: float, said: bool
) -> None:
    """6 jobs of 4 and 20 days of 10: 0.75 x 150 + 0.25 x 50 = 125, which is not 126."""
    (tmp_path / "sameboat.yml").write_text(PROJECT.replace("BASE", "2026-01"), encoding="utf-8")
    (tmp_path / "jobs.csv").write_text(JOBS, encoding="utf-8")
    opened = open_workspace(tmp_path, clock=lambda: NOW)
    opened.close()
    held = [points("jobs", 4, 6), points("days", 10, 20), points("pace", 100, february)]
    known = {SeriesKey.of(one.metric, "month"): one for one in held}
    assert (weighing(opened.project, "pace", "month", known) is not None) == said


def test_a_kpi_that_is_no_index_has_no_weights(tmp_path: Path) -> None:
    (tmp_path / "jobs.csv").write_text(JOBS, encoding="utf-8")
    text = PROJECT.replace("BASE", "2026-01").replace("metric: pace\n", "metric: jobs\n")
    (tmp_path / "sameboat.yml").write_text(text, encoding="utf-8")
    opened = open_workspace(tmp_path, clock=lambda: NOW)
    try:
        opened.refresh()
        assert opened.kpi("pace").weighing is None
    finally:
        opened.close()
