"""Additive figures add up: segments to the whole, fine periods to coarse ones."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from sameboat.periods import floor
from tests.properties.company import ADDITIVE, DATA, SHARED, Asked, company, simple
from tests.properties.engine import Answer, answer, same

QUICK = settings(
    max_examples=40, deadline=None, derandomize=True, database=None, phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip


def _unfilled(metric: dict[str, Any]) -> dict[str, Any]:
    """A metric without a value for missing figures: such values do not add up."""
    return {key: value for key, value in metric.items() if key != "fill_nulls_with"}


FLOWS = st.fixed_dictionaries(
    {name: simple(aggs=ADDITIVE).map(_unfilled) for name in ("one", "two")}
    | {"levels": st.just({
        "type": "simple", "table": "stocks", "agg": "sum", "expr": "level",
        "non_additive_over": {"time": "last"},
    })}
)  # fmt: skip
COARSER = {"day": ("week", "month"), "month": ("quarter", "year"), "quarter": ("year",)}


def request(*metrics: str, grain: str | None = None, by: tuple[str, ...] = ()) -> Asked:
    """A request without filters."""
    return Asked(metrics, grain, by, (), (), None, None)


def added(found: Answer, keep: int) -> dict[tuple[Any, ...], list[float]]:
    """The figures summed over all but the first parts of their keys."""
    sums: dict[tuple[Any, ...], list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0])
    for key, figures in found.items():
        for at, figure in enumerate(figures):
            sums[key[:keep]][at] += float(figure or 0)
    return sums


@QUICK
@given(DATA, FLOWS, st.data())
def test_segments_add_up_to_the_whole(data: Any, metrics: Any, draw: st.DataObject) -> None:
    """Sums and counts by any joined dimensions add up to the undivided figures, levels too."""
    of = company(data, metrics)
    grain = draw.draw(st.sampled_from([None, "day", "month"]))
    by = tuple(draw.draw(st.lists(st.sampled_from(SHARED), min_size=1, max_size=2, unique=True)))
    names = tuple(metrics)
    whole = answer(of, request(*names, grain=grain))
    parts = added(answer(of, request(*names, grain=grain, by=by)), 1 if grain else 0)
    for key, figures in whole.items():
        assert all(same(float(a or 0), b) for a, b in zip(figures, parts[key], strict=True))
    assert parts.keys() <= whole.keys()


@QUICK
@given(DATA, FLOWS, st.data())
def test_fine_periods_add_up_to_coarse_ones(data: Any, metrics: Any, draw: st.DataObject) -> None:
    """The months of a quarter make the quarter, its days make each week."""
    of = company(data, metrics)
    fine = draw.draw(st.sampled_from(["day", "month", "quarter"]))
    coarse = draw.draw(st.sampled_from(COARSER[fine]))
    names = ("one", "two")
    found = answer(of, request(*names, grain=coarse))
    sums = _by_period(answer(of, request(*names, grain=fine)), coarse)
    assert found.keys() == sums.keys()
    for key, figures in found.items():
        assert all(same(float(a or 0), b) for a, b in zip(figures, sums[key], strict=True))


def _by_period(found: Answer, grain: str) -> dict[tuple[Any, ...], list[float]]:
    sums: dict[tuple[Any, ...], list[float]] = defaultdict(lambda: [0.0, 0.0])
    for (period,), figures in found.items():
        key = (None if period is None else floor(period, grain),)
        for at, figure in enumerate(figures):
            sums[key][at] += float(figure or 0)
    return sums
