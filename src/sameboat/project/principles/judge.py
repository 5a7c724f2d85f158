"""The rules that a project's files alone can answer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from sameboat.errors import Finding
from sameboat.project.declared import Project
from sameboat.project.principles.balance import balance
from sameboat.project.principles.catalogue import RULES
from sameboat.project.principles.duplicates import duplicates
from sameboat.project.principles.outcomes import outcomes
from sameboat.project.principles.ownership import ownership
from sameboat.project.principles.trust import trust

OF_FILES = frozenset(code for code, rule in RULES.items() if rule.needs == "files")
"""The rules that are judged here."""


def principles(project: Project, *, today: dt.date | None = None) -> Iterator[Finding]:
    """A finding for each breach of a principle that the files show.

    `today` is what review dates are held against; without it none is past.
    """
    yield from ownership(project)
    yield from outcomes(project)
    yield from balance(project)
    yield from duplicates(project)
    yield from trust(project, today)
