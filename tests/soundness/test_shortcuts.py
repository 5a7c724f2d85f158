"""What the judgement of groups leaves out to be quick is nothing that it would have said.

Each test tries to break one short cut: conditions that are told from groups instead of asked of
rows, people counted among the first rows only, and metrics that are judged together.
"""

from __future__ import annotations

import datetime as dt
import random
from typing import Any

import duckdb
import pytest

from sameboat.compiler.compile import compile_request, plan
from sameboat.compiler.crowd import flag
from sameboat.compiler.determined import Known
from sameboat.compiler.dialects import DUCKDB
from sameboat.compiler.enough import FIRST_ROWS
from sameboat.compiler.expressions import Aggregate, Column, Named, Query, Relation, Select, Trunc
from sameboat.compiler.joins import Graph
from sameboat.compiler.plan import Plan, World, within
from sameboat.compiler.query import Request
from sameboat.compiler.sql import write
from sameboat.periods import Reckoning
from sameboat.project.declared import Project
from sameboat.project.formula import Binary, Node, parse
from sameboat.project.viewer import OWNER
from sameboat.questions.asking import request_of
from tests.soundness.answers import about_people, with_floor

FLOOR = 5

PROJECT = about_people(
    "team", "site", "score",
    metrics={
        "total": {"agg": "sum", "expr": "amount"},
        "high": {"agg": "sum", "expr": "amount", "filter": "score > 2"},
        "mean": {"agg": "average", "expr": "amount", "filter": "score > 1 and site <> 'z'"},
        "few": {"agg": "count", "filter": "score > 4"},
        "share": {"type": "ratio", "numerator": "total", "denominator": "few"},
    },
)  # fmt: skip
WORLD = with_floor(PROJECT, least=FLOOR)


def company(seed: int, size: int = 150) -> duckdb.DuckDBPyConnection:
    """Answers of small and large teams and sites over some months, a few without a day or name."""
    draw = random.Random(seed)
    people, days = draw.choice((20, 60, 150)), draw.choice((20, 100, 400))
    teams = [draw.choice((1, 4, 20)) for _ in range(3)]
    connection = duckdb.connect()
    connection.execute(
        "create table answers(person text, team text, site text, score int, day date, moment "
        "timestamp, amount bigint)"
    )
    found = []
    for i in range(size):
        day = dt.date(2025, 11, 20) + dt.timedelta(draw.randrange(days))
        moment = dt.datetime.combine(day, dt.time(draw.choice((0, 0, 9, 23))))
        known = draw.random() < 0.97
        found.append(
            (
                f"p{draw.randrange(people)}" if known else None,
                draw.choices(("a", "b", None), teams)[0],
                draw.choice("xxxyz"),
                draw.randrange(6),
                day if known else None,
                moment if known else None,
                i + 1,
            )
        )
    connection.executemany("insert into answers values (?, ?, ?, ?, ?, ?, ?)", found)
    return connection


def bound(draw: random.Random) -> dt.date:
    """A day that is often the first of a week, month, quarter or year, or the last before."""
    first = draw.choice(
        [dt.date(2026, n, 1) for n in (1, 2, 3, 4, 7)]
        + [dt.date(2025, 12, 1), dt.date(2026, 1, 5), dt.date(2026, 2, 2), dt.date(2026, 1, 17)]
    )
    return first - dt.timedelta(draw.choice((0, 0, 0, 1)))


def atom(draw: random.Random) -> str:
    """A condition on a dimension or on time."""
    grain = draw.choice(("", "__week", "__month", "__quarter", "__year"))
    sign = draw.choice(("<", "<=", ">", ">=", "=", "<>"))
    return draw.choice(
        (
            f"team {draw.choice(('=', '<>'))} 'a'",
            "site in ('x', 'y')",
            "team is null",
            f"metric_time{grain} {sign} '{bound(draw)}'",
            f"metric_time{grain} {sign} date '{bound(draw)}'",
            f"metric_time{grain} {sign} '{bound(draw)} 12:00:00'",
            f"month(metric_time) = {draw.randrange(1, 5)}",
        )
    )


def condition(draw: random.Random) -> str:
    """A condition, or two of them joined."""
    one, two = atom(draw), atom(draw)
    return draw.choice((one, f"{one} or {two}", f"not ({one} and {two})"))


