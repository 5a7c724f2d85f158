"""Whatever the values: a chart is well-formed, inside its picture, readable and escaped."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sameboat.charts import board, line, prediction, process, recent
from sameboat.charts.meter import meter
from sameboat.charts.prediction import Prediction, prediction_curve
from sameboat.charts.spark import spark
from sameboat.charts.values import Line, Process
from tests.unit.charts import given as some
from tests.unit.charts.drawn import Drawn

QUICK = settings(max_examples=60, deadline=None)
LOCALES = st.sampled_from(["en-GB", "en-US", "de", "fr", "ja", "ar", "hi"])


@QUICK
@given(some.processes(), st.sampled_from(board.WIDTHS), LOCALES)
def test_a_board_chart_is_sound(process_: Process, width: int, locale: str) -> None:
    drawn = Drawn.of(board.board_chart(process_, width=width, locale=locale, twin="t"))
    drawn.assert_sound()
    assert drawn.size == (width, board.HEIGHT)


@QUICK
@given(some.processes(), st.sampled_from(process.WIDTHS), LOCALES)
def test_a_process_chart_is_sound(process_: Process, width: int, locale: str) -> None:
    drawn = Drawn.of(
        process.process_chart(process_, width=width, locale=locale, twin="t", column=1)
    )
    drawn.assert_sound()
    assert drawn.size[0] == width


@QUICK
@given(some.lines(), st.sampled_from(line.WIDTHS), LOCALES)
def test_a_line_chart_is_sound(line_: Line, width: int, locale: str) -> None:
    Drawn.of(line.line_chart(line_, width=width, locale=locale)).assert_sound()


@QUICK
@given(
    st.none() | some.lines(6), st.none() | some.lines(12), st.none() | some.lines(12),
    st.sampled_from(recent.WIDTHS), LOCALES,
)  # fmt: skip
def test_weeks_and_months_are_sound(
    weeks: Line | None, months: Line | None, before: Line | None, width: int, locale: str
) -> None:
    svg = recent.weeks_and_months(
        weeks=weeks, months=months, year_before=before, width=width, locale=locale
    )
    Drawn.of(svg).assert_sound()


@QUICK
@given(
    st.floats(-1, 1), st.floats(0, 1), st.floats(0, 1), st.floats(0.01, 0.999),
    st.sampled_from(prediction.WIDTHS), st.sampled_from(some.UNITS),
)  # fmt: skip
def test_a_prediction_is_sound(
    effect: float, below: float, above: float, confidence: float, width: int, unit: str | None
) -> None:
    made = Prediction(some.HOSTILE, unit, effect, effect - below, effect + above, confidence)
    Drawn.of(prediction_curve(made, width=width)).assert_sound()


@QUICK
@given(some.lines())
def test_a_spark_is_sound(line_: Line) -> None:
    svg = spark(line_, role="worse")
    assert 'aria-hidden="true"' in svg
    drawn = Drawn.of(svg)
    for x, y in drawn.points():
        assert 0 <= x <= drawn.size[0]
        assert 0 <= y <= drawn.size[1]


@pytest.mark.parametrize("share", [-1.0, 0.0, 0.09, 1.0, 3.0, float("nan")])
def test_a_meter_is_never_fuller_than_full(share: float) -> None:
    widths = [rect.attrib["width"] for rect in Drawn.of(meter(share)).root.iter("rect")]
    assert 0 <= float(widths[1].rstrip("%")) <= 100


@QUICK
@given(some.processes())
def test_hostile_names_stay_text(process_: Process) -> None:
    """A name full of markup is read back as it was written, and no element comes of it."""
    named = Process(
        Line(some.HOSTILE, process_.line.unit, process_.line.grain, process_.line.periods,
             process_.line.values, process_.line.complete),
        process_.limits, process_.marks, process_.target, note=some.HOSTILE,
        events=process_.events, ranges=process_.ranges,
    )  # fmt: skip
    for svg in (
        board.board_chart(named, width=352),
        process.process_chart(named, width=896),
        line.line_chart(named.line, width=352),
    ):
        drawn = Drawn.of(svg)
        assert drawn.sentence.startswith(some.HOSTILE)
        assert {node.tag for node in drawn.root.iter()} <= {"svg", "path", "circle", "rect", "text"}
