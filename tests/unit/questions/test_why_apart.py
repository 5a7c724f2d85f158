"""A segment that always differs is told of a whole in which nothing moved, and chance is not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from sameboat.questions.why.apart import standing_apart
from sameboat.questions.why.parts import Apart
from sameboat.questions.why.words import headline, paragraph
from tests.unit.questions.test_why_within import Counts, _all, split, told

OLD: Counts = {"none": (180, 200), "up to 20%": (178, 200), "over 20%": (49, 100)}
NEW: Counts = {"none": (179, 200), "up to 20%": (181, 200), "over 20%": (47, 100)}


def apart(
    old: Counts, new: Counts, *, good: str | None = "up", times: int = 1, name: str = "discount"
) -> tuple[Apart, ...]:
    """What stands apart; with `times` each window counts the same cases so many times."""
    periods = (times, times)
    sides = [{key: (times * k, times * n) for key, (k, n) in one.items()} for one in (old, new)]
    one = split(*sides, name=name, periods=periods if times > 1 else None)
    return standing_apart(
        (one,), (_all(sides[0]), _all(sides[1])), periods=periods if times > 1 else (1, 1),
        repeated=times > 1, good=good,
    )  # fmt: skip


def test_the_segment_that_always_differs_is_named_with_its_pull() -> None:
    """By hand: 47 of 100 beside 360 of 400; the whole, 407 of 500, lies 8.6 points below 90 %."""
    [one] = apart(OLD, NEW)
    assert (one.segment, one.worse) == ("over 20%", True)
    assert (one.figure_before, one.figure_after) == pytest.approx((0.49, 0.47))
    assert (one.others_before, one.others_after) == pytest.approx((358 / 400, 360 / 400))
    assert one.pull == pytest.approx(407 / 500 - 0.9)
    assert one.held == pytest.approx(0.2)
    table = stats.hypergeom(1000, 49 + 47 + 358 + 360, 200)
    assert one.chance == pytest.approx(2 * float(table.cdf(96)), rel=1e-9)


def test_the_words_say_that_nothing_moved_and_who_differs() -> None:
    asked = replace(told((split(OLD, NEW),), OLD, NEW), apart=apart(OLD, NEW))
    said, reason = headline(asked)
    assert said == "Kept is routine; by discount, over 20% stands far below all others"
    assert reason == "apart"
    text = "".join(phrase.text for phrase in paragraph(asked))
    assert "over 20% stands at 47.0%, all others at 90.0%" in text
    assert "49.0% and 89.5%" in text
    assert "takes 8.6 points off the whole" in text
    assert "cannot tell" in text


def test_a_segment_that_fell_is_a_change_and_does_not_stand_apart_always() -> None:
    fell: Counts = NEW | {"over 20%": (46, 100)}
    was: Counts = OLD | {"over 20%": (86, 100)}
    assert not apart(was, fell)


def test_a_small_difference_of_very_many_is_not_worth_a_word() -> None:
    """Chance cannot have done it, and still the odds are 1.2 times those of the others."""
    many: Counts = {"one": (80_000, 100_000), "other": (154_000, 200_000)}
    assert not apart(many, many)


def test_cases_that_are_counted_every_month_count_once() -> None:
    """10 of 20 beside 180 of 200: a hundred months of the same accounts are no hundred accounts."""
    small: Counts = {"none": (180, 200), "over 20%": (10, 20)}
    once = stats.hypergeom(220, 190, 20)
    [one] = apart(small, small, times=12)
    assert one.chance == pytest.approx(2 * float(once.cdf(10)), rel=1e-9)
    assert not apart({"none": (180, 200), "new": (14, 18)}, {"none": (180, 200), "new": (14, 18)},
                     times=100)  # fmt: skip


def test_what_is_good_says_which_side_is_worse_and_comes_first() -> None:
    both: Counts = {"low": (30, 100), "high": (99, 100), "none": (240, 300)}
    assert [one.segment for one in apart(both, both, good="up")] == ["low", "high"]
    assert [one.segment for one in apart(both, both, good="down")] == ["high", "low"]
    assert {one.worse for one in apart(both, both, good=None)} == {None}


def test_a_dimension_that_is_what_the_share_counts_stands_apart_from_nobody() -> None:
    """The share of large discounts is 100 % among large discounts: that tells nothing."""
    same: Counts = {"none": (0, 300), "over 20%": (60, 60)}
    assert not apart(same, same)


def test_half_of_all_cases_stand_apart_from_nobody() -> None:
    """Of two segments the smaller differs from the whole; the larger is most of the whole."""
    two: Counts = {"large": (720, 800), "small": (100, 200)}
    assert [one.segment for one in apart(two, two)] == ["small"]


def test_a_low_segment_does_not_set_all_others_above() -> None:
    """Beside one at 47 %, those at 89 and 90 % are far above 'all others', and tell nothing."""
    assert len(apart(OLD, NEW)) == 1


def test_chance_alone_is_named_in_less_than_one_answer_of_a_hundred() -> None:
    """500 answers of eight segments that are all alike."""
    rng = np.random.default_rng(20261122)
    named = 0
    for _ in range(500):
        sides: list[Counts] = []
        for _side in range(2):
            counts = rng.multinomial(160, np.full(8, 1 / 8))
            sides.append(
                {f"s{k}": (int(rng.binomial(n, 0.7)), int(n)) for k, n in enumerate(counts)}
            )
        named += bool(apart(sides[0], sides[1]))
    assert named <= 10  # 5 expected at most; more than 10 in one run of fifty
