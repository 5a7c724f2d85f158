"""The project's calendar as the value that periods are counted by."""

from __future__ import annotations

from sameboat.periods import Reckoning
from sameboat.project.declared import Project

_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september",
    "october", "november", "december",
)  # fmt: skip


def reckoning_of(project: Project) -> Reckoning:
    """How a project counts weeks, fiscal years and local days."""
    calendar = project.root.calendar
    return Reckoning(
        week_starts=calendar.week_starts,
        fiscal_start_month=_MONTHS.index(calendar.fiscal_year_starts) + 1,
        named_by=calendar.fiscal_year_named_by,
        zone=calendar.timezone,
    )
