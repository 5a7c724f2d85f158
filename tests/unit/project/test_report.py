"""Findings as text, JSON and SARIF."""

from __future__ import annotations

import json

from sameboat.errors import CODES, Finding, Place
from sameboat.project.report import as_json, as_sarif, as_text

FOUND = [
    Finding(
        "unknown-metric", "'wn' is not a metric", Place("a b.yml", 3, 7), "Did you mean 'won'?"
    ),
    Finding("kpi-incomplete", "no target", Place("k.yml"), severity="warning"),
    Finding("root-missing", "no sameboat.yml", severity="notice"),
]


def test_text_has_a_line_for_each_finding_and_counts_them() -> None:
    """The severity first, so that the eye finds the errors."""
    assert as_text(FOUND).splitlines() == [
        "error    a b.yml:3:7  unknown-metric  'wn' is not a metric. Did you mean 'won'?",
        "warning  k.yml:1:1  kpi-incomplete  no target",
        "notice   root-missing  no sameboat.yml",
        "1 error, 1 warning, 1 notice",
    ]


def test_json_holds_every_part() -> None:
    """A finding without a place has null in its place."""
    first, _, last = json.loads(as_json(FOUND))
    assert first == {
        "severity": "error", "code": "unknown-metric", "message": "'wn' is not a metric",
        "hint": "Did you mean 'won'?", "file": "a b.yml", "line": 3, "column": 7,
    }  # fmt: skip
    assert (last["file"], last["line"], last["column"]) == (None, None, None)


def test_sarif_has_the_parts_that_code_hosts_read() -> None:
    """Version, one run, a rule for each code, and for each result its rule, level and region."""
    log = json.loads(as_sarif(FOUND, version="1.2"))
    (run,) = log["runs"]
    driver = run["tool"]["driver"]
    assert (log["version"], driver["name"], driver["version"]) == ("2.1.0", "sameboat", "1.2")
    rules = driver["rules"]
    assert [rule["shortDescription"]["text"] for rule in rules] == [
        CODES[rule["id"]] for rule in rules
    ]
    for result, finding in zip(run["results"], FOUND, strict=True):
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"] == finding.code
    assert [result["level"] for result in run["results"]] == ["error", "warning", "note"]
    assert run["results"][0]["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "a%20b.yml"},
                "region": {"startLine": 3, "startColumn": 7},
            }
        }
    ]
    assert "locations" not in run["results"][2]


def test_nothing_to_say_is_said() -> None:
    """An empty list is an answer too, and valid SARIF."""
    assert as_text([]) == "Nothing to say: the project is in order."
    assert json.loads(as_json([])) == []
    assert json.loads(as_sarif([], version="1"))["runs"][0]["results"] == []


def test_sarif_tells_the_reason_of_a_rule_and_what_is_better() -> None:
    """Code hosts show it beside the line, so that nobody has to look it up."""
    found = [Finding("one-owner", "one owner", Place("k.yml"), severity="warning")]
    (run,) = json.loads(as_sarif(found, version="1"))["runs"]
    (rule,) = run["tool"]["driver"]["rules"]
    assert rule["fullDescription"]["text"].startswith("One outcome needs at least two teams")
    assert "setup_done" in rule["help"]["text"]
    assert rule["properties"] == {"tags": ["cross-functional"]}
    assert rule["defaultConfiguration"] == {"level": "warning"}
