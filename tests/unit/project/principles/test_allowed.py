"""A comment allows a breach at its line, for a reason and until a day."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from sameboat.errors import Finding, Place
from sameboat.project.check import check_folder, judged_principles
from sameboat.project.load import load
from sameboat.project.principles.allowed import judged

TODAY = dt.date(2026, 6, 1)
KPI = """\
name: acme
objectives: {{o: {{statement: O.}}}}
teams: {{a: {{}}, b: {{}}}}
tables:
  t: {{file: t.csv, subject: none, time: d, dimensions: {{d: {{type: time, grain: day}}}}}}
metrics:
  m: {{type: simple, table: t, agg: count, kind: outcome, unit: count, good: up}}
  l: {{type: simple, table: t, agg: count, filter: x, kind: input}}
  n: {{type: simple, table: t, agg: count, filter: y, kind: input}}
kpis:
{above}
  k:{beside}
    metric: m
    objective: o
    owners: [{{team: a, lever: l}}, {{team: b, lever: n}}]
    steward: a
    target: {{since: 2026-01-01, from: 1, to: 2, by: 2027-01-01}}
    guardrails: [{{metric: l, min: 1}}]
"""
WHY = "until 2027-01-31: the team is new"


def told(folder: Path, above: str = "", beside: str = "", today: dt.date = TODAY) -> list[str]:
    """The findings of a company whose one KPI lacks its gaming note."""
    text = KPI.format(above=above, beside=beside)
    (folder / "sameboat.yml").write_text(text, encoding="utf-8")
    return [f"{one.where.line if one.where else 0} {one.code}"
            for one in check_folder(folder, today=today)]  # fmt: skip


def test_without_a_comment_the_breach_counts(tmp_path: Path) -> None:
    assert told(tmp_path) == ["12 no-gaming-note"]


@pytest.mark.parametrize(
    ("above", "beside"),
    [
        (f"  # allow: no-gaming-note {WHY}", ""),
        (f"#allow: no-gaming-note {WHY}", ""),
        (f"  # allow:   no-gaming-note   {WHY}  ", ""),
        (f"  # Why this is so.\n  # allow: no-gaming-note {WHY}", ""),
        (f"  # allow: no-gaming-note {WHY}\n  # And more about it.", ""),
        ("", f"  # allow: no-gaming-note {WHY}"),
    ],
)
def test_a_comment_above_or_beside_allows_it(tmp_path: Path, above: str, beside: str) -> None:
    assert told(tmp_path, above, beside) == []


def test_two_rules_in_one_comment(tmp_path: Path) -> None:
    """The one that is not broken is told."""
    above = f"  # allow: no-gaming-note, no-guardrail {WHY}"
    assert told(tmp_path, above) == ["11 allow-unused"]


def test_two_comments_above_one_line(tmp_path: Path) -> None:
    above = f"  # allow: no-guardrail {WHY}\n  # allow: no-gaming-note {WHY}"
    assert told(tmp_path, above) == ["11 allow-unused"]


@pytest.mark.parametrize(
    "said",
    [
        "no-gaming-note", "no-gaming-note until 2027-01-31", "no-gaming-note: it is new",
        "no-gaming-note until 2027-01-31:", "no-gaming-note until soon: it is new",
        "no-gaming-note until 2027-02-30: it is new", f"no-gaming {WHY}", "", "??",
        f"unknown-metric {WHY}", f"allow-unused {WHY}",
    ],
)  # fmt: skip
def test_without_rule_reason_or_day_nothing_is_allowed(tmp_path: Path, said: str) -> None:
    """And the comment is a finding itself, for errors of the files cannot be allowed."""
    above = f"  # allow: {said}"
    assert told(tmp_path, above) == ["11 allow-incomplete", "12 no-gaming-note"]


def test_a_mistyped_rule_gets_a_guess(tmp_path: Path) -> None:
    told(tmp_path, f"  # allow: no-gaming-nte {WHY}")
    found = check_folder(tmp_path, today=TODAY)
    assert found[0].hint == "Did you mean 'no-gaming-note'?"


def test_it_expires_on_the_day_after_its_last(tmp_path: Path) -> None:
    above = f"  # allow: no-gaming-note {WHY}"
    assert told(tmp_path, above, today=dt.date(2027, 1, 31)) == []
    expired = told(tmp_path, above, today=dt.date(2027, 2, 1))
    assert expired == ["11 allow-expired", "12 no-gaming-note"]


def test_a_comment_elsewhere_allows_nothing(tmp_path: Path) -> None:
    above = f"  # allow: no-gaming-note {WHY}\n"
    assert told(tmp_path, above) == ["11 allow-unused", "13 no-gaming-note"]


def test_a_text_that_looks_like_a_comment_is_a_text(tmp_path: Path) -> None:
    """In quotes and in blocks; only the loader's own reading can tell."""
    beside = f'\n    description: "so # allow: one-owner {WHY}"\n    label: |\n      # allow: x'
    assert told(tmp_path, "", beside) == ["12 no-gaming-note"]


def test_rules_that_were_not_judged_are_not_called_unused(tmp_path: Path) -> None:
    """Without the record nobody knows whether the target is ever met."""
    above = f"  # allow: no-gaming-note, target-never-met {WHY}"
    assert told(tmp_path, above) == []


def test_what_is_allowed_is_kept_with_its_reason(tmp_path: Path) -> None:
    told(tmp_path, f"  # allow: no-gaming-note {WHY}")
    found = judged_principles(load(tmp_path), today=TODAY)
    [(finding, why)] = found.allowed
    assert (finding.code, why.reason, str(why.until)) == (
        "no-gaming-note", "the team is new", "2027-01-31",
    )  # fmt: skip


def test_a_file_that_cannot_be_read_allows_nothing(tmp_path: Path) -> None:
    finding = Finding("one-owner", "x", Place("gone.yml", 2))
    (tmp_path / "odd.yml").write_bytes(b"# allow: \xff\xfe")
    found = judged(tmp_path, ["gone.yml", "odd.yml"], [finding], today=TODAY, asked=[])
    assert found.findings == (finding,)
