"""`sameboat phase` lists what the line shows and locks one phase with a reason."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sameboat.cli.phase import command
from sameboat.errors import UsageError
from tests.unit.questions.ferry import ferry


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A company whose last twenty weeks fell, refreshed."""
    found = tmp_path_factory.mktemp("ferry")
    workspace = ferry(found, fallen=20)
    workspace.refresh()
    workspace.close()
    return found


def run(folder: Path, *words: str) -> Result:
    asked = ["conversion", "--project", str(folder), *words]
    return CliRunner().invoke(command, asked, catch_exceptions=False)


def test_the_list_gives_words_command_and_line(folder: Path) -> None:
    said = run(folder).output
    assert "A new level seems to begin in the week from 8 June 2026: 50.3% before" in said
    assert "sameboat phase conversion --from 2026-W24 --why" in said
    [one] = json.loads(run(folder, "--format", "json").output)
    assert (one["kind"], one["at"], one["period"]) == ("level", "2026-06-08", "2026-W24")


def test_a_dry_run_prints_the_patch_and_writes_nothing(folder: Path) -> None:
    before = {path.name: path.read_bytes() for path in folder.glob("*.yml")}
    said = run(folder, "--from", "2026-W24", "--why", "Paid social", "--dry-run").output
    assert said.startswith("diff --git a/all.yml b/all.yml\n")
    assert {path.name: path.read_bytes() for path in folder.glob("*.yml")} == before


@pytest.mark.parametrize(
    "words",
    [("--from", "2026-W24"), ("--why", "No"), ("--dry-run",), ("--label", "x"),
     ("--from", "someday", "--why", "No")],
)  # fmt: skip
def test_half_a_wish_is_refused(folder: Path, words: tuple[str, ...]) -> None:
    with pytest.raises(UsageError):
        run(folder, *words)
