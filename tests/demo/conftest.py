"""Harbourline, made once for a test run, and a way to ask its tables by SQL of one's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner, Result

from sameboat.cli.demo import command
from sameboat.demo.generate import generate
from sameboat.demo.install import install
from sameboat.demo.stands import OCTOBER
from sameboat.demo.truths import LATER_UNTIL
from sameboat.questions.opened import open_workspace
from tests.made_once import MadeOnce

Rows = list[tuple[Any, ...]]
Ask = Callable[[str], Rows]


@pytest.fixture(scope="session")
def harbourline(made_once: MadeOnce, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the complete demo project with its data and without a record."""
    return made_once.copy("tables", install, tmp_path_factory.mktemp("demo") / "harbourline")


@pytest.fixture(scope="session")
def october(made_once: MadeOnce, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo as its command prepares it: with its points, its signals and its decision."""
    return in_october(made_once, tmp_path_factory.mktemp("october") / "harbourline")


@pytest.fixture(scope="session")
def january_tables(made_once: MadeOnce) -> Path:
    """The raw tables twelve weeks later, to read."""
    return made_once.folder("january-tables", lambda fresh: generate(fresh, until=LATER_UNTIL))


@pytest.fixture(scope="session")
def january(made_once: MadeOnce, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo of October that the command has moved on."""

    def moved(folder: Path) -> None:
        in_october(made_once, folder)
        prepare(folder, "--later")

    folder = tmp_path_factory.mktemp("january") / "harbourline"
    return made_once.copy("january", moved, folder)


def in_october(made_once: MadeOnce, folder: Path) -> Path:
    """A copy of the demo on its October morning, complete, to write into."""

    def prepared(fresh: Path) -> None:
        made_once.copy("tables", install, fresh)
        with closing(open_workspace(fresh, clock=lambda: OCTOBER.now)) as workspace:
            assert workspace.refresh().findings == (), "all of the demo can be computed"
        prepare(fresh)

    return made_once.copy("october", prepared, folder)


def prepare(folder: Path, *arguments: str) -> Result:
    """What `sameboat demo --prepare` says of a folder."""
    done = CliRunner().invoke(
        command, ["--project", str(folder), "--prepare", *arguments], catch_exceptions=False
    )
    assert done.exit_code == 0, done.output
    return done


@pytest.fixture(scope="session")
def ask(harbourline: Path) -> Iterator[Ask]:
    """Rows of a hand-written query on the raw tables."""
    with asking(harbourline / "data") as asked:
        yield asked


@contextmanager
def asking(tables: Path) -> Iterator[Ask]:
    """A way to ask the tables of a folder by their names."""
    with duckdb.connect() as connection:
        for file in sorted(tables.glob("*.parquet")):
            connection.execute(f"create view {file.stem} as select * from '{file}'")
        yield lambda sql: connection.execute(sql).fetchall()
