"""`sameboat check`: everything that is wrong with a project, or worth saying about it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

import sameboat
from sameboat.cli import options, tell
from sameboat.errors import CODES, Finding, SameboatError

SARIF_LEVELS = {"error": "error", "warning": "warning", "notice": "note"}


@click.command("check")
@options.output_format("text", "json", "sarif")
@click.option(
    "--fail-on",
    type=click.Choice(["error", "warning"]),
    default="warning",
    show_default=True,
    help="The mildest finding that makes the exit code 1; a notice never does.",
)
@options.project
def command(project: Path, output_format: str, fail_on: str) -> None:
    """Check a project's files, references, columns and the arithmetic of its tree."""
    from sameboat.project.check import check  # heavy: the model of the whole format

    try:
        findings = tuple(check(project))
    except SameboatError as error:
        findings = error.findings
    if output_format == "json":
        click.echo(json.dumps([as_object(finding) for finding in findings], indent=1))
    elif output_format == "sarif":
        click.echo(json.dumps(as_sarif(findings), indent=1))
    else:
        for finding in findings:
            click.echo(f"{finding.severity:7}  {finding}")
        tell(summary(findings))
    failing = {"error"} if fail_on == "error" else {"error", "warning"}
    if any(finding.severity in failing for finding in findings):
        click.get_current_context().exit(1)


def summary(findings: Sequence[Finding]) -> str:
    """How many findings of each severity, in a sentence.

    >>> summary([])
    'Nothing found: the project is in order.'
    """
    counts = Counter(finding.severity for finding in findings)
    if not counts:
        return "Nothing found: the project is in order."
    said = [
        f"{counts[severity]} {severity}{'' if counts[severity] == 1 else 's'}"
        for severity in ("error", "warning", "notice")
        if counts[severity]
    ]
    return f"{', '.join(said)}."


def as_object(finding: Finding) -> dict[str, Any]:
    """A finding for programs: code, severity, message, hint and its place, if it has one."""
    place = finding.where
    return {
        "code": finding.code,
        "severity": finding.severity,
        "message": finding.message,
        "hint": finding.hint,
        "file": place.file if place else None,
        "line": place.line if place else None,
        "column": place.column if place else None,
    }


def as_sarif(findings: Sequence[Finding]) -> dict[str, Any]:
    """The findings in SARIF 2.1.0, which code hosts show beside the lines of a change."""
    codes = sorted({finding.code for finding in findings})
    return {
        "version": "2.1.0",
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "sameboat",
                        "version": sameboat.__version__,
                        "rules": [
                            {"id": code, "shortDescription": {"text": CODES[code]}}
                            for code in codes
                        ],
                    }
                },
                "results": [_result(finding) for finding in findings],
            }
        ],
    }


def _result(finding: Finding) -> dict[str, Any]:
    text = f"{finding.message} {finding.hint}" if finding.hint else finding.message
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "level": SARIF_LEVELS[finding.severity],
        "message": {"text": text},
    }
    if finding.where:
        region = {"startLine": finding.where.line, "startColumn": finding.where.column}
        location = {"artifactLocation": {"uri": finding.where.file}, "region": region}
        result["locations"] = [{"physicalLocation": location}]
    return result
