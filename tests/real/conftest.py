"""The example projects opened on the real files, and the same files for SQL written by hand."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pytest

import sameboat

if TYPE_CHECKING:
    from sameboat.questions.workspace import Workspace

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@pytest.fixture(scope="session")
def open_example(
    shared: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], Workspace]]:
    """Open a copy of an example on the shared files; nothing is written into the example."""
    opened_ones: list[Workspace] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SAMEBOAT_DATA", str(shared / "data"))

        def opened(name: str) -> Workspace:
            folder = tmp_path_factory.mktemp("examples") / name
            shutil.copytree(EXAMPLES / name, folder, ignore=shutil.ignore_patterns(".*"))
            opened_ones.append(sameboat.open(str(folder)))
            return opened_ones[-1]

        yield opened
        for workspace in opened_ones:
            workspace.close()


@pytest.fixture(scope="session")
def by_hand(shared: Path) -> Callable[[str], duckdb.DuckDBPyConnection]:
    """A connection with each file of a data folder as a view of its name; CSV cells are text."""

    def connected(name: str) -> duckdb.DuckDBPyConnection:
        connection = duckdb.connect()
        for file in sorted((shared / "data" / name).iterdir()):
            path = str(file).replace("'", "''")
            if file.suffix == ".parquet":
                reader = f"read_parquet('{path}')"
            elif file.suffix == ".csv":
                reader = f"read_csv('{path}', all_varchar=true)"
            else:
                continue
            connection.execute(f'create view "{file.stem}" as from {reader}')
        return connection

    return connected
