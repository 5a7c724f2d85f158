"""Every conformance case gives the rows of its hand-written check query."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from sameboat.questions.opened import Opened
from tests.conformance.cases import Case, ask, cases, database, difference, opened

ROOT = Path(__file__).resolve().parents[2]
FOLDER = Path(os.environ.get("SAMEBOAT_SHARED", ROOT.parent / "shared")) / "conformance"
CASES = cases(FOLDER) if (FOLDER / "cases.jsonl").is_file() else ()

NOT_YET: dict[str, str] = {}
"""Cases that fail, each with the reason; one that passes must leave."""


def _parameters() -> list[object]:
    return [
        pytest.param(
            case,
            id=case.name,
            marks=[pytest.mark.xfail(reason=NOT_YET[case.name], strict=True)]
            if case.name in NOT_YET
            else [],
        )
        for case in CASES
    ]


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tables of all cases in one database file."""
    return database(FOLDER, tmp_path_factory.mktemp("conformance"))


@pytest.fixture(scope="module")
def workspaces(file: Path) -> Iterator[dict[str, Opened]]:
    """The project of each model, opened when it is first asked."""
    found: dict[str, Opened] = {}
    yield found
    for workspace in found.values():
        workspace.close()


@pytest.fixture(scope="module")
def checker(file: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that runs check queries."""
    with duckdb.connect(str(file), read_only=True) as connection:
        yield connection


@pytest.mark.skipif(not CASES, reason=f"no conformance cases in {FOLDER}: set SAMEBOAT_SHARED")
@pytest.mark.parametrize("case", _parameters())
def test_the_answer_is_that_of_the_check_query(
    case: Case, file: Path, workspaces: dict[str, Opened], checker: duckdb.DuckDBPyConnection
) -> None:
    """The same columns and the same rows, in the same order where the order is asked for."""
    if case.model not in workspaces:
        workspaces[case.model] = opened(FOLDER, case.model, file)
    answer = ask(workspaces[case.model], case)
    wanted = checker.sql(case.check).to_arrow_table()
    assert difference(case, answer, wanted) is None


@pytest.mark.skipif(not CASES, reason=f"no conformance cases in {FOLDER}: set SAMEBOAT_SHARED")
def test_every_excused_case_exists() -> None:
    """A name that no case has would excuse nothing, silently."""
    assert set(NOT_YET) <= {case.name for case in CASES}
