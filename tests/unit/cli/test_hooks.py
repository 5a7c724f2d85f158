"""What .pre-commit-hooks.yaml offers is a command that runs as a hook: it stops on errors only."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from sameboat import cli

HOOKS: list[dict[str, Any]] = yaml.safe_load(
    (Path(__file__).resolve().parents[3] / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")
)
PROJECT = "format: 1\nname: pier\ntables:\n  deals: {file: deals.csv, subject: account}\n"


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: str(hook["id"]))
def test_a_hook_has_what_pre_commit_asks_for(hook: dict[str, Any]) -> None:
    assert {"id", "name", "entry", "language"} <= hook.keys()
    assert hook["language"] == "python"
    assert hook["pass_filenames"] is False, "a project is checked as a whole"


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: str(hook["id"]))
def test_a_hook_runs_in_the_folder_and_says_by_its_exit_code_whether_to_commit(
    hook: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    program, *words = shlex.split(hook["entry"])
    assert program == "sameboat"
    (tmp_path / "deals.csv").write_text("id,stage\n1,Won\n", encoding="utf-8")
    (tmp_path / "sameboat.yml").write_text(PROJECT, encoding="utf-8")
    assert cli.run(words) == 0
    (tmp_path / "sameboat.yml").write_text(
        PROJECT + "metrics: {a: {type: sum}}\n", encoding="utf-8"
    )
    assert cli.run(words) == 1
