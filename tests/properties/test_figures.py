"""Every figure is what going through the rows gives, whatever is asked beside it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, assume, given, reject, settings
from hypothesis import strategies as st

from sameboat.errors import RequestError
from tests.properties.company import ANYWHERE, COMPANIES, Asked, Company, asked, uses
from tests.properties.engine import Answer, answer, same
from tests.properties.oracle import Oracle, Unaskable

QUICK = settings(
    max_examples=40, deadline=None, derandomize=True, database=None, phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
DEEP = settings(
    max_examples=3000, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)


def checked(company: Company, request: Asked, *, share: bool = True) -> Answer:
    """The answer to a request, every figure of it compared with the rows."""
    oracle = Oracle(company, request)
    try:
        found = answer(company, request, share=share)
    except RequestError as refused:
        if refused.code != "window-misfit":
            raise
        key = (dt.date(2024, 1, 1), *(None for _ in request.by))
        with pytest.raises(Unaskable):
            [oracle.value(name, key) for name in request.metrics]
        reject()
    assert oracle.shown() <= found.keys()
    for key, figures in found.items():
        for name, figure in zip(request.metrics, figures, strict=True):
            wanted = oracle.value(name, key)
            nothing = figure is None and wanted == 0 and _is_count(company, name)
            assert nothing or same(figure, wanted), (name, key, figure, wanted)
    return found


def _is_count(company: Company, name: str) -> bool:
    return company.metrics[name].get("agg") in ("count", "count_distinct")


class Claims:
    """The claims, each with a quick and a deep run."""

    @staticmethod
    def rows(data: st.DataObject) -> None:
        company = data.draw(COMPANIES)
        request = data.draw(asked(company))
        shared = checked(company, request)
        plain = checked(company, request, share=False)
        for key in shared.keys() & plain.keys():
            assert all(same(a or 0, b or 0) for a, b in zip(shared[key], plain[key], strict=True))

    @staticmethod
    def company_kept(data: st.DataObject) -> None:
        company = data.draw(COMPANIES)
        request = data.draw(asked(company))
        assume(len(request.metrics) > 1)
        together = _answer(company, request)
        for at, name in enumerate(request.metrics):
            alone = _answer(company, _only(request, name))
            assert alone.keys() <= together.keys()
            for key, figures in together.items():
                (figure,) = alone.get(key, (None,))
                # a group without a row of this metric is not shown alone
                unknown = key not in alone and not _has_rows(company, request, name, key)
                assert unknown or same(figure, figures[at])

    @staticmethod
    def range_cuts(data: st.DataObject) -> None:
        company = data.draw(COMPANIES)
        request = data.draw(asked(company))
        assume(request.grain is not None and request.end is not None)
        whole = _answer(company, _without_range(request))
        for key, figures in _answer(company, request).items():
            assert all(same(a, b) for a, b in zip(figures, whole[key], strict=True))

    @staticmethod
    def slice_is_row(data: st.DataObject) -> None:
        company = data.draw(COMPANIES)
        flows = [name for name in company.metrics if not uses(company.metrics, name, "level")]
        assume(flows)
        request = data.draw(asked(company, names=flows))
        by_region = (*(name for name in request.by if name != "client__region"), "client__region")
        rows = _answer(company, _with(request, by=by_region))
        where = (*request.where, ANYWHERE[0])
        kept = _answer(company, _with(request, by=by_region[:-1], where=where))
        for key, figures in kept.items():
            if (*key, "N") in rows:
                assert all(same(a, b) for a, b in zip(figures, rows[*key, "N"], strict=True))


def _answer(company: Company, request: Asked) -> Answer:
    try:
        return answer(company, request)
    except RequestError as refused:
        if refused.code != "window-misfit":
            raise
        reject()


def _has_rows(company: Company, request: Asked, name: str, key: tuple[Any, ...]) -> bool:
    return key in Oracle(company, _only(request, name)).shown()


def _only(request: Asked, name: str) -> Asked:
    return _with(request, metrics=(name,))


def _without_range(request: Asked) -> Asked:
    return _with(request, start=None, end=None)


def _with(request: Asked, **changed: Any) -> Asked:
    return Asked(**{**vars(request), **changed})


@QUICK
@given(st.data())
def test_every_figure_is_what_its_rows_give_under_any_plan(data: st.DataObject) -> None:
    """The optimised and the plain plan both agree with Python going through the rows."""
    Claims.rows(data)


@QUICK
@given(st.data())
def test_a_metric_has_the_same_figures_alone_and_in_company(data: st.DataObject) -> None:
    """What is asked beside a metric changes none of its figures."""
    Claims.company_kept(data)


@QUICK
@given(st.data())
def test_a_range_cuts_rows_and_changes_no_figure(data: st.DataObject) -> None:
    """Windows and offsets look back behind the range; what is shown is the same without it."""
    Claims.range_cuts(data)


@QUICK
@given(st.data())
def test_a_filter_on_a_dimension_gives_the_row_of_its_value(data: st.DataObject) -> None:
    """Asking for one region is the row of that region among all."""
    Claims.slice_is_row(data)


@pytest.mark.slow
@pytest.mark.parametrize("claim", ["rows", "company_kept", "range_cuts", "slice_is_row"])
def test_the_claims_hold_for_thousands_of_companies(claim: str) -> None:
    """The same claims, over many more random companies."""
    DEEP(given(st.data())(getattr(Claims, claim)))()
