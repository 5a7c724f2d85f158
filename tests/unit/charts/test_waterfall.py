"""The waterfall: levels are ticks, effects float, and every text lies inside at every width."""

from __future__ import annotations

import math

import pytest

from sameboat.charts.split import Bars, split_bars, split_scale
from sameboat.charts.waterfall import (
    WIDTHS,
    Effect,
    Waterfall,
    waterfall,
    waterfall_labels,
    waterfall_sentence,
)
from tests.web.reading import read


def chart(*effects: float, label: str = "Mix of sources") -> Waterfall:
    after = 0.05 + math.fsum(effects)
    steps = tuple(Effect(label, size, f"{100 * size:+.2f}", "46.3% → 45.0%") for size in effects)
    return Waterfall(
        "Conversion", "percent", 0.05, after, "26 weeks before", "Last 8 weeks",
        "2 March to 30 August 2026", "31 August to 25 October 2026", "5.00%", f"{after:.2%}", steps,
    )  # fmt: skip


def test_levels_go_from_the_figure_before_to_the_figure_after() -> None:
    found = chart(-0.01, 0.002)
    assert found.levels == pytest.approx((0.05, 0.04, 0.042))
    assert found.levels[-1] == pytest.approx(found.after)


def test_a_bar_is_as_long_as_its_effect_and_begins_where_the_last_ended() -> None:
    drawn = read(waterfall(chart(-0.01, 0.005), width=896))
    first, second = drawn.all("rect")
    length, half = float(first.get("width")), float(second.get("width"))
    assert half == pytest.approx(length / 2, abs=0.2)
    assert float(first.get("x")) == pytest.approx(float(second.get("x")), abs=0.2)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("effects", [(), (0.0,), (-0.01, 0.002), (1e6,), (0.3, -0.2, -0.15, 1e-9)])
def test_every_text_lies_inside_the_chart(width: int, effects: tuple[float, ...]) -> None:
    found = chart(*effects, label="A step with a name that is far too long for a narrow screen")
    for label in waterfall_labels(found, width=width):
        if label.anchor == "start":
            assert label.x >= 0
            assert label.x + label.width <= width + 1, label


def test_the_sentence_says_both_figures_and_every_effect() -> None:
    said = waterfall_sentence(chart(-0.01, 0.002))
    for part in ("5.00%", "4.20%", "Mix of sources -1.00", "+0.20"):
        assert part in said


def test_a_name_cannot_break_out_of_the_chart() -> None:
    assert "<script>" not in waterfall(chart(0.1, label="<script>alert(1)</script>"), width=608)


def test_the_bars_of_a_table_share_one_scale_with_zero_on_it() -> None:
    rows = (Bars(-0.01, -0.002), Bars(0.002, 0.0))
    scale = split_scale(rows)
    assert 4 <= scale(0.0) <= 146
    drawn = read(split_bars(rows[0], scale))
    mix, rate = (float(bar.get("width")) for bar in drawn.all("rect"))
    assert mix == pytest.approx(5 * rate, rel=0.02)
