"""A table is profiled alike whether all of it fits into the sample or not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sameboat.project.tables import TableSource
from sameboat.questions.first_look import profile as profile_module
from sameboat.questions.first_look.profile import profile
from sameboat.sources.land import prepare
from sameboat.warehouse.connect import connect

TEXT = "id,day,month,amount,mail,euro,dollar,flag,gone\n" + "".join(
    f"{i},2026-01-{i % 28 + 1:02d},2026-{i % 12 + 1:02d}-01,{i}.25,a{i}@x.org,"
    f'"1.{i % 900 + 100},50","$1,{i % 900 + 100}.50",{i % 2 == 0},\n'
    for i in range(300)
)


def test_counting_here_and_in_the_engine_agree(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every count, extreme and judgement is the same; only the sample differs."""
    file = tmp_path / "t.csv"
    file.write_text(TEXT, encoding="utf-8")
    source = TableSource("t", file="t.csv", files=(file,), format="csv")
    warehouse = connect("duckdb", prepare([source], folder=tmp_path), folder=tmp_path)
    try:
        here = profile(warehouse, source)
        monkeypatch.setattr(profile_module, "SAMPLE", 50)
        engine = profile(warehouse, source)
    finally:
        warehouse.close()
    assert here.rows == engine.rows == 300
    assert [replace(column, sample=()) for column in here.columns] == [
        replace(column, sample=()) for column in engine.columns
    ]
    found = {column.name: column for column in here.columns}
    assert (found["euro"].written, found["dollar"].written) == ("comma", "point")
    assert (found["day"].coarse, found["month"].coarse) == ("day", "month")
    assert (found["mail"].emails, found["gone"].filled, found["id"].distinct) == (300, 0, 300)
