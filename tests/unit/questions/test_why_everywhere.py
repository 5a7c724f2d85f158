"""Everything moved by about one share: said in words, and not where a segment tells more."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sameboat.project.viewer import OWNER
from sameboat.questions.why.answer import explain
from sameboat.questions.why.everywhere import about, each, everywhere
from sameboat.questions.why.parts import Everywhere, Localised, Place
from sameboat.questions.why.words import headline, paragraph
from tests.unit.questions.test_why import AFTER, BEFORE, Rows, company
from tests.unit.questions.test_why_within import Counts, _all, split, told

OLD: Counts = {"one": (200, 400), "two": (120, 300), "three": (60, 100)}
NEW: Counts = {"one": (184, 400), "two": (110, 300), "three": (55, 100)}
NOWHERE = Localised(("discount",), reason="no small group moved by itself")


def found(old: Counts, new: Counts, places: Localised = NOWHERE) -> Everywhere | None:
    return everywhere((split(old, new),), places, _all(old).value, _all(new).value)


def test_each_segment_that_moved_by_the_share_of_the_whole_is_counted() -> None:
    """By hand: 380 of 800 become 349, 8.2 % less; the segments lose 8.0, 8.3 and 8.3 %."""
    moved = found(OLD, NEW)
    assert moved is not None
    assert moved.change == pytest.approx(349 / 380 - 1)
    assert moved.segments == (("Discount", 3),)
    assert (moved.low, moved.high) == pytest.approx((16 / 200, 10 / 120))


def test_the_words_say_that_no_segment_explains_it() -> None:
    asked = replace(
        told((split(OLD, NEW),), OLD, NEW), routine=False, everywhere=found(OLD, NEW)
    )  # fmt: skip
    said, reason = headline(asked)
    assert said == "Kept fell everywhere by about 8% of the level: no segment explains it"
    assert reason == "everywhere"
    text = "".join(phrase.text for phrase in paragraph(asked))
    assert "Each of three discounts fell, by about 8% of its own figure: no segment" in text


def test_one_segment_that_stayed_or_turned_is_a_story_of_its_own() -> None:
    assert found(OLD, NEW | {"three": (60, 100)}) is None
    assert found(OLD, NEW | {"one": (210, 400)}) is None


def test_a_mix_that_moved_the_whole_is_no_move_of_everything() -> None:
    shifted: Counts = {"one": (92, 200), "two": (183, 500), "three": (55, 100)}
    assert found(OLD, shifted) is None


def test_a_combination_that_carries_a_good_part_by_itself_is_told_instead() -> None:
    place = Place({"discount": "one"}, -0.02, 0.5, 0.5, -0.3, 20.0)
    assert found(OLD, NEW, replace(NOWHERE, places=(place,))) is None


def test_the_search_over_combinations_may_tell_it_where_segments_scatter() -> None:
    uneven: Counts = {"one": (190, 400), "two": (110, 300), "three": (42, 100)}
    assert found(OLD, uneven) is None
    moved = found(OLD, uneven, replace(NOWHERE, everywhere=-0.08))
    assert moved == Everywhere(-0.08, ())
    assert moved is not None
    who, size = each(moved, "fell")
    assert f"{who}, {size}" == "Combinations of segments fell alike, by about 8% each"
    assert about(moved) == "8%"


def test_it_is_found_in_rows_that_all_fell_alike(tmp_path: Path) -> None:
    """Every source and region signs 10 % less often, whatever it signed before."""
    rows: Rows = [
        (week, source, region, 200, round(200 * share * (0.9 if week >= 4 else 1.0)))
        for week in range(8)
        for source, share in (("paid", 0.2), ("organic", 0.5), ("referral", 0.6))
        for region in ("north", "south")
    ]
    answer = explain(
        company(tmp_path, rows), "conversion", before=BEFORE, after=AFTER, viewer=OWNER
    )
    assert answer.headline == (
        "Conversion fell everywhere by about 10% of the level: no segment explains it"
    )
    assert answer.everywhere is not None
    assert answer.everywhere.segments == (("Source", 3), ("Region", 2))
    assert answer.everywhere.low == pytest.approx(0.1)
