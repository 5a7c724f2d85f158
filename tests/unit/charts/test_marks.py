"""What a chart shows of its values: points, gaps, signals, open ends, limits, the target."""

from __future__ import annotations

import datetime as dt

import pytest

from sameboat.charts.board import WIDTHS, board_chart, board_labels, board_sentence
from sameboat.charts.labels import Label
from sameboat.charts.line import line_chart, line_sentence
from sameboat.charts.marks import Frame, limit_marks
from sameboat.charts.prediction import Prediction, prediction_curve, prediction_sentence
from sameboat.charts.process import (
    events_without_words,
    process_chart,
    process_labels,
    process_sentence,
)
from sameboat.charts.process_layout import lay_out
from sameboat.charts.recent import recent_sentence, weeks_and_months
from sameboat.charts.scales import Scale
from sameboat.charts.values import Event, Limits, Line, Mark, Process, Proposal, Target
from tests.unit.charts.drawn import Drawn, path_points
from tests.unit.charts.given import periods

JUNE = dt.date(2026, 6, 30)


def weekly(values: tuple[float | None, ...], complete: tuple[bool, ...] = ()) -> Line:
    return Line("Conversion", "percent", "week", periods("week", len(values)), values, complete)


def conversion(**more: object) -> Process:
    """Thirty weeks, the last three a signal, with limits and a target."""
    values = (*tuple(0.05 + 0.002 * (step % 3) for step in range(27)), 0.04, 0.041, 0.039)
    given: dict[str, object] = {
        "limits": (Limits(0, 29, 0.052, 0.045, 0.059),),
        "marks": tuple(Mark(index, "worse") for index in (27, 28, 29)),
        "target": Target(0.06, JUNE, ((dt.date(2024, 1, 1), 0.05), (JUNE, 0.06)), 0.053),
        "note": "3 weeks below the lower limit",
    }
    return Process(weekly(values), **(given | more))  # type: ignore[arg-type]


def test_a_board_chart_draws_the_last_26_weeks_each_once() -> None:
    drawn = Drawn.of(board_chart(conversion(), width=352))
    assert drawn.count("dq") == 23
    assert drawn.count("pw") == 3


def test_the_latest_point_is_the_largest() -> None:
    drawn = Drawn.of(board_chart(conversion(), width=352))
    radii = [
        float(node.attrib["r"])
        for node in drawn.root.iter("circle")
        if node.attrib["class"] == "pw"
    ]
    assert radii[-1] == max(radii)
    assert radii[-1] > radii[0]


def test_a_gap_breaks_the_line_and_is_never_drawn_as_zero() -> None:
    process = Process(weekly((0.05, 0.06, None, 0.05, 0.06)))
    drawn = Drawn.of(board_chart(process, width=352))
    (line,) = [node for node in drawn.root.iter("path") if node.attrib["class"] == "line2"]
    assert line.attrib["d"].count("M") == 2
    assert drawn.count("dq") + drawn.count("pt") == 4


def test_an_incomplete_point_is_hollow_and_not_the_latest() -> None:
    process = Process(weekly((0.05, 0.06, 0.055, 0.01), (True, True, True, False)))
    drawn = Drawn.of(process_chart(process, width=896))
    assert drawn.count("pi") == 1
    assert drawn.count("open") == 1
    (latest,) = [node for node in drawn.root.iter("circle") if node.attrib["class"] == "pt"]
    (hollow,) = [node for node in drawn.root.iter("circle") if node.attrib["class"] == "pi"]
    assert float(latest.attrib["cx"]) < float(hollow.attrib["cx"])


def test_a_stale_line_says_since_when_and_marks_its_last_point() -> None:
    process = conversion(stale=True, since=dt.date(2024, 7, 29), marks=())
    drawn = Drawn.of(board_chart(process, width=352))
    assert "nothing since 29 Jul" in drawn.texts
    assert drawn.count("ps") == 1


@pytest.mark.parametrize("width", WIDTHS)
def test_target_and_centre_are_written_apart_even_at_the_same_height(width: int) -> None:
    process = conversion(target=Target(0.0521, JUNE, (), 0.052))
    labels = board_labels(process, width=width)
    texts = {label.text: label for label in labels}
    assert abs(texts["5.2%"].y - texts["centre 5.2"].y) >= 12


def test_each_phase_has_its_own_limits() -> None:
    limits = (Limits(0, 14, 0.05, 0.045, 0.055), Limits(15, 29, 0.053, 0.048, 0.058))
    drawn = Drawn.of(process_chart(conversion(limits=limits), width=1216))
    assert drawn.count("band") == 2
    bands = list(drawn.root.iter("rect"))
    assert float(bands[0].attrib["x"]) + float(bands[0].attrib["width"]) == pytest.approx(
        float(bands[1].attrib["x"]), abs=0.2
    )
    assert any(text.startswith("Phase 1: centre 5.00") for text in drawn.texts)


def test_a_narrow_process_chart_shows_the_last_52_weeks() -> None:
    process = Process(weekly(tuple(0.05 + step % 4 / 1000 for step in range(104))))
    drawn = Drawn.of(process_chart(process, width=352))
    assert drawn.count("dots") + drawn.count("pt") == 52
    wide = Drawn.of(process_chart(process, width=1216))
    assert wide.count("dots") + wide.count("pt") == 104


def test_the_target_path_ends_in_an_open_circle_at_the_target() -> None:
    drawn = Drawn.of(process_chart(conversion(), width=1216))
    (circle,) = [node for node in drawn.root.iter("circle") if node.attrib["class"] == "tmark"]
    (way,) = [node for node in drawn.root.iter("path") if node.attrib["class"] == "target"]
    end = path_points(way.attrib["d"])[-1]
    assert end == (float(circle.attrib["cx"]), float(circle.attrib["cy"]))
    assert "target, Jun 2026" in drawn.texts


