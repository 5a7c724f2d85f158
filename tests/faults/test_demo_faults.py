"""Killed at any step of its move to January, the demo has one whole set of tables at any time."""

from __future__ import annotations

import os
import shutil
import signal
from datetime import date
from pathlib import Path

import pytest

from sameboat.demo import generate, install, swap
from sameboat.demo.stands import JANUARY, OCTOBER
from tests.faults import write_steps

pytestmark = [
    pytest.mark.skipif(not write_steps.available(), reason="holds system calls as Linux can"),
    pytest.mark.alone,
]

TABLES = ("leads", "tickets")


@pytest.fixture
def october(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A demo in October, with two small tables in the place of its forty."""

    def small(folder: Path, *, seed: int, until: date) -> None:
        for name in TABLES:
            (folder / f"{name}.parquet").write_text(f"{name} until {until}", encoding="utf-8")

    monkeypatch.setattr(generate, "generate", small)
    generate.recipe()  # so that no child has to compute it
    return install.install(tmp_path / "harbourline", OCTOBER)


def tables(folder: Path) -> dict[str, str]:
    """What a reader of the tables finds at this moment."""
    return {name: (folder / "data" / f"{name}.parquet").read_text("utf-8") for name in TABLES}


def listing(folder: Path) -> dict[str, bytes | None]:
    """Every file with its content and every folder, hidden ones too."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
    }


def test_killed_before_each_step_of_the_move_there_is_one_whole_set_of_tables(
    october: Path,
) -> None:
    """Also without the next call: who reads in between finds October or January, never neither."""
    before = tables(october)
    whole = write_steps.watched(lambda: install.install(october, JANUARY), october)
    after, done = tables(october), listing(october)
    assert (whole.status, before == after) == (0, False)
    calls = [step.call for step in whole.steps]
    assert calls.count("renameat2") == 1
    seen = set()
    for step in range(1, len(whole.steps) + 1):
        make_october(october)
        ended = write_steps.watched(lambda: install.install(october, JANUARY), october, end_at=step)
        assert ended.status == -signal.SIGKILL
        found = tables(october)
        assert found in (before, after), whole.steps[step - 1]
        moved = found == after
        seen.add(moved)
        # the next `sameboat demo` completes what has begun, and begins nothing by itself
        assert install.stand_of(october) == (JANUARY if moved else OCTOBER)
        install.install(october)
        assert tables(october) == found
        install.install(october, JANUARY)
        assert listing(october) == done, whole.steps[step - 1]
    assert seen == {True, False}


def test_where_folders_cannot_be_exchanged_the_next_start_completes_the_move(
    october: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed between the two renames there are no tables: `stand_of` brings the new ones."""
    monkeypatch.setattr(swap, "exchanged", lambda one, other: False)
    before = tables(october)
    whole = write_steps.watched(lambda: install.install(october, JANUARY), october)
    after, done = tables(october), listing(october)
    renames = [
        number
        for number, step in enumerate(whole.steps, 1)
        if step.call.startswith("rename") and Path(step.path).name in ("old", "data")
    ]
    assert len(renames) == 2
    seen = []
    for step in (renames[0], renames[1], renames[1] + 1):
        make_october(october)
        write_steps.watched(lambda: install.install(october, JANUARY), october, end_at=step)
        there = (october / "data").exists()
        stand = install.stand_of(october)
        assert tables(october) == (before if stand == OCTOBER else after)
        seen.append((there, stand))
        install.install(october, JANUARY)
        assert listing(october) == done
    assert seen == [(True, OCTOBER), (False, JANUARY), (True, JANUARY)]


def test_an_error_between_the_renames_puts_the_old_tables_back(
    october: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(swap, "exchanged", lambda one, other: False)
    before, real = listing(october), Path.rename

    def second_fails(path: Path, target: Path) -> Path:
        if path.name == "new":
            raise OSError(5, "Input/output error")
        return real(path, target)

    monkeypatch.setattr(Path, "rename", second_fails)
    with pytest.raises(Exception, match="Input/output error"):
        install.install(october, JANUARY)
    assert listing(october) == before


def test_a_killed_move_leaves_nothing_hidden_after_the_next_start(october: Path) -> None:
    """Half-made tables are cleared away by whoever comes next, also where nothing is to be made."""
    before = listing(october)

    def killed() -> None:
        generate.generate = lambda folder, **rest: os.kill(os.getpid(), signal.SIGKILL)
        install.install(october, JANUARY)

    child = write_steps.forked(killed)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    assert listing(october) != before
    install.install(october)
    assert listing(october) == before


def make_october(folder: Path) -> None:
    """The folder as it was before the move."""
    shutil.rmtree(folder)
    install.install(folder, OCTOBER)
