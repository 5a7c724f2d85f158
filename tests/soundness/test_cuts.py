"""Several cuts asked at once say what each says alone: the same figures, the same kept back."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import duckdb
import pytest

from sameboat.compiler.compile import Compiled, compile_request
from sameboat.compiler.cuts import CUT, asked_alone
from sameboat.compiler.dialects import DUCKDB
from sameboat.compiler.joins import Graph
from sameboat.compiler.plan import World
from sameboat.compiler.query import Cut, Item, Request
from sameboat.errors import RequestError
from sameboat.project.viewer import OWNER
from tests.soundness.answers import about_people, with_floor
from tests.unit.compiler.shop import WORLD as SHOP
from tests.unit.compiler.shop import rows, shop

Figures = dict[tuple[Any, ...], tuple[Any, ...]]

DIMENSIONS = ("team", "site", "role", "band")

PROJECT = about_people(
    *DIMENSIONS,
    metrics={
        "score": {"agg": "sum", "expr": "score"},
        "answers": {"agg": "count"},
        "high": {"agg": "count", "filter": "score > 6"},
        "high_share": {"type": "ratio", "numerator": "high", "denominator": "answers"},
        "mean_of_high": {"agg": "average", "expr": "score", "filter": "score > 6"},
        "people": {"agg": "count_distinct", "expr": "person"},
    },
)
BY_PERSON = with_floor(PROJECT, least=5)
BY_ROW = replace(
    BY_PERSON,
    tables={n: t.model_copy(update={"pseudonymous": ()}) for n, t in PROJECT.tables.items()},
)
OPEN = replace(BY_PERSON, least={})
SCORES = ("score", "answers", "high_share", "mean_of_high")


@dataclass(frozen=True)
class Company:
    """A database with one table, and the days that it is about."""

    connection: duckdb.DuckDBPyConnection


def company(seed: int) -> Company:
    """Answers of people in large and small teams, sites, roles and bands, over some months."""
    draw = random.Random(seed)
    weights = [[draw.choice((1, 2, 8, 30)) for _ in range(4)] for _ in DIMENSIONS]
    people = draw.choice((30, 60, 200))
    days = draw.choice((5, 45, 140))
    connection = duckdb.connect(config={"threads": 1})
    connection.execute(
        "create table answers(person text, team text, site text, role text, band text, day date, "
        "score integer)"
    )
    found = []
    for _ in range(draw.choice((80, 240))):
        groups = [draw.choices((*"abc", None), weights=w)[0] for w in weights]
        day = dt.date(2026, 1, 20) + dt.timedelta(draw.randrange(days))
        found.append([f"p{draw.randrange(people)}", *groups, day, draw.randrange(10)])
    connection.executemany("insert into answers values (?, ?, ?, ?, ?, ?, ?)", found)
    return Company(connection)


def window(draw: random.Random) -> tuple[dt.datetime, dt.datetime]:
    """Whole months, or a range of days that may cut months and quarters, or hold nothing."""
    if draw.random() < 0.4:
        month = draw.choice((1, 2, 3, 4))
        start = dt.datetime(2026, month, 1)
        return start, dt.datetime(2026, month + 1, 1) - dt.timedelta(seconds=1)
    start = dt.datetime(2026, 1, 1) + dt.timedelta(draw.randrange(90))
    return start, start + dt.timedelta(draw.choice((0, 6, 20, 45, 120)), hours=23)


def cuts(draw: random.Random) -> tuple[Cut, ...]:
    """Some cuts over two windows: nothing, one dimension each, and several together."""
    found = []
    for start, end in (window(draw), window(draw)):
        for size in draw.sample(range(len(DIMENSIONS) + 1), k=draw.choice((1, 2, 3))):
            by = tuple(Item(name) for name in draw.sample(DIMENSIONS, k=size))
            found.append(Cut(by, start, end))
    return tuple(found)


def compiled(world: World, request: Request) -> Compiled:
    return compile_request(world, request, viewer=OWNER, spelling=DUCKDB)


def told(made: Compiled, company: Company, keys: Sequence[str]) -> Figures:
    """Per group of an answer its figures."""
    at = {name: number for number, name in enumerate(made.columns)}
    figures = [name for name in made.columns if name not in (*DIMENSIONS, CUT)]
    found: Figures = {}
    for row in rows(company.connection, made.sql):
        key = tuple(row[at[name]] for name in keys)
        assert key not in found, "a group stands in an answer once"
        found[key] = tuple((name, row[at[name]]) for name in figures)
    return found


def names(cut: Cut) -> tuple[str, ...]:
    return tuple(item.name for item in cut.by)


def at_once(world: World, company: Company, request: Request) -> list[Figures]:
    """The groups of each cut, as the one request has them."""
    made = compiled(world, request)
    keys = tuple(name for name in made.columns if name in (*DIMENSIONS, CUT))
    assert made.columns[0] == CUT
    found: list[Figures] = [{} for _ in request.cuts]
    for key, figures in told(made, company, keys).items():
        by = dict(zip(keys, key, strict=True))
        cut = request.cuts[by.pop(CUT)]
        assert all(value is None for name, value in by.items() if name not in names(cut))
        found[key[0]][tuple(by[name] for name in names(cut))] = figures
    return found


def same(world: World, company: Company, request: Request) -> int:
    """How many figures are alike; fails where a cut says another thing than it does alone."""
    count = 0
    for cut, found in zip(request.cuts, at_once(world, company, request), strict=True):
        alone = told(compiled(world, asked_alone(request, cut)), company, names(cut))
        assert found == alone, cut
        count += sum(len(figures) for figures in found.values())
    return count


@pytest.mark.parametrize(
    ("world", "seed"),
    [
        pytest.param(BY_PERSON, 0, id="by pseudonym"),
        *(
            pytest.param(world, seed, id=f"{name}, {seed}", marks=pytest.mark.slow)
            for name, world in (("by pseudonym", BY_PERSON), ("by rows", BY_ROW))
            for seed in range(1, 30)
        ),
    ],
)
def test_what_is_kept_back_in_each_cut_is_that_of_the_cut_alone(world: World, seed: int) -> None:
    draw = random.Random(seed)
    few = (draw.choice(SCORES), "high_share")
    request = Request(metrics=tuple(dict.fromkeys(few)), cuts=cuts(draw), parts=True)
    compared = same(world, company(seed), request)
    assert compared or seed, "the first company has something to compare"


@pytest.mark.parametrize("seed", range(4))
def test_without_a_floor_each_cut_has_its_own_figures(seed: int) -> None:
    draw = random.Random(seed)
    request = Request(metrics=(*SCORES, "people"), cuts=cuts(draw), parts=True)
    assert same(OPEN, company(seed), request)


@pytest.mark.parametrize("target", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_moments_on_another_clock_fall_into_the_cuts_of_that_clock(target: str) -> None:
    """Rows that no clock can bring into a range are left out first; those at its edges are not."""
    zones = {("answers", "day"): ("UTC", target)}
    world = replace(OPEN, graph=Graph(OPEN.tables, zones))
    edges = [dt.datetime(2026, 2, 1), dt.datetime(2026, 3, 1), dt.datetime(2026, 4, 1)]
    ends = [edge - dt.timedelta(microseconds=1) for edge in edges]
    found = tuple(
        Cut((Item("team"),), start, end) for start, end in zip(edges, ends[1:], strict=False)
    )
    request = Request(metrics=("answers", "score"), cuts=found, parts=True)
    assert same(world, company(2), request)
    moved = at_once(world, company(2), request) != at_once(OPEN, company(2), request)
    assert moved == (target == "Pacific/Pago_Pago")  # midnight in UTC is the day before there


def test_joined_tables_and_metrics_of_two_tables_stand_in_the_same_cuts() -> None:
    """The shop's deals by the segment of their account, beside its touches."""
    first = (dt.datetime(2024, 1, 1), dt.datetime(2024, 12, 31))
    second = (dt.datetime(2025, 1, 1), dt.datetime(2025, 12, 31))
    by = ((), (Item("account__segment"),), (Item("account__segment"), Item("account__country")))
    request = Request(
        metrics=("revenue", "win_rate", "uk_share", "customers", "deals_per_touch"),
        cuts=tuple(Cut(items, *span) for span in (first, second) for items in by),
        parts=True,
    )
    made, connection = compiled(SHOP, request), shop()
    keys = ("account__segment", "account__country")
    for number, cut in enumerate(request.cuts):
        alone = compiled(SHOP, asked_alone(request, cut))
        mine = [
            tuple(v for name, v in zip(made.columns, row, strict=True)
                  if name != CUT and (name not in keys or name in names(cut)))
            for row in rows(connection, made.sql)
            if row[0] == number
        ]  # fmt: skip
        assert mine == rows(connection, alone.sql), cut


