"""Why, of very many dimensions and of dimensions with very many values: bounded, and said."""

from __future__ import annotations

import math
import resource
import time
from pathlib import Path

import duckdb
import pytest

from sameboat.cli.explain import draw
from sameboat.project.viewer import OWNER
from sameboat.questions.why import question as why
from sameboat.questions.why.answer import explain
from sameboat.questions.why.parts import Explanation
from tests.unit.questions.wide import AFTER, BEFORE, wide

SECONDS, MEGABYTES = 60, 400
"""What a first answer may take on two busy cores: it took 3 to 10 s of work alone."""


def adds_up(answer: Explanation) -> bool:
    return all(
        abs(math.fsum(row.effect for row in split.rows) - answer.change)
        <= 1e-9 * max(1.0, abs(answer.figure_before))
        for split in answer.splits
        if split.rows
    )


def test_of_more_dimensions_than_are_shown_those_that_tell_most_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one that moved is the last of seven, and three are shown; the others say why not."""
    monkeypatch.setattr(why, "MOST_DIMENSIONS", 3)
    workspace = wide(tmp_path, values=(4,) * 7, moved=6, rows=4000)
    answer = explain(workspace, "share", before=BEFORE, after=AFTER, viewer=OWNER)
    shown = [split.dimension for split in answer.splits if split.rows]
    assert len(shown) == 3
    assert "d6" in shown
    assert answer.headline == "Paid share fell inside one d6: v0"
    left = [split for split in answer.splits if split.beyond]
    assert len(left) == 4
    assert all(split.reason for split in left)
    said = next(check.words for check in answer.checks if check.name == "dimensions")
    assert said.startswith("4 of 7 dimensions are not shown: ")
    assert adds_up(answer)
    drawn = draw(answer)
    assert "By d6" in drawn
    assert f"By {left[0].dimension}" not in drawn


def test_dimensions_beyond_those_looked_at_are_said_to_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(why, "MOST_ASKED", 4)
    workspace = wide(tmp_path, values=(4,) * 6, moved=1, rows=2000)
    answer = explain(workspace, "money", before=BEFORE, after=AFTER, viewer=OWNER)
    reasons = {split.dimension: split.reason for split in answer.splits if split.beyond}
    assert set(reasons) == {"d4", "d5"}
    assert all("only the first" in (reason or "") for reason in reasons.values())


@pytest.mark.parametrize("kpi", ["share", "money"])
def test_values_of_few_cases_stand_together_and_all_add_up(tmp_path: Path, kpi: str) -> None:
    """3,000 values: 1,000 are told apart, and what the others hold is the rest, by SQL by hand."""
    workspace = wide(tmp_path, values=(4, 3000), moved=0, rows=12_000)
    answer = explain(workspace, kpi, before=BEFORE, after=AFTER, viewer=OWNER)
    tall = next(split for split in answer.splits if split.dimension == "d1")
    file = tmp_path / "data" / "sales.parquet"
    with duckdb.connect() as connection:
        [[distinct]] = connection.execute(f"select count(distinct d1) from '{file}'").fetchall()
    assert tall.folded == distinct - 1000
    assert adds_up(answer)
    assert all(not row.kept_back for row in tall.rows)
    assert f"D1: {tall.folded:,} values with few cases stand together" in [
        check.words for check in answer.checks
    ]
    assert "d1" not in answer.places.dimensions
    assert answer.headline.endswith("inside one d0: v0" if kpi == "share" else "one d0: v0")


def measured(workspace_of: Path, kpi: str, **shape: object) -> Explanation:
    """An answer that keeps to its bounds of time and memory."""
    workspace = wide(workspace_of, **shape)  # type: ignore[arg-type]
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begun = time.process_time()
    answer = explain(workspace, kpi, before=BEFORE, after=AFTER, viewer=OWNER)
    assert time.process_time() - begun < SECONDS
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - held) / 1024 < MEGABYTES
    return answer


@pytest.mark.slow
@pytest.mark.parametrize("subject", ["none", "contact"])
@pytest.mark.parametrize("kpi", ["share", "money"])
def test_two_hundred_dimensions(tmp_path: Path, kpi: str, subject: str) -> None:
    """The one of 200 that moved is shown and named, whether or not figures are about people."""
    answer = measured(
        tmp_path, kpi, values=(5,) * 200, moved=150, rows=20_000, subject=subject
    )  # fmt: skip
    assert "d150" in [split.dimension for split in answer.splits if split.rows]
    assert answer.headline.endswith("d150: v0")
    assert [place.where for place in answer.places.places][:1] == [{"d150": "v0"}]
    assert sum(split.beyond for split in answer.splits) == 188
    assert adds_up(answer)


@pytest.mark.slow
@pytest.mark.parametrize("subject", ["none", "contact"])
@pytest.mark.parametrize("kpi", ["share", "money"])
def test_a_dimension_of_a_hundred_thousand_values(tmp_path: Path, kpi: str, subject: str) -> None:
    """Of people none of its values may be shown; else the thousand with most cases are."""
    answer = measured(
        tmp_path, kpi, values=(4, 100_000, 3), moved=0, rows=200_000, subject=subject
    )  # fmt: skip
    tall = next(split for split in answer.splits if split.dimension == "d1")
    if subject == "none":
        assert tall.folded > 80_000
    else:
        assert tall.reason == "no segment may be shown: each is too small"
    assert answer.headline.endswith("d0: v0")
    assert [place.where for place in answer.places.places][:1] == [{"d0": "v0"}]
    assert adds_up(answer)
