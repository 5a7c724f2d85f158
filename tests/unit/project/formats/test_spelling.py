"""Expressions written as text."""

from __future__ import annotations

import pytest

from sameboat.project.formats.raw import Skipped
from sameboat.project.formats.spelling import spell
from sameboat.project.formula import parse

TEXTS = [
    "a",
    "-a",
    "-(a + b)",
    "a - (b - c)",
    "a - b - c",
    "a / (b * c)",
    "a * (b + c) % 2",
    "(a = b) = c",
    "a = (b = c)",
    "not (a and b)",
    "not a and b",
    "(a or b) and c",
    "a or b and c",
    "a is null",
    "a is not null and b is null",
    "(a or b) is null",
    "a in (1, 2.5, 'x''y', null)",
    "a not in (1)",
    "a between 1 and 2 and b",
    "a not between b + 1 and c",
    "a like 'x%' or not b ilike '%y'",
    "a || b || 'c'",
    "case when a > 1 then 'x' when b then 'y' else c end",
    "case a when 1 then 2 end",
    "cast(a as decimal(10, 2)) + b::text",
    "coalesce(a, 0) + nullif(b, 0)",
    "date_trunc('month', a) >= date '2026-01-01'",
    "a + interval '7 days' < current_date",
    "extract(year from a)",
    "true and false",
    "1e6 + .5",
]


@pytest.mark.parametrize("text", TEXTS)
def test_what_is_written_means_the_same(text: str) -> None:
    """Read again it gives the same tree."""
    assert parse(spell(parse(text))) == parse(text)


def test_names_are_written_as_asked() -> None:
    assert spell(parse("a + b"), lambda name: f"t.{name.text}") == "t.a + t.b"


def test_a_metric_in_a_filter_has_no_spelling() -> None:
    with pytest.raises(Skipped, match="metric as a dimension"):
        spell(parse("{{ Metric('a', ['b']) }} > 2"))
