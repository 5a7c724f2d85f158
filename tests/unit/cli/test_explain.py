"""`sameboat explain`: the answer as text, JSON and CSV, and refusals with their exit code."""

from __future__ import annotations

import csv
import io
import json
import math
from pathlib import Path

import pytest
from click.testing import CliRunner

from sameboat.cli import explain
from sameboat.errors import RequestError
from tests.unit.questions.ferry import ferry


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project on disk whose conversion fell in its last eight weeks."""
    ferry(tmp_path, fallen=8)
    return tmp_path


WINDOWS = ("--before", "2026-W28..2026-W35", "--after", "2026-W36..2026-W43")


def run(folder: Path, *options: str) -> str:
    found = CliRunner().invoke(
        explain.command, ["conversion", "--project", str(folder), *WINDOWS, *options]
    )
    assert found.exit_code == 0, found.output
    return found.stdout


def test_the_text_begins_with_the_answer_and_holds_every_section(folder: Path) -> None:
    said = run(folder)
    assert said.splitlines()[0].startswith("Conversion fell")
    for section in ("Exact effects down the tree", "By source", "Checks on this answer"):
        assert section in said
    assert "Left over  ±0.00 points" in " ".join(said.split()).replace("over ±", "over  ±")


def test_the_json_holds_the_answer_whose_effects_add_up(folder: Path) -> None:
    answer = json.loads(run(folder, "--format", "json"))
    assert math.isclose(answer["change"], answer["figure_after"] - answer["figure_before"])
    steps = math.fsum(step["effect"] for step in answer["tree"]["steps"])
    assert abs(steps - answer["change"]) <= 1e-9
    assert answer["text"].startswith("Conversion went from")
    assert "series" not in answer


def test_the_csv_has_a_row_for_each_part(folder: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(run(folder, "--format", "csv"))))
    assert rows[0]["part"] == "figure"
    assert {"step", "segment", "check"} <= {row["part"] for row in rows}
    change = float(rows[0]["effect"])
    segments = [float(row["effect"]) for row in rows if row["part"] == "segment"]
    assert abs(math.fsum(segments) - change) <= 1e-9


def test_another_method_splits_the_same_change(folder: Path) -> None:
    answers = [json.loads(run(folder, "--format", "json", "--method", m)) for m in explain.METHODS]
    changes = {answer["change"] for answer in answers}
    assert len(changes) == 1
    assert [answer["tree"]["method"] for answer in answers] == list(explain.METHODS)


def test_an_unknown_kpi_is_refused_with_the_nearest_name(folder: Path) -> None:
    found = CliRunner().invoke(explain.command, ["conversio", "--project", str(folder)])
    assert isinstance(found.exception, RequestError)
    assert "conversion" in str(found.exception)
