"""Sentences of board and page say with what a figure is compared, and what routine leaves open."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from sameboat.questions.sentences import before_words, far_sentence, since_against_before
from sameboat.questions.series import Chance, TargetPath

TARGET = TargetPath(0.925, dt.date(2027, 6, 30), (), 0.92)


def test_a_routine_number_that_will_miss_its_target_says_so() -> None:
    """No action for chance does not mean that the target will be met."""
    assert far_sentence("percent", TARGET, Chance(0.01)) == (
        "Nothing has changed, and as it runs it will hardly reach 92.5% by June 2027: "
        "that takes a change to the process."
    )


@pytest.mark.parametrize(
    ("target", "chance"),
    [
        (TARGET, Chance(0.2)),
        (TARGET, Chance(None, "too few points")),
        (None, Chance(0.01)),
        (TargetPath(0.1, None, (), None, kind="band", high=0.2), Chance(0.01)),
    ],
)
def test_it_says_nothing_where_the_chance_is_fair_or_unknown(
    target: TargetPath | None, chance: Chance
) -> None:
    assert far_sentence("percent", target, chance) is None


def test_a_stretch_is_compared_with_as_many_periods_before_it() -> None:
    values = np.array([9.0, 2.0, 4.0, 6.0, 6.0])
    assert since_against_before(values, 3, 5) == pytest.approx(1.0)  # 6 against (2 + 4) / 2
    assert since_against_before(values, 0, 5) is None, "nothing lies before"
    assert since_against_before(np.array([0.0, 1.0]), 1, 2) is None, "the mean before is 0"
    assert since_against_before(np.array([np.nan, 1.0]), 1, 2) is None
    assert before_words(2, "fiscal_quarter") == "the 2 fiscal quarters before"