@pytest.mark.parametrize("metric", ["balance", "revenue_growth"])
def test_metrics_that_look_at_other_times_are_asked_one_by_one(metric: str) -> None:
    cut = Cut((), dt.datetime(2024, 1, 1), dt.datetime(2024, 12, 31))
    with pytest.raises(RequestError, match="several cuts at once"):
        compiled(SHOP, Request(metrics=(metric,), cuts=(cut,)))


def test_cuts_of_people_are_not_by_the_time_that_they_are_over() -> None:
    cut = Cut((Item("metric_time", "month"),), dt.datetime(2026, 1, 1), dt.datetime(2026, 5, 31))
    with pytest.raises(RequestError, match="not by time"):
        compiled(BY_PERSON, Request(metrics=("score",), cuts=(cut,)))


def test_cuts_may_be_by_their_own_time_where_nobody_is_judged() -> None:
    """Revenue by month of 2024 beside that of 2025 by quarter and stage."""
    first = (dt.datetime(2024, 1, 1), dt.datetime(2024, 12, 31))
    second = (dt.datetime(2025, 1, 1), dt.datetime(2025, 12, 31))
    months, quarters = Item("metric_time", "month"), Item("metric_time", "quarter")
    request = Request(
        metrics=("revenue", "customers"),
        cuts=(Cut((months,), *first), Cut((quarters, Item("deal__stage")), *second)),
    )
    found = rows(shop(), compiled(SHOP, request).sql)
    for number, columns in ((0, (1, 4, 5)), (1, (2, 3, 4, 5))):
        alone = compiled(SHOP, asked_alone(request, request.cuts[number])).sql
        mine = [tuple(row[at] for at in columns) for row in found if row[0] == number]
        assert mine == rows(shop(), alone)
