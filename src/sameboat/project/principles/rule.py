"""One rule: what it is about, why it matters, and what to do instead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sameboat.errors import CODES, Finding, Severity
from sameboat.project.declared import Project
from sameboat.project.places import Path

Principle = Literal["aligned", "cross-functional", "outcomes", "balanced", "trust"]

PRINCIPLES: dict[Principle, str] = {
    "aligned": "Every number serves an objective of the mission.",
    "cross-functional": "Several teams own one outcome, each with a lever that it moves.",
    "outcomes": "What is steered by is what customers get, not how busy people are.",
    "balanced": "Few numbers, short and long term together, each with a limit on its side effects.",
    "trust": "No number is about a person, and every number can be believed.",
}
"""The four principles of a shared KPI, and the trust without which none of them works."""


@dataclass(frozen=True)
class Rule:
    """A rule with a stable code; what it means in one line stands in `errors.CODES`.

    `example` breaks the rule and `better` does not, both as lines of a project's files (for rules
    that need records, in words). `needs` says what it is judged on: the files, or also the record
    of figures and uses.
    """

    code: str
    principle: Principle
    why: str
    example: str
    better: str
    severity: Severity = "warning"
    needs: Literal["files", "record"] = "files"

    @property
    def title(self) -> str:
        """What the rule finds, in one line."""
        return CODES[self.code]

    def breach(
        self, project: Project, path: Path, message: str, *, hint: str | None = None
    ) -> Finding:
        """The finding for one breach, at the place of a path."""
        return Finding(self.code, message, project.place(*path), hint, self.severity)