def test_events_are_numbered_and_those_without_room_are_named() -> None:
    day = dt.date(2024, 3, 4)
    events = tuple(
        Event(number, day, f"Event {number}", "no change seen") for number in (1, 2, 3, 4)
    )
    process = conversion(events=events)
    drawn = Drawn.of(process_chart(process, width=1216))
    assert drawn.count("evd") == 4
    without = events_without_words(process, width=1216)
    said = {number for number in (1, 2, 3, 4) if f"Event {number}" in drawn.texts}
    assert said | without == {1, 2, 3, 4}
    assert not said & without
    assert events_without_words(process, width=352) == {1, 2, 3, 4}


def test_counts_start_at_zero() -> None:
    line = Line("Leads", "count", "week", periods("week", 3), (1200.0, 1400.0, 1680.0))
    drawn = Drawn.of(line_chart(line, width=584))
    assert [text for text in drawn.texts if text in ("0", "1,000", "2,000")] == [
        "0",
        "1,000",
        "2,000",
    ]
    assert "1,680" in drawn.texts


def test_the_unit_stands_on_the_top_tick_only() -> None:
    drawn = Drawn.of(process_chart(conversion(target=None), width=896))
    ticks = [
        node.text for node in drawn.root.iter("text")
        if node.attrib.get("class") == "tk" and node.attrib.get("text-anchor") == "end"
    ]  # fmt: skip
    assert [("%" in (text or "")) for text in ticks].count(True) == 1
    assert "%" in (ticks[-1] or "")
    assert 2 <= len(ticks) <= 4


def test_no_change_is_left_out_where_it_is_far_away() -> None:
    near = Prediction("Conversion", "percent", 0.005, 0.001, 0.009)
    far = Prediction("Revenue", "percent", 0.5, 0.499, 0.501)
    assert "no change" in Drawn.of(prediction_curve(near, width=424)).texts
    assert "no change" not in Drawn.of(prediction_curve(far, width=424)).texts


def test_a_lopsided_range_gives_a_lopsided_curve() -> None:
    below, above = Prediction("X", None, 1.0, 0.5, 3.0).spreads
    assert above == pytest.approx(4 * below)


def test_the_year_before_is_dotted() -> None:
    months = Line("C", "percent", "month", periods("month", 12), tuple([0.05] * 11 + [0.04]))
    drawn = Drawn.of(weeks_and_months(weeks=None, months=months, year_before=months, width=896))
    assert drawn.count("before") == 1
    assert "dotted: a year before" in drawn.texts


def test_every_chart_says_in_words_what_it_shows() -> None:
    process = conversion()
    assert board_sentence(process) == (
        "Conversion, 26 weeks to 28 Jul; centre 5.2%, limits 4.5 to 5.9; latest 3.9%; "
        "3 signal points. Target 6.0% by Jun 2026."
    )
    assert process_sentence(process) == (
        "Conversion, 30 weeks to 28 Jul; centre 5.20, limits 4.50 to 5.90; latest 3.9% to "
        "28 Jul 2024; 3 weeks below the lower limit. Target 6.0% by Jun 2026."
    )
    leads = Line("Leads", "count", "week", periods("week", 3), (1200.0, None, 1680.0))
    assert line_sentence(leads) == "Leads, 3 weeks to 21 Jan: from 1,200 to 1,680, latest 1,680."
    months = Line("Conversion", "percent", "month", periods("month", 2), (0.05, 0.04))
    assert recent_sentence(weeks=None, months=months, year_before=months) == (
        "Conversion: 2 months, Feb at 4.0%; a year before it was 4.0%."
    )
    assert prediction_sentence(Prediction("conversion", "percent", 0.005, 0.001, 0.009)) == (
        "Predicted effect on conversion: +0.5 points, 80% range +0.1 to +0.9."
    )


def test_limits_that_differ_from_point_to_point_are_drawn_as_steps() -> None:
    """Three paths, whatever the number of points; each step reaches half-way to its neighbours."""
    frame = Frame(0, 30, 0, 100, Scale(0, 2, 5, 25), Scale(0, 1, 100, 0), 0, 2)
    steps = ((0.5, 0.4, 0.6), None, (0.5, 0.2, 0.8))
    band, edges, centre = limit_marks((Limits(0, 2, 0.5, 0.2, 0.8, None, steps),), frame)
    assert 'd="M0 40H10V60H0ZM20 20H30V80H20Z"' in band
    assert 'class="lim"' in edges
    assert 'class="centre"' in centre


def test_a_phase_is_named_over_its_highest_limit_and_shorter_where_another_word_stands() -> None:
    """Limits that differ by point do not run through the name, nor do the words of a proposal."""
    steps = (*((0.052, 0.045, 0.064),) * 20, *((0.052, 0.045, 0.059),) * 10)
    stretch = Limits(0, 29, 0.052, 0.045, 0.059, steps=steps)
    process = conversion(limits=(stretch,), target=None)
    (named,) = phase_names(process)
    frame = lay_out(process, 1216, "en-GB").frame
    assert named.box[3] <= frame.y(0.064)
    near = conversion(
        limits=(stretch,), target=None,
        proposals=(Proposal(4, "Something new?", "Something new seems to begin."),),
    )  # fmt: skip
    (shorter,) = phase_names(near)
    assert named.text.startswith(shorter.text)
    assert len(shorter.text) < len(named.text)


def phase_names(process: Process) -> list[Label]:
    layout = lay_out(process, 1216, "en-GB")
    found = process_labels(process, layout, "en-GB")
    return [label for label in found if label.text.startswith("Centre")]