# ── conditions that groups decide ────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("time", "reckoning"), [("day", Reckoning()), ("moment", Reckoning(week_starts="sunday"))]
)
def test_a_condition_told_from_groups_says_of_every_row_what_it_says_itself(
    time: str, reckoning: Reckoning
) -> None:
    """Over random conditions and groups; many can be told, and none of them wrongly.

    What a group has of a time is the start of its week, month, quarter or year.
    """
    draw = random.Random(7)
    connection = company(3, 300)
    declared = {"type": "time", "grain": "day" if time == "day" else "hour"}
    tables = Project.from_mappings(
        tables={
            "answers": {
                "relation": "answers",
                "time": time,
                "dimensions": {"team": {}, "site": {}, time: declared},
            }
        },
        metrics={},
    ).tables
    draft = Plan(World(tables, {}, Graph(tables), reckoning=reckoning), Request())
    told_ones = 0
    for _ in range(60):
        source = draft.source_of("answers", time)
        clock = source.time_value()
        values: list[Node] = [source.condition(parse(n)) for n in ("team", "site")]
        values = draw.sample(values, draw.randrange(3))
        grain = draw.choice(("day", "week", "month", "quarter", "year", None))
        values += [] if grain is None else [Trunc(grain, clock)]
        low, high = (dt.datetime.combine(bound(draw), dt.time()) for _ in range(2))
        asked = draw.choice(
            [source.condition(parse(condition(draw))), *within(clock, low, high)],
        )
        names = [Named(value, f"known_{n}") for n, value in enumerate(values)]
        told = Known.of(((one.node, one.name) for one in names), reckoning).told(asked)
        if told is None:
            continue
        told_ones += 1
        rows = Select((*names, Named(flag(asked), "asked")), source.relation)
        differ = Binary("<>", flag(told), Column(None, "asked"))
        wrong = Select((Named(Aggregate("count", None, differ), "wrong"),), RELATION)
        query = Query((("seen", rows),), wrong)
        text = write(query, DUCKDB, reckoning=reckoning)
        assert connection.execute(text).fetchall() == [(0,)], text
    assert told_ones > 10


RELATION = Relation("seen", "seen", True)


# ── people among the first rows ──────────────────────────────────────────────────────────────


@pytest.mark.parametrize("others", [0, FLOOR - 2, FLOOR - 1, FLOOR])
@pytest.mark.parametrize("first", [True, False])
def test_few_people_are_few_however_many_rows_come_first(others: int, first: bool) -> None:
    """One person fills the first rows: the others are counted where they stand, first or last."""
    connection = duckdb.connect()
    many = f"select 'p' as person, 1 as amount from range({FIRST_ROWS + 2_000})"
    rest = f"select 'q' || i, 1 from range({others}) t(i)"
    one, two = (rest, many) if first else (many, rest)
    connection.execute(
        f"create table answers as select person, 'a' as team, 'x' as site, 1 as score, "
        f"date '2026-01-01' as day, amount from ({one} union all {two}) t(person, amount)"
    )
    total, suppressed = connection.execute(text_of("total")).fetchall()[0][:2]
    assert suppressed is (others + 1 < FLOOR)
    assert (total is None) is (others + 1 < FLOOR)


def text_of(*metrics: str, **asked: Any) -> str:
    """The SQL of a request as it is run."""
    request = request_of(PROJECT, metrics=metrics, **asked)
    return compile_request(WORLD, request, viewer=OWNER, spelling=DUCKDB).sql


# ── metrics that are judged together ─────────────────────────────────────────────────────────


def request_in(draw: random.Random) -> dict[str, Any]:
    """Some metrics by some dimensions, under some conditions and in some range."""
    names = ("team", "site", "metric_time__month", "metric_time__quarter")
    asked: dict[str, Any] = {
        "metrics": tuple(draw.sample(sorted(PROJECT.metrics), draw.choice((2, 3)))),
        "group_by": draw.sample(names[: draw.choice((2, 3, 3))], draw.choice((0, 1, 1, 2))),
        "where": [condition(draw) for _ in range(draw.choice((0, 1, 1, 2)))],
    }
    if draw.random() < 0.5:
        asked["start"], asked["end"] = sorted((bound(draw), bound(draw)))
    return asked


def compared(seed: int, count: int) -> int:
    """Each metric of random requests is what it is alone; how many figures were hidden."""
    draw, connection, hidden = random.Random(seed), company(seed), 0
    for _ in range(count):
        asked = request_in(draw)
        metrics, keys = asked.pop("metrics"), len(asked["group_by"])
        together = _by_group(connection, text_of(*metrics, **asked), keys)
        request = request_of(PROJECT, metrics=metrics, **asked)
        apart = write(plan(WORLD, request, share=False), DUCKDB)
        assert _told(_by_group(connection, apart, keys)) == _told(together)
        for at, metric in enumerate(metrics):
            alone = _by_group(connection, text_of(metric, **asked), keys)
            for group, row in alone.items():
                assert together[group][at] == row[0], (metric, group, asked)
            hidden += sum(row[1] or row[2] for row in alone.values() if len(row) > 2)
    return hidden


def _told(found: dict[tuple[Any, ...], tuple[Any, ...]]) -> dict[tuple[Any, ...], Any]:
    """The figures and why they are hidden: a scan of its own has nothing where others have 0."""
    return {key: tuple(figure or 0 for figure in row) for key, row in found.items()}


def _by_group(
    connection: duckdb.DuckDBPyConnection, text: str, keys: int
) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    return {row[:keys]: row[keys:] for row in connection.execute(text).fetchall()}


def test_metrics_asked_together_are_hidden_as_each_alone() -> None:
    """One pass for all of them says of each what its own pass says; so does one without sharing."""
    assert compared(3, 1) > 0


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(12))
def test_many_metrics_asked_together_are_hidden_as_each_alone(seed: int) -> None:
    """The same of random requests to each of twelve companies."""
    assert compared(seed, 20) > 0
