"""A routine whole may hold one segment that is not: named when chance cannot have done it."""

from __future__ import annotations

import datetime as dt
import math
from pathlib import Path

import numpy as np
import pytest

from sameboat.project.load import load
from sameboat.questions.why.figures import Figure, Grouped, Measure
from sameboat.questions.why.parts import Localised, Split, Tree, Window, leading
from sameboat.questions.why.splits import split_by
from sameboat.questions.why.subjects import counts_by_period
from sameboat.questions.why.words import Told, headline, paragraph, within

READ = Measure("kept", "ratio", ("kept",))
Counts = dict[str, tuple[int, int]]
"""By segment how many of how many were kept."""


def split(
    before: Counts, after: Counts, *, name: str = "discount", periods: tuple[int, int] | None = None
) -> Split:
    """The split of a share of counted cases; `periods` where each counts the same cases again."""
    sides = [
        {(key,): Figure(float(k), float(n), float(n)) for key, (k, n) in side.items()}
        for side in (before, after)
    ]
    return split_by(
        name, name.capitalize(), READ, (_all(before), _all(after)), Grouped((name,), *sides),
        weight_label="deals", names={}, floor=0, periods=periods or (1, 1), repeated=periods,
    )  # fmt: skip


def _all(side: Counts) -> Figure:
    kept, count = (float(sum(column)) for column in zip(*side.values(), strict=True))
    return Figure(kept, count, count)


def told(splits: tuple[Split, ...], before: Counts, after: Counts) -> Told:
    """What the words are made from, of a whole that its chart calls routine."""
    day = dt.date(2026, 1, 1)
    return Told(
        label="Kept", unit="percent", figure_before=_all(before).value,
        figure_after=_all(after).value, before=Window(day, day, "Before", 1, "month"),
        after=Window(day, day, "After", 1, "month"), per=None, tree=Tree(None, "shapley"),
        split=splits[0], splits=splits, places=Localised(()), candidates=(), routine=True,
        case_label="deals",
    )  # fmt: skip


OLD: Counts = {"none": (180, 200), "up to 20%": (180, 200), "over 20%": (78, 100)}
FELL: Counts = {"none": (180, 200), "up to 20%": (179, 200), "over 20%": (46, 100)}


def test_the_one_segment_that_fell_is_named_with_its_figures() -> None:
    asked = told((split(OLD, FELL),), OLD, FELL)
    assert headline(asked) == (
        "Kept is routine as a whole; one discount is not: over 20%", "segment"
    )  # fmt: skip
    said = "".join(phrase.text for phrase in paragraph(asked))
    assert "Discount over 20% went from 78.0% to 46.0%" in said


def test_its_chance_is_that_of_two_shares_by_the_pooled_test() -> None:
    """By hand: 78 and 46 of 100 differ by 4.66 standard errors."""
    row = next(row for row in split(OLD, FELL).rows if row.segment == "over 20%")
    z = 0.32 / math.sqrt(0.62 * 0.38 * (1 / 100 + 1 / 100))
    assert row.chance == pytest.approx(math.erfc(z / math.sqrt(2)), rel=1e-12)


def test_cases_that_are_counted_every_month_say_no_more_than_once() -> None:
    """The same 100 accounts in each of three months are 100 accounts."""
    thrice = [{key: (3 * k, 3 * n) for key, (k, n) in side.items()} for side in (OLD, FELL)]
    once = {row.segment: row.chance for row in split(OLD, FELL).rows}
    again = {row.segment: row.chance for row in split(*thrice, periods=(3, 3)).rows}
    assert again == pytest.approx(once, rel=1e-12)


def test_a_change_that_others_oppose_is_not_the_one_segments() -> None:
    risen: Counts = FELL | {"none": (200, 200)}
    assert within(told((split(OLD, risen),), OLD, risen)) is None


def test_chance_alone_is_named_in_less_than_one_answer_of_a_hundred() -> None:
    """400 answers of four dimensions in which nothing happened; none may be a story."""
    rng = np.random.default_rng(20261122)
    named = 0
    for _ in range(400):
        sides: list[list[Counts]] = [[], []]
        for side in sides:
            for segments in (2, 3, 5, 8):
                counts = rng.multinomial(400, np.full(segments, 1 / segments))
                side.append({f"s{at}": (rng.binomial(n, 0.8), n) for at, n in enumerate(counts)})
        splits = tuple(
            split(old, new, name=f"d{at}") for at, (old, new) in enumerate(zip(*sides, strict=True))
        )
        named += within(told(splits, sides[0][0], sides[1][0])) is not None
    assert named <= 8  # 4 expected at most; more than 8 in one run of fifty


TABLES = """
tables:
  months:
    relation: months
    time: month
    entities: {month_of_account: {type: primary, expr: [account_id, month]}}
    dimensions: {month: {type: time, grain: month}}
  deals:
    relation: deals
    time: closed_on
    entities: {deal: {type: primary, expr: deal_id}}
    dimensions: {closed_on: {type: time, grain: day}}
"""


def test_rows_by_period_are_told_by_the_key_of_their_table(tmp_path: Path) -> None:
    (tmp_path / "sameboat.yml").write_text(f"format: 1\nname: keys\n{TABLES}", encoding="utf-8")
    project = load(tmp_path)
    assert counts_by_period(project, "months")
    assert not counts_by_period(project, "deals")
    assert not counts_by_period(project, "unknown")


def test_a_segment_that_is_most_of_the_whole_does_not_lead_by_its_size_alone() -> None:
    """Of 900 cases 700 are large; both lost a tenth, and "inside one discount: large" was said."""
    was: Counts = {"large": (350, 700), "small": (100, 200)}
    now: Counts = {"large": (315, 700), "small": (90, 200)}
    assert leading(split(was, now), (315 + 90) / 900 - 0.5, rate=True) is None
    alone: Counts = was | {"large": (280, 700)}
    change = 380 / 900 - 0.5
    row = leading(split(was, alone), change, rate=True)
    assert row is not None
    assert row.segment == "large"


def test_a_dimension_named_in_the_plural_has_groups() -> None:
    """ "inside one vessels" was said of a dimension that is called Vessels."""
    plural = split(OLD, FELL, name="vessels")
    asked = told((plural,), OLD, FELL)
    assert headline(asked)[0] == "Kept is routine as a whole; one group of vessels is not: over 20%"
