"""The principles on Harbourline: the planted breaches are found in files and record, no others."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from sameboat.demo.truths import BREACHES, RECORDED_BREACHES
from sameboat.project.principles.catalogue import RULES
from sameboat.project.principles.granularity import granularity
from sameboat.project.viewer import OWNER
from sameboat.questions.checking import check_workspace
from sameboat.questions.opened import Opened, open_workspace


@pytest.fixture(scope="module")
def refreshed(october: Path) -> Iterator[Opened]:
    """Harbourline with its record."""
    with closing(open_workspace(october)) as workspace:
        yield workspace


def test_the_planted_breaches_are_found_and_no_others(refreshed: Opened) -> None:
    """With two years of record behind it: seventeen levers, seven targets, 24 goals of teams."""
    found = [one for one in check_workspace(refreshed, viewer=OWNER) if one.code in RULES]
    planted = BREACHES + RECORDED_BREACHES
    assert len(found) == len(planted)
    for code, named in planted:
        assert [one for one in found if one.code == code and f"'{named}'" in one.message]


def test_the_index_of_harbourline_is_what_its_files_add_up_to(refreshed: Opened) -> None:
    """By hand: 7 KPIs; 35 metrics watched; 27 + 2.3 figures a week; 12 of 107 metrics loose."""
    found = granularity(refreshed.project)
    assert [round(part.value, 3) for part in found.parts] == [7, 5, 29.308, 0.112]
    assert round(found.index, 3) == 0.529
