"""Folders that are dear to make: the first process of a test run that asks makes one for all."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class MadeOnce:
    """Where the processes of one test run find what one of them has made."""

    where: Path

    def folder(self, name: str, make: Callable[[Path], object]) -> Path:
        """The folder of that name, complete; nobody may write into it.

        `make` gets a path at which nothing is yet. Others wait until it is done; when it fails,
        the next one who asks begins anew.
        """
        with (self.where / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            made = self.where / name
            if not made.exists():
                fresh = self.where / f"{name}.unfinished"
                shutil.rmtree(fresh, ignore_errors=True)
                make(fresh)
                fresh.rename(made)
        return made

    def copy(self, name: str, make: Callable[[Path], object], to: Path) -> Path:
        """A copy of that folder, to write into."""
        return Path(shutil.copytree(self.folder(name, make), to))


def of_this_run(config: pytest.Config, factory: pytest.TempPathFactory) -> MadeOnce:
    """One for all the processes of a test run, below the temporary folder of the run."""
    own = factory.getbasetemp()
    is_one_of_several = hasattr(config, "workerinput")  # by pytest-xdist
    where = (own.parent if is_one_of_several else own) / "made-once"
    where.mkdir(exist_ok=True)
    return MadeOnce(where)
