"""Findings as text for people, as JSON and as SARIF for programs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import quote

from sameboat.errors import CODES, Finding, Severity
from sameboat.project.principles.catalogue import RULES

_LEVELS: dict[Severity, str] = {"error": "error", "warning": "warning", "notice": "note"}


def as_text(findings: Sequence[Finding]) -> str:
    """One line for each finding, and how many there are.

    >>> print(as_text([]))
    Nothing to say: the project is in order.
    """
    if not findings:
        return "Nothing to say: the project is in order."
    width = max(len(finding.severity) for finding in findings)
    lines = [f"{finding.severity:<{width}}  {finding}" for finding in findings]
    return "\n".join([*lines, summary(findings)])


def summary(findings: Iterable[Finding]) -> str:
    """How many findings there are of each severity, as in "2 errors, 1 warning"."""
    counts = Counter(finding.severity for finding in findings)
    return ", ".join(
        f"{counts[severity]} {severity}{'' if counts[severity] == 1 else 's'}"
        for severity in _LEVELS
        if counts[severity]
    )


def as_json(findings: Iterable[Finding]) -> str:
    """A JSON list with one object for each finding."""
    return json.dumps([_object(finding) for finding in findings], ensure_ascii=False, indent=1)


def _object(finding: Finding) -> dict[str, Any]:
    place = finding.where
    return {
        "severity": finding.severity,
        "code": finding.code,
        "message": finding.message,
        "hint": finding.hint,
        "file": place.file if place else None,
        "line": place.line if place else None,
        "column": place.column if place else None,
    }


def as_sarif(findings: Sequence[Finding], *, version: str) -> str:
    """A SARIF 2.1.0 log of one run, with a rule for each code that occurs."""
    codes = sorted({finding.code for finding in findings})
    driver = {
        "name": "sameboat",
        "version": version,
        "rules": [_rule(code) for code in codes],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, codes.index(finding.code)) for finding in findings],
    }
    log = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [run],
    }
    return json.dumps(log, ensure_ascii=False, indent=1)


def _rule(code: str) -> dict[str, Any]:
    """A code as SARIF describes it; a rule of the principles with its reason and what is better."""
    told: dict[str, Any] = {"id": code, "shortDescription": {"text": CODES[code]}}
    rule = RULES.get(code)
    if rule is not None:
        told["fullDescription"] = {"text": rule.why}
        told["help"] = {"text": f"Better:\n{rule.better}"}
        told["defaultConfiguration"] = {"level": _LEVELS[rule.severity]}
        told["properties"] = {"tags": [rule.principle]}
    return told


def _result(finding: Finding, rule: int) -> dict[str, Any]:
    text = f"{finding.message} {finding.hint}" if finding.hint else finding.message
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": rule,
        "level": _LEVELS[finding.severity],
        "message": {"text": text},
    }
    if finding.where:
        place = finding.where
        region = {"startLine": place.line, "startColumn": place.column}
        artifact = {"uri": quote(place.file)}
        result["locations"] = [
            {"physicalLocation": {"artifactLocation": artifact, "region": region}}
        ]
    return result
