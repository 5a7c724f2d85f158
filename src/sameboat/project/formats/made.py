"""What another format declares, as raw values of ours, and how it is made whole."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sameboat.errors import Finding
from sameboat.project.declared import Project, build
from sameboat.project.formats.raw import notice
from sameboat.project.names import shown
from sameboat.project.places import Mark

SECTIONS = ("tables", "metrics", "saved_queries")


@dataclass(frozen=True)
class Imported:
    """A project from another format, with the notices of what was left out."""

    project: Project
    notices: tuple[Finding, ...] = ()


@dataclass
class Made:
    """What has been made of another format so far: raw values of ours, with their marks."""

    table_noun: str = "table"
    """What the other format calls a table."""
    tables: dict[str, dict[str, Any]] = field(default_factory=dict)
    metrics: dict[str, dict[str, Any]] = field(default_factory=dict)
    saved_queries: dict[str, dict[str, Any]] = field(default_factory=dict)
    spines: list[dict[str, Any]] = field(default_factory=list)
    marks: dict[tuple[str, str], Mark] = field(default_factory=dict)
    notices: list[Finding] = field(default_factory=list)
    errors: list[Finding] = field(default_factory=list)

    def section(self, name: str) -> dict[str, dict[str, Any]]:
        """The objects of a section."""
        found: dict[str, dict[str, Any]] = getattr(self, name)
        return found

    def noun(self, section: str) -> str:
        """What people call an object of a section."""
        nouns = {"tables": self.table_noun, "metrics": "metric", "saved_queries": "saved query"}
        return nouns[section]


def settle(made: Made) -> None:
    """Leave out what our format refuses, and what needs something that is not there.

    Each leaves a notice, so that what is left is a valid part of a project.
    """
    _leave_out_invalid(made)
    _leave_out_dangling(made)


def _leave_out_invalid(made: Made) -> None:
    """Leave out what our format refuses, with what it says."""
    sections = {section: made.section(section) for section in SECTIONS}
    if not build({"name": "made"}, sections, folder=Path())[1]:
        return
    for section, objects in sections.items():
        for own in list(objects):
            _, findings = build({"name": "made"}, {section: {own: objects[own]}}, folder=Path())
            if findings:
                _leave_out(made, section, own, findings[0].message)


def _leave_out(made: Made, section: str, own: str, why: str) -> None:
    made.section(section).pop(own)
    mark = made.marks.pop((section, own), None)
    where = mark.value if mark else None
    made.notices.append(notice(made.noun(section), own, why, where))


def _leave_out_dangling(made: Made) -> None:
    """Leave out what needs something that is not there, until nothing does."""
    while True:
        lost = [
            (section, own, missing)
            for section, needs in _NEEDS.items()
            for own, raw in made.section(section).items()
            if (missing := needs(raw, made))
        ]
        if not lost:
            return
        for section, own, missing in lost:
            _leave_out(made, section, own, missing)


def _metric_lacks(raw: Mapping[str, Any], made: Made) -> str | None:
    if raw["type"] == "simple" and raw["table"] not in made.tables:
        return f"its table {shown(raw['table'])} is skipped or not there"
    given = [raw.get(key) for key in ("numerator", "denominator", "metric", "base", "converted")]
    return _lacks([*given, *raw.get("metrics", ())], made)


def _query_lacks(raw: Mapping[str, Any], made: Made) -> str | None:
    return _lacks(raw.get("metrics", ()), made)


def _lacks(inputs: Iterable[Any], made: Made) -> str | None:
    for given in inputs:
        own = given["metric"] if isinstance(given, Mapping) else given
        if own is not None and own not in made.metrics:
            return f"it needs the metric {shown(own)}, which is skipped or not there"
    return None


_NEEDS: Mapping[str, Callable[[Mapping[str, Any], Made], str | None]] = {
    "metrics": _metric_lacks,
    "saved_queries": _query_lacks,
}
