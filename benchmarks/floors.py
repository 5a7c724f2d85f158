"""Print what the privacy floor of a table costs: each request plain and guarded, in one run.

A million answers of 50,000 people lie in DuckDB, which runs two threads. Both sides are the SQL
that the compiler writes, for a table without a floor and for the same one with a floor of ten; they
run in pairs, each first in turn, so that a busy moment of the machine falls on both alike; what
the processors worked depends on it less than what one waited for. The guarded side counts people,
also those that stand beside a group. In the last requests some groups are small, so that people
have to be counted one by one. `--rows 100000` for a quick look.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping
from statistics import median
from typing import Any

import duckdb

from sameboat.compiler.compile import compile_request
from sameboat.compiler.dialects import DUCKDB
from sameboat.compiler.joins import Graph
from sameboat.compiler.plan import World
from sameboat.project.declared import Project
from sameboat.project.viewer import OWNER
from sameboat.questions.asking import request_of

PAIRS = 9
FLOOR = 10
REACH = {0: 3, 1: 5, 2: 5}
"""How many times as long as plain a guarded request may take, by its number of conditions."""

ANSWERS = """
create table answers as
    select
        'person ' || hash(i * 7) % {people} as person,
        'team ' || hash(i * 3) % 12 as team,
        'site ' || hash(i * 5) % 20 as site,
        -- some offices of a few people each
        'office ' || least(hash(hash(i * 7) % {people}) % 2000, 40) as office,
        date '2023-01-01' + cast(hash(i * 11) % 1096 as integer) as day,
        hash(i * 13) % 100 as score
    from range({rows}) r(i)
"""

PROJECT = Project.from_mappings(
    tables={
        "answers": {
            "relation": "answers",
            "subject": "employee",
            "time": "day",
            "pseudonymous": ["person"],
            "dimensions": {
                "team": {}, "site": {}, "office": {}, "day": {"type": "time", "grain": "day"},
            },
        }
    },
    metrics={"score": {"type": "simple", "table": "answers", "agg": "sum", "expr": "score"}},
)  # fmt: skip

MONTH = "metric_time__month"
ONE, TWO = ["team = 'team 1'"], ["team <> 'team 1'", "site <> 'site 3'"]
YEAR = {"start": "2024-01-01", "end": "2024-12-31"}

REQUESTS: tuple[tuple[str, int, Mapping[str, Any]], ...] = (
    ("total", 0, {}),
    ("by month", 0, {"group_by": [MONTH]}),
    ("by team (12)", 0, {"group_by": ["team"]}),
    ("by month and team", 0, {"group_by": [MONTH, "team"]}),
    ("one condition", 1, {"where": ONE}),
    ("by month, one condition", 1, {"group_by": [MONTH], "where": ONE}),
    ("by month, two conditions", 2, {"group_by": [MONTH], "where": TWO}),
    ("by month, a year", 2, {"group_by": [MONTH], **YEAR}),
    ("by office (41), small ones", 0, {"group_by": ["office"]}),
    ("by month, not a small office", 1, {"group_by": [MONTH], "where": ["office <> 'office 7'"]}),
)
"""What is asked, and how many conditions that has: a range of time has two."""


def texts(asked: Mapping[str, Any]) -> tuple[str, str]:
    """The SQL of a request for the table without a floor, and with one."""
    request = request_of(PROJECT, metrics=("score",), **asked)
    plain, guarded = (
        compile_request(
            World(PROJECT.tables, PROJECT.metrics, Graph(PROJECT.tables), least=least),
            request,
            viewer=OWNER,
            spelling=DUCKDB,
        ).sql
        for least in ({}, {"answers": FLOOR})
    )
    return plain, guarded


def milliseconds(connection: duckdb.DuckDBPyConnection, text: str) -> tuple[float, float]:
    """How long a text takes, and how long processors work for it in both threads."""
    started, worked = time.perf_counter(), time.process_time()
    connection.execute(text).fetchall()
    return 1000 * (time.perf_counter() - started), 1000 * (time.process_time() - worked)


def compared(connection: duckdb.DuckDBPyConnection, plain: str, guarded: str) -> tuple[float, ...]:
    """Medians of plain and guarded time and of their ratio; the same of processors' time."""
    taken: list[tuple[tuple[float, float], tuple[float, float]]] = []
    for number in range(PAIRS):
        if number % 2:
            second, first = (milliseconds(connection, text) for text in (guarded, plain))
        else:
            first, second = (milliseconds(connection, text) for text in (plain, guarded))
        taken.append((first, second))
    found: list[float] = []
    for clock in (0, 1):
        found.append(median(first[clock] for first, _ in taken))
        found.append(median(second[clock] for _, second in taken))
        found.append(median(second[clock] / first[clock] for first, second in taken))
    return tuple(found)


def agree(connection: duckdb.DuckDBPyConnection, plain: str, guarded: str, keys: int) -> int:
    """How many figures are hidden; fails where one that is shown differs from the plain one."""
    theirs = {row[:keys]: row[keys] for row in connection.execute(plain).fetchall()}
    mine = {row[:keys]: row[keys] for row in connection.execute(guarded).fetchall()}
    assert mine.keys() == theirs.keys()
    hidden = [key for key, figure in mine.items() if figure is None]
    assert all(figure == theirs[key] for key, figure in mine.items() if key not in hidden)
    return len(hidden)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows = parser.parse_args().rows
    connection = duckdb.connect()
    connection.execute("set threads = 2")
    connection.execute(ANSWERS.format(rows=rows, people=max(1, rows // 20)))
    print(f"{rows:,} rows of {max(1, rows // 20):,} people, a floor of {FLOOR}, two threads, ms:")
    heads = 2 * ("plain", "guarded", "ratio")
    print(f"{'':30}{'waited for':>27}{'processors worked':>27}")
    print(f"{'':30}{''.join(f'{head:>9}' for head in heads)} {'reach':>6} {'hidden':>7}")
    for name, conditions, asked in REQUESTS:
        plain, guarded = texts(asked)
        hidden = agree(connection, plain, guarded, len(asked.get("group_by", ())))
        taken = compared(connection, plain, guarded)
        figures = "".join(f"{figure:9.1f}" for figure in taken)
        print(f"{name:30}{figures} {REACH[conditions]:>6} {hidden:>7}")


if __name__ == "__main__":
    main()
