"""What an outlook tells, to a page's script too, holds no figure about fewer than the floor."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sameboat.project.viewer import OWNER
from sameboat.questions.outlook.answer import Outlook, outlook
from sameboat.store.points import SeriesKey, many
from sameboat.web.what_if import model_of
from tests.unit.questions.ferry import FILES, USUAL, reopen, write_leads

SMALL = 7
"""Leads in weeks of which nothing may be said: the floor of contacts is 10."""


@pytest.fixture(scope="module", params=[(50, 70), (50, 70, 103)], ids=["inside", "latest"])
def small_weeks(request: pytest.FixtureRequest) -> tuple[int, ...]:
    """Two years of which some weeks are below the floor; in one case the latest, too."""
    weeks: tuple[int, ...] = request.param
    return weeks


@pytest.fixture(scope="module")
def answer(tmp_path_factory: pytest.TempPathFactory, small_weeks: tuple[int, ...]) -> Outlook:
    folder: Path = tmp_path_factory.mktemp("floors")
    text = FILES["all.yml"].replace("subject: account", "subject: contact")
    (folder / "sameboat.yml").write_text(FILES["sameboat.yml"], encoding="utf-8")
    (folder / "all.yml").write_text(text, encoding="utf-8")
    write_leads(folder, [USUAL[week % 10] for week in range(104)])
    file = folder / "data" / "leads.parquet"
    rows = pq.read_table(file).to_pylist()
    left = [
        one for one in rows
        if one["lead_id"] // 100 not in small_weeks or one["lead_id"] % 100 < SMALL
    ]  # fmt: skip
    pq.write_table(pa.Table.from_pylist(left), file)
    company = reopen(folder)
    company.refresh()
    held = many(company.record, [SeriesKey.of("customers", "week")])
    [customers] = held.values()
    assert np.isnan(customers.values[list(small_weeks)]).all(), "the record keeps them back"
    return outlook(company, "conversion", viewer=OWNER)


def test_nothing_told_is_about_fewer_than_the_floor(
    answer: Outlook, small_weeks: tuple[int, ...]
) -> None:
    """History and needs begin at the least week that may be shown, 47; or they are of months."""
    sliders = {one.metric: one for one in answer.sliders}
    [need] = [one for one in answer.needs if one.metric == "customers"]
    assert need.grain == sliders["customers"].grain
    if 103 in small_weeks:
        assert need.grain == "month", "the latest week may not be shown"
        assert min(need.least, need.now) >= 10
    else:
        assert need.grain == "week"
        assert sliders["customers"].least == need.least == 47


def test_the_script_is_told_no_kept_back_figure(answer: Outlook) -> None:
    model = json.loads(str(model_of(answer, "en-GB")))
    told = [*model["leaves"], *(one["now"] for one in model["movers"])]
    assert SMALL not in told
