"""One definition under two names is found however it is written, and nothing else is."""

from __future__ import annotations

import pytest

from sameboat.project.declared import Project
from sameboat.project.principles.duplicates import Definitions, duplicates

TABLES = {
    "t": {"file": "t.csv", "time": "day", "dimensions": {
        "day": {"type": "time", "grain": "day"}, "other": {"type": "time", "grain": "day"}}},
    "u": {"file": "u.csv"},
}  # fmt: skip
PARTS = {
    "a": {"type": "simple", "table": "t", "agg": "sum", "expr": "x"},
    "b": {"type": "simple", "table": "t", "agg": "sum", "expr": "y"},
}


def same(first: dict[str, object], second: dict[str, object]) -> bool:
    """Whether the second of two metrics is told to be the first one."""
    metrics = {**PARTS, "one": first, "two": second}
    told = [
        one.message for one in duplicates(Project.from_mappings(tables=TABLES, metrics=metrics))
    ]
    return any("'two' is defined just as 'one' is" in words for words in told)


def simple(**changed: object) -> dict[str, object]:
    return {"type": "simple", "table": "t", "agg": "sum", "expr": "z", **changed}


def derived(expr: str, **changed: object) -> dict[str, object]:
    return {"type": "derived", "expr": expr, "metrics": ["a", "b"], **changed}


BEFORE = {"metric": "a", "alias": "c"}
RATIO = {"type": "ratio", "numerator": "a", "denominator": "b"}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (simple(), simple(label="Z", kind="outcome", unit="GBP", good="up", version=3)),
        (simple(), simple(time="day")),
        (simple(expr="p + q"), simple(expr="q+p")),
        (simple(filter="s = 'Won' and n > 3"), simple(filter=["3 < n", "'Won' = s"])),
        (simple(filter="s in ('a', 'b')"), simple(filter="s in ('b','a')")),
        (simple(filter="s = 1 or n = 2"), simple(filter="(n = 2) or (s = 1)")),
        (RATIO, derived("a / b")),
        (derived("a / b"), RATIO),
        (RATIO, {"type": "derived", "expr": "n / d", "metrics": [
            {"metric": "a", "alias": "n"}, {"metric": "b", "alias": "d"}]}),
        (derived("a + 2 * b"), derived("b * 2 + a")),
        ({"type": "cumulative", "metric": "a", "window": "28 days"},
         {"type": "cumulative", "metric": {"metric": "a"}, "window": "28 days"}),
    ],
)  # fmt: skip
def test_it_is_found_however_it_is_written(
    first: dict[str, object], second: dict[str, object]
) -> None:
    assert same(first, second)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (simple(), simple(expr="w")),
        (simple(), simple(agg="max")),
        (simple(), simple(table="u")),
        (simple(), simple(time="other")),
        (simple(), simple(filter="s = 1")),
        (simple(filter="s = 'won'"), simple(filter="s = 'Won'")),
        (simple(expr="p - q"), simple(expr="q - p")),
        (simple(filter="n > 3"), simple(filter="n >= 3")),
        (simple(agg="percentile", percentile=0.9), simple(agg="percentile", percentile=0.5)),
        (simple(), simple(fill_nulls_with=0)),
        (RATIO, {**RATIO, "numerator": {"metric": "a", "filter": "s = 1"}}),
        (RATIO, {"type": "ratio", "numerator": "b", "denominator": "a"}),
        (derived("a / b"), derived("a / b - 1")),
        (derived("a - b"), derived("b - a")),
        (derived("a - c", metrics=["a", {**BEFORE, "offset_window": "1 year"}]),
         derived("a - c", metrics=["a", {**BEFORE, "offset_window": "1 month"}])),
        ({"type": "cumulative", "metric": "a", "window": "28 days"},
         {"type": "cumulative", "metric": "a", "window": "7 days"}),
        ({"type": "cumulative", "metric": "a", "grain_to_date": "month"},
         {"type": "cumulative", "metric": "b", "grain_to_date": "month"}),
        (simple(), simple(retired="2026-01-01", replaced_by="one")),
    ],
)  # fmt: skip
def test_what_differs_in_any_figure_is_another_metric(
    first: dict[str, object], second: dict[str, object]
) -> None:
    assert not same(first, second)


def test_ratios_over_duplicates_are_duplicates_too() -> None:
    metrics = {
        **PARTS,
        "c": PARTS["a"],
        "one": RATIO,
        "two": {"type": "ratio", "numerator": "c", "denominator": "b"},
    }
    told = list(duplicates(Project.from_mappings(tables=TABLES, metrics=metrics)))
    assert [one.message.split("'")[1] for one in told] == ["c", "two"]


def test_metrics_defined_by_themselves_end() -> None:
    metrics = {
        "a": {"type": "derived", "expr": "b + 1"},
        "b": {"type": "derived", "expr": "a + 1"},
    }
    known = Definitions(Project.from_mappings(tables=TABLES, metrics=metrics))
    assert known.of("a") != known.of("b")


def test_a_double_is_found_among_five_thousand_metrics() -> None:
    """Each is spelled once and looked up: no pair is compared."""
    metrics: dict[str, object] = {
        f"m{at}": simple(expr=f"c{at} + d", filter=f"s = {at}") for at in range(4999)
    }
    metrics["again"] = simple(expr="d + c17", filter="17 = s")
    held = Project.from_mappings(tables=TABLES, metrics=metrics)
    [found] = duplicates(held)
    assert "'again' is defined just as 'm17' is" in found.message
