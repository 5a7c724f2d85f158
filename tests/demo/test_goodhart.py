"""The Goodhart monitor on Harbourline: what was planted is found, and where it was not, nothing."""

from __future__ import annotations

import shutil
from contextlib import closing
from pathlib import Path

import pytest

from sameboat.demo.truths import RECORDED_BREACHES
from sameboat.project.viewer import OWNER
from sameboat.questions.goodhart import Goodhart, goodhart
from sameboat.questions.opened import open_workspace
from tests.demo.untold import make

PLANTED = {name for code, name in RECORDED_BREACHES if code == "decoupled-metric"}


def watched(folder: Path) -> Goodhart:
    with closing(open_workspace(folder)) as workspace:
        return goodhart(workspace, viewer=OWNER)


def test_the_planted_ones_are_found_and_no_others(october: Path) -> None:
    """Truths (a), (d) and (i): leads, tickets and posts; advocates still bring referral leads."""
    found = watched(october)
    assert {one.tie.metric for one in found.raised} == PLANTED
    assert {"lead_to_customer_conversion", "time_to_market"} <= {one.parent for one in found.raised}
    still = {(one.tie.metric, one.parent): one.finding for one in found.couplings}
    assert still["nominations", "referral_leads"] == "moves-with"
    assert found.judged >= 40
    assert f"{found.judged} ties" in found.method


@pytest.mark.slow
def test_without_the_truths_nothing_is_found(
    harbourline: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Path(shutil.copytree(harbourline, tmp_path / "company"))
    make(folder / "data", monkeypatch, "conversion", "tickets", "posts", "support")
    with closing(open_workspace(folder)) as workspace:
        workspace.refresh()
    assert watched(folder).raised == ()
