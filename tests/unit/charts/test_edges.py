"""Charts at the edge of what they can hold: found by random examples, kept as plain ones."""

from __future__ import annotations

import datetime as dt

from sameboat.charts import process
from sameboat.charts.labels import text_width
from sameboat.charts.values import Line, Process, Target
from tests.unit.charts.drawn import Drawn

DAY = dt.date(2024, 1, 1)


def assert_sound(drawn: Process, width: int = 608) -> None:
    Drawn.of(process.process_chart(drawn, width=width)).assert_sound()


def test_a_path_that_begins_before_the_window_stays_in_the_picture() -> None:
    """The path is cut at the window's edge, and the scale reaches as far as the cut."""
    line = Line("Visits", None, "day", (DAY,), (None,))
    path = ((dt.date(2023, 1, 1), 0.0),)
    assert_sound(Process(line, (), (), Target(1.0, dt.date(2025, 1, 1), path)))


def test_a_control_character_takes_the_room_of_what_is_drawn_for_it() -> None:
    assert text_width("\x1f") == text_width("\N{REPLACEMENT CHARACTER}")


def test_ranges_too_small_for_a_scale_are_drawn_as_none() -> None:
    line = Line("Visits", None, "day", (DAY, dt.date(2024, 1, 2)), (None, None))
    assert_sound(Process(line, (), (), None, ranges=(0.0, 2.3e-308)))
