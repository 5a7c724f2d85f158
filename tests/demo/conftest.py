"""Harbourline, made once for a session, and a way to ask its tables by SQL of one's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from sameboat.demo.install import install

Rows = list[tuple[Any, ...]]
Ask = Callable[[str], Rows]


@pytest.fixture(scope="session")
def harbourline(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the complete demo project with its data."""
    return install(tmp_path_factory.mktemp("demo") / "harbourline")


@pytest.fixture(scope="session")
def ask(harbourline: Path) -> Iterator[Ask]:
    """Rows of a hand-written query on the raw tables."""
    with duckdb.connect() as connection:
        for file in sorted((harbourline / "data").glob("*.parquet")):
            connection.execute(f"create view {file.stem} as select * from '{file}'")
        yield lambda sql: connection.execute(sql).fetchall()
