"""Retiring a metric is a patch of its file, and nothing else."""

from __future__ import annotations

import datetime as dt
import shutil
import subprocess
from pathlib import Path

import pytest

from sameboat.actions.retire import retirement
from sameboat.errors import AccessError, RequestError
from sameboat.project.load import load
from sameboat.project.viewer import OWNER_ACTOR, Actor
from tests.unit.questions.ferry import ferry

DAY = dt.date(2026, 12, 31)


def test_git_applies_the_retirement(tmp_path: Path) -> None:
    workspace = ferry(tmp_path)
    before = (tmp_path / "all.yml").read_text()
    made = retirement(workspace, "leads", actor=OWNER_ACTOR, day=DAY, replaced_by="customers")
    assert (tmp_path / "all.yml").read_text() == before
    (tmp_path / "it.patch").write_text(made)
    git = shutil.which("git")
    assert git is not None
    subprocess.run([git, "apply", "it.patch"], cwd=tmp_path, check=True)
    changed = load(tmp_path).metrics["leads"]
    assert (changed.retired, changed.replaced_by) == (DAY, "customers")
    workspace.close()


def test_only_who_may_and_only_what_can_be(tmp_path: Path) -> None:
    workspace = ferry(tmp_path)
    with pytest.raises(AccessError):
        retirement(workspace, "leads", actor=Actor("guest"), day=DAY)
    for metric, other in (("none", None), ("leads", "leads"), ("leads", "none")):
        with pytest.raises(RequestError):
            retirement(workspace, metric, actor=OWNER_ACTOR, day=DAY, replaced_by=other)
    workspace.close()
