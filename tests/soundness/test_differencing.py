"""An attacker who subtracts answers from each other learns nothing about a few people.

The tables are small and random, and each row bears a power of two: what an answer adds up says
exactly which rows are behind it. So what two answers differ by, and what a total leaves beside
all that a table shows, is known row by row and is looked at for people.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import duckdb
import pytest

from sameboat.compiler.compile import compile_request
from sameboat.compiler.dialects import DUCKDB
from sameboat.compiler.floors import guarded
from sameboat.project.viewer import OWNER
from sameboat.questions.asking import request_of
from tests.soundness.answers import about_people, with_floor
from tests.unit.compiler.shop import rows

FLOOR = 5
ROWS = 120
HALF = 60
"""Two sums of powers of two hold 120 rows: an engine's widest whole number has 127 bits."""

PROJECT = about_people(
    "team", "site",
    metrics={"low": {"agg": "sum", "expr": "low"}, "high": {"agg": "sum", "expr": "high"}},
)  # fmt: skip
WORLD = with_floor(PROJECT, least=FLOOR)


@dataclass(frozen=True)
class Asked:
    """A request, and the rows behind each figure that it got, as bits."""

    request: str
    rows: tuple[int, ...]


@dataclass(frozen=True)
class Company:
    """A small table of answers and whose each row is."""

    connection: duckdb.DuckDBPyConnection
    people: tuple[int, ...]

    def ask(self, **asked: Any) -> Asked:
        request = request_of(PROJECT, metrics=("low", "high"), **asked)
        text = compile_request(WORLD, request, viewer=OWNER, spelling=DUCKDB).sql
        keys = len(asked.get("group_by", ()))
        found = []
        for row in rows(self.connection, text):
            low, high = row[keys : keys + 2]
            if low is not None or high is not None:
                found.append(int(low or 0) + (int(high or 0) << HALF))
        return Asked(str(asked), tuple(found))

    def behind(self, bits: int) -> int:
        """How many people the rows of a difference belong to."""
        return len({self.people[i] for i in range(ROWS) if bits >> i & 1})


def company(seed: int) -> Company:
    """A company with a few large and small teams and sites, some people with several answers."""
    draw = random.Random(seed)
    weights = [draw.choice((1, 2, 6, 20, 30)) for _ in range(4)]
    sites = [draw.choice((1, 3, 12, 20)) for _ in range(3)]
    people = draw.choice((50, 80, 120))
    days = draw.choice((4, 40, 130))
    connection = duckdb.connect()
    connection.execute(
        "create table answers(person text, team text, site text, day date, low bigint, high bigint)"
    )
    whose = []
    for i in range(ROWS):
        person = draw.randrange(people)
        whose.append(person)
        team = draw.choices(("a", "b", "c", None), weights)[0]
        site = draw.choices(("x", "y", "z"), sites)[0]
        day = dt.date(2026, 1, 20) + dt.timedelta(draw.randrange(days))
        low, high = (2**i, 0) if i < HALF else (0, 2 ** (i - HALF))
        connection.execute(
            "insert into answers values (?, ?, ?, ?, ?, ?)",
            [f"p{person}", team, site, day, low, high],
        )
    return Company(connection, tuple(whose))


def atom(draw: random.Random) -> str:
    """One condition on a dimension or on time."""
    team = draw.choice(("a", "b", "c"))
    other = draw.choice(("a", "b", "c"))
    site = draw.choice(("x", "y", "z"))
    day = dt.date(2026, 1, 20) + dt.timedelta(draw.randrange(60))
    return draw.choice(
        (
            f"team = '{team}'",
            f"team <> '{team}'",
            f"team in ('{team}', '{other}')",
            f"team not in ('{team}', '{other}')",
            "team is null",
            f"site = '{site}'",
            f"site <> '{site}'",
            f"not site = '{site}'",
            f"metric_time >= '{day}'",
            f"metric_time < '{day}'",
            f"metric_time >= '{day.replace(day=1)}'",
        )
    )


def condition(draw: random.Random) -> str:
    """A condition, or two of them joined."""
    one, two = atom(draw), atom(draw)
    return draw.choice(
        (one, one, f"{one} or {two}", f"not ({one} and {two})", f"({one} and {two})")
    )


def requests(draw: random.Random, count: int) -> Iterator[dict[str, Any]]:
    """Random requests that are allowed: filters, groups, periods and ranges."""
    yield {}
    for group in ("team", "site", "metric_time__month", "metric_time__week", "metric_time__day"):
        yield {"group_by": [group]}
    yield {"group_by": ["team", "site"]}
    yield {"group_by": ["team", "metric_time__month"]}
    for _ in range(count):
        asked: dict[str, Any] = {}
        groups = draw.sample(
            ("team", "site", "metric_time__month"), draw.choice((0, 0, 0, 1, 1, 2))
        )
        if groups:
            asked["group_by"] = groups
        asked["where"] = [condition(draw) for _ in range(draw.choice((0, 1, 1, 2)))]
        if draw.random() < 0.3:
            asked["start"] = dt.date(2026, 1, 20) + dt.timedelta(draw.randrange(60))
        yield asked


def leaks(met: Company, answers: list[Asked]) -> list[str]:
    """Every pair of figures whose difference is a few people's, and totals minus the visible."""
    figures = {bits: one.request for one in answers for bits in one.rows}
    sums = dict(figures)
    for one in answers:
        if len(one.rows) > 1:
            sums.setdefault(sum(one.rows), f"all visible of {one.request}")
    found = []
    for large, why in figures.items():
        for small, other in sums.items():
            if small != large and small & large == small:
                people = met.behind(large - small)
                if people < FLOOR:
                    found.append(f"{why} minus {other}: {people}")
    found += [f"{why} is of {met.behind(b)}" for b, why in figures.items() if met.behind(b) < FLOOR]
    return found


def attack(seed: int, count: int) -> None:
    """Ask random requests of a random company and look at all differences."""
    met = company(seed)
    draw = random.Random(1000 + seed)
    answers = [met.ask(**asked) for asked in requests(draw, count)]
    assert sum(len(one.rows) for one in answers) > 10, "an attacker who gets nothing proves nothing"
    assert leaks(met, answers) == []


@pytest.mark.parametrize("seed", [10, 12])
def test_no_two_answers_differ_by_a_few_people(seed: int) -> None:
    """Of random requests, no answer minus another, nor a total minus the visible.

    Both companies once gave something away: a filter emptied the small group of a table, and the
    group beside it was shown.
    """
    attack(seed, 12)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(14))
def test_no_two_of_many_answers_differ_by_a_few_people(seed: int) -> None:
    """The same of sixty random requests to each of fourteen companies."""
    attack(seed, 60)


def test_the_attacker_succeeds_where_only_single_groups_are_judged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The same attack finds differences of a few people when what is around a group is not judged.

    Without this, the tests above could pass because the attacker is blind.
    """
    alone = partial(guarded, around=False)
    monkeypatch.setattr(
        "sameboat.compiler.compile.guarded",
        lambda leaves, floors, node, **_: alone(leaves, floors, node),
    )
    compile_request.cache_clear()
    met = company(1)
    answers = [met.ask(**asked) for asked in requests(random.Random(1001), 12)]
    compile_request.cache_clear()
    assert leaks(met, answers)
