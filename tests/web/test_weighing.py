"""The section of an index on its page: parts, open weights, and what others would say."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sameboat.analysis.weights import deciding_parts, weight_sensitivity
from sameboat.questions.index_weights import Ends, WeighedPart, Weighing
from sameboat.web.weighing import weighing_view
from tests.web.conftest import Client, House, page


def weighing(jobs: float, days: float) -> Weighing:
    """Two parts of one weight, at 150 and 90 points, that changed so much since February."""
    weights, points = {"Jobs": 1.0, "Days": 1.0}, {"Jobs": 150.0, "Days": 90.0}
    changes = {"Jobs": jobs, "Days": days}
    level = weight_sensitivity(points, weights)
    parts = tuple(
        WeighedPart(
            metric=name.lower(), label=name, unit=unit, good=good, weight=0.5, base=4, now=6,
            points=points[name], change=changes[name], adds=changes[name] / 2,
            low=level.by_weight[name][0], high=level.by_weight[name][1],
        )
        for name, unit, good in (("Jobs", None, "up"), ("Days", "days", "down"))
    )  # fmt: skip
    change = Ends.of(weight_sensitivity(changes, weights))
    return Weighing(
        "March 2026", "February 2026", "January 2026", level.band, Ends.of(level), change, parts,
        deciding_parts(changes, weights),
    )  # fmt: skip


def test_the_page_of_an_index_shows_its_parts_instead_of_saying_it_is_no_ratio(
    inside: Client, house: House
) -> None:
    kpi = house.kpis["conversion"]
    house.kpis["conversion"] = replace(
        kpi, unit="points", numerator=None, denominator=None, weighing=weighing(20, -10)
    )
    tree = page(inside, "/kpi/conversion")
    assert "It is not a ratio" not in tree.by_id("main").text
    rows = [row.text for row in tree.by_id("t-weights").one("tbody").all("tr")]
    assert [row.split(" Weight")[0] for row in rows] == ["Jobs", "Days lower is better"]
    assert "Adds to the change+10.0" in rows[0]
    assert "Adds to the change−5.0" in rows[1]
    assert "Its change+5.0" in tree.by_id("t-weights").one("tfoot").text


@pytest.mark.parametrize(
    ("jobs", "days", "said"),
    [
        (20, -10, "would have under all these weights"),
        (20, -15, "but with other weights up to 25% off it would have fallen"),
        (-20, 15, "but with other weights up to 25% off it would have risen"),
        (20, -20, "It did not change since February 2026."),
        (20, -10, "“Jobs” decides the direction: without it the index would not have risen."),
        (20, 10, "Without any one of its parts it would still have risen."),
        (20, -10, "the index lies between 112.5 and 127.5"),
        (20, -10, "above its base of 100 in every case"),
    ],
)
def test_what_other_weights_would_say_is_said_in_words(jobs: float, days: float, said: str) -> None:
    """150 and 90 are 120; weights .375 to .625 of the sum give 112.5 to 127.5."""
    assert said in " ".join(weighing_view(weighing(jobs, days), "en-GB").sentences)
