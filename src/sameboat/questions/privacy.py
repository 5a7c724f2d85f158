"""The privacy floors of a project's tables, and what is said where a figure was suppressed."""

from __future__ import annotations

from sameboat.project.declared import Project

SMALLEST = 5
"""No setting lets groups of fewer people be shown."""


def subject_floor(project: Project, table: str) -> int:
    """Under how many people or accounts a group of a table's rows is not shown."""
    subject = project.tables[table].subject if table in project.tables else None
    privacy = project.root.privacy
    if subject is None or subject == "none":
        return 0
    if subject == "account":
        return privacy.subjects.get(subject, 0)
    return max(SMALLEST, privacy.subjects.get(subject, privacy.minimum_group))


def too_few(floor: int) -> str:
    """Why a figure is not shown that is about fewer people than the floor."""
    return f"fewer than {floor} people"


def kept_back(floor: int) -> str:
    """Why a figure is not shown from which another one could be worked out."""
    return f"kept back so that nothing about fewer than {floor} people can be worked out"
