"""The conformance cases asked of the same models written anew, in our format, dbt's and Ossie's.

A project that is imported, exported or moved must give the same figures, not only load.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from sameboat.project.declared import Project
from sameboat.project.formats import native
from sameboat.project.formats.dbt.write import exported as to_dbt
from sameboat.project.formats.ossie.read import imported as from_ossie
from sameboat.project.formats.ossie.write import exported as to_ossie
from sameboat.project.load import load
from sameboat.questions.opened import open_workspace
from tests.conformance.cases import SCHEMA, ask, cases, database, difference

ROOT = Path(__file__).resolve().parents[2]
FOLDER = Path(os.environ.get("SAMEBOAT_SHARED", ROOT.parent / "shared")) / "conformance"


def in_our_format(project: Project) -> dict[str, str]:
    """Our own files."""
    return native.files(project)


def in_dbts_format(project: Project) -> dict[str, str]:
    """One file in dbt's spec of 2026."""
    return {"semantic.yml": to_dbt(project).text}


def through_ossie(project: Project) -> dict[str, str]:
    """Our own files again, after a journey through Apache Ossie."""
    text = to_ossie(project).text
    return native.files(from_ossie(text.encode(), "ossie.yml").project)


@pytest.mark.slow
@pytest.mark.skipif(
    not (FOLDER / "cases.jsonl").is_file(),
    reason=f"no conformance cases in {FOLDER}: set SAMEBOAT_SHARED",
)
@pytest.mark.parametrize("rewritten", [in_our_format, in_dbts_format, through_ossie])
def test_a_rewritten_model_gives_the_same_answers(
    rewritten: Callable[[Project], dict[str, str]], tmp_path: Path
) -> None:
    """Every case of every model, with the check query's rows."""
    file = database(FOLDER, tmp_path)
    failures = []
    with duckdb.connect(str(file), read_only=True) as checker:
        for model in sorted({case.model for case in cases(FOLDER)}):
            at = tmp_path / model
            at.mkdir()
            for name, text in rewritten(load(FOLDER / "models" / model)).items():
                (at / name).write_text(text, encoding="utf-8")
            workspace = open_workspace(at, warehouse=f"duckdb:///{file}", schema=SCHEMA)
            for case in (case for case in cases(FOLDER) if case.model == model):
                wanted = checker.sql(case.check).to_arrow_table()
                why = difference(case, ask(workspace, case), wanted)
                failures += [f"{case.id}: {why}"] if why else []
            workspace.close()
    assert failures == []
