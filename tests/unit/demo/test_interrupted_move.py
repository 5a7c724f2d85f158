"""Stopped before any step of the move, the company is whole again at the next start."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sameboat.demo import generate, swap
from sameboat.demo.install import install, stand_of
from sameboat.demo.stands import JANUARY, OCTOBER
from sameboat.project.load import load


class Killed(BaseException):
    """The process ends here: no handler of the product catches this."""


def small(folder: Path, **told: Any) -> None:
    (folder / "leads.parquet").write_text(str(told["until"]))


def stopped_before(step: int, patch: pytest.MonkeyPatch) -> Callable[[], int]:
    """Let so many renames and replacements pass and end the process before the next one."""
    passed = [0]

    def counting(original: Callable[..., Path]) -> Callable[..., Path]:
        def moving(self: Path, target: Path) -> Path:
            if passed[0] == step:
                raise Killed
            passed[0] += 1
            return original(self, target)

        return moving

    for name in ("rename", "replace"):
        patch.setattr(Path, name, counting(getattr(Path, name)))
    return lambda: passed[0]


def swap_in_one_step(folder: Path) -> bool:
    """Whether this system exchanges two folders in one step."""
    for name in ("one", "other"):
        (folder / name).mkdir()
    return swap.exchanged(folder / "one", folder / "other")


def steps_of_a_move(folder: Path) -> int:
    with pytest.MonkeyPatch.context() as patch:
        passed = stopped_before(10_000, patch)
        install(folder, JANUARY)
        return passed()


@pytest.mark.parametrize("exchanges", [True, False])
def test_any_interrupted_move_is_completed_or_not_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, exchanges: bool
) -> None:
    """After each stop: a project that loads, and a next start in which tables and files agree."""
    monkeypatch.setattr(generate, "generate", small)
    if not exchanges:
        monkeypatch.setattr(swap, "exchanged", lambda one, other: False)
    steps = steps_of_a_move(install(tmp_path / "whole"))
    least = 2 if exchanges and swap_in_one_step(tmp_path) else 4
    assert steps >= least, (
        "the tables (twice, where they cannot be exchanged), the file, the moment"
    )
    for step in range(steps):
        folder = install(tmp_path / f"stopped{step}")
        (folder / ".sameboat").mkdir()
        (folder / ".sameboat" / "store.db").write_text("October's run")
        with pytest.MonkeyPatch.context() as patch:
            stopped_before(step, patch)
            with pytest.raises(Killed):
                install(folder, JANUARY)
        assert load(folder).root.name == "harbourline"
        install(folder)
        stand = stand_of(folder)
        assert load(folder).root.as_of == stand.now
        assert (folder / "data" / "leads.parquet").read_text() == str(stand.until)
        install(folder, JANUARY)
        assert stand_of(folder) == JANUARY != OCTOBER
        assert load(folder).root.as_of == JANUARY.now
        assert (folder / ".sameboat" / "store.db").read_text() == "October's run"
