"""A fan: what is drawn is what is forecast, and it is sound whatever the values."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sameboat.charts.fan import WIDTHS, Fan, fan_chart, fan_sentence
from sameboat.charts.values import Line, Target
from tests.unit.charts import given as some
from tests.unit.charts.drawn import Drawn

ENDS = st.lists(st.floats(-1e6, 1e6), min_size=5, max_size=5).map(sorted)


def made(past: Line, ends: list[list[float]], target: Target | None = None) -> Fan:
    last = past.periods[-1] if past.periods else dt.date(2026, 1, 1)
    ahead = tuple(last + dt.timedelta(days=7 * (at + 1)) for at in range(len(ends)))
    return Fan(
        past,
        ahead,
        tuple(one[2] for one in ends),
        tuple((one[1], one[3]) for one in ends),
        tuple((one[0], one[4]) for one in ends),
        target,
    )


@settings(max_examples=60, deadline=None)
@given(some.lines(), st.lists(ENDS, max_size=12), st.sampled_from(WIDTHS), st.booleans())
def test_a_fan_is_sound(past: Line, ends: list[list[float]], width: int, with_target: bool) -> None:
    target = Target(3.0, dt.date(2027, 1, 1)) if with_target else None
    drawn = Drawn.of(fan_chart(made(past, ends, target), width=width))
    drawn.assert_sound()
    assert drawn.size[0] == width


def test_the_sentence_says_latest_middle_range_and_target() -> None:
    past = Line("Sales", "count", "month", (dt.date(2026, 1, 1), dt.date(2026, 2, 1)), (10.0, 12.0))
    fan = made(past, [[5.0, 9.0, 13.0, 17.0, 21.0]], Target(15.0, dt.date(2026, 3, 31)))
    assert fan_sentence(fan) == (
        "Sales, latest 12, in 1 month 13, 8 times in 10 between 9 and 17, target 15 by Mar 2026."
    )


@pytest.mark.parametrize("width", WIDTHS)
def test_both_bands_and_the_middle_are_drawn(width: int) -> None:
    past = Line("Sales", "count", "month", (dt.date(2026, 1, 1), dt.date(2026, 2, 1)), (10.0, 12.0))
    svg = fan_chart(made(past, [[5.0, 9.0, 13.0, 17.0, 21.0]]), width=width)
    for css in ("band", "fill-plan", "curve"):
        assert f'class="{css}"' in svg
