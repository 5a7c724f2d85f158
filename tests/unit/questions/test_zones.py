"""Times on another clock are counted on the project's day."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sameboat.questions.opened import open_workspace

PROJECT = """
format: 1
name: clocks
calendar: {timezone: %s}
tables:
  moments:
    file: moments.parquet
    zone: UTC
    time: at
    dimensions:
      at: {type: time, grain: hour}
      day: {type: time, grain: day}
      zoned: {type: time, grain: hour}
metrics:
  moments: {type: simple, table: moments, agg: count}
  by_day: {type: simple, table: moments, agg: count, time: day}
  by_zoned: {type: simple, table: moments, agg: count, time: zoned}
"""

MOMENTS = [
    dt.datetime(2026, 3, 28, 23, 30),  # still 28 March in London: the clock goes forward at 1
    dt.datetime(2026, 3, 29, 0, 30),
    dt.datetime(2026, 3, 29, 23, 30),  # 30 March in London
    dt.datetime(2026, 10, 24, 23, 30),  # 25 October in London, before the clock goes back
    dt.datetime(2026, 10, 25, 23, 30),  # still 25 October
]


@pytest.mark.parametrize(
    ("zone", "days"),
    [
        ("Europe/London", {"03-28": 1, "03-29": 1, "03-30": 1, "10-25": 2}),
        ("UTC", {"03-28": 1, "03-29": 2, "10-24": 1, "10-25": 1}),
        ("America/New_York", {"03-28": 2, "03-29": 1, "10-24": 1, "10-25": 1}),
        ("Asia/Kolkata", {"03-29": 2, "03-30": 1, "10-25": 1, "10-26": 1}),
    ],
)
def test_a_moment_counts_on_the_day_of_the_projects_zone(
    tmp_path: Path, zone: str, days: dict[str, int]
) -> None:
    """Across both changes of the clock, for moments without a zone and with one; days stay."""
    (tmp_path / "sameboat.yml").write_text(PROJECT % zone, encoding="utf-8")
    table = pa.table(
        {
            "at": MOMENTS,
            "day": [moment.date() for moment in MOMENTS],
            "zoned": pa.array(
                [moment.replace(tzinfo=dt.UTC) for moment in MOMENTS], pa.timestamp("us", "UTC")
            ),
        }
    )
    pq.write_table(table, tmp_path / "moments.parquet")
    workspace = open_workspace(tmp_path)
    expected = {dt.date.fromisoformat(f"2026-{day}"): count for day, count in days.items()}
    for metric in ("moments", "by_zoned"):
        found = workspace.query([metric], group_by=["metric_time__day"]).to_pylist()
        assert {row["metric_time__day"].date(): row[metric] for row in found} == expected
    plain = workspace.query(["by_day"], group_by=["metric_time__day"], start="2026-10-25")
    assert plain.column("by_day").to_pylist() == [1]
    workspace.close()
