"""Whether numbers can be believed: nothing about a person, gaming said aloud, reviews held."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator

from sameboat.errors import Finding
from sameboat.project.declared import Project
from sameboat.project.model import Table
from sameboat.project.places import Path
from sameboat.project.principles.catalogue import RULES

_PERSON = re.compile(
    r"(?:[a-z0-9]+_)*?(?:"
    r"e_?mail(?:_address)?|first_name|last_name|full_name|surname|user_?name"
    r"|employee(?:_(?:id|name|number|no|code|key))?|person(?:_(?:id|name))?|staff_(?:id|name)"
    r"|assignee(?:_(?:id|name))?|sales_?person(?:_(?:id|name))?|sales_?rep(?:_(?:id|name))?"
    r"|account_(?:manager|executive)(?:_(?:id|name))?|csm(?:_(?:id|name))?"
    r"|(?:agent|rep|owner|manager|recruiter|technician|nurse|doctor|teacher|consultant|advisor"
    r"|clerk|engineer|developer|author|reviewer|committer)_name|(?:agent|rep)_id"
    r")"
)
"""Names of columns whose values are people: whole names, so that `user_agent` is none."""


def trust(project: Project, today: dt.date | None) -> Iterator[Finding]:
    """A finding for each dimension of people, KPI without a gaming note, and review that is due."""
    for name, table in project.tables.items():
        yield from _people(project, name, table)
    for name, kpi in project.kpis.items():
        if not (kpi.gaming and kpi.gaming.strip()):
            yield RULES["no-gaming-note"].breach(
                project, ("kpis", name),
                f"{name!r} has no gaming note: a number that is steered by will be gamed.",
                hint="Add 'gaming'.",
            )  # fmt: skip
    if today is not None:
        yield from _past(project, today)


def names_people(column: str) -> bool:
    """Whether the values of a column are people, by its name.

    >>> names_people("SalesRep"), names_people("owner_name"), names_people("user_agent")
    (True, True, False)
    """
    plain = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", column).lower().replace(" ", "_")
    return _PERSON.fullmatch(plain) is not None


def people_in(table: Table) -> tuple[str, ...]:
    """The dimensions of a table that would show people, by their names or columns."""
    kept = {name.casefold() for name in (*table.personal, *table.pseudonymous)}
    return tuple(
        name
        for name, made in table.dimensions.items()
        if made.type == "categorical"
        and any(names_people(text) and text.casefold() not in kept for text in (name, made.expr)
                if text)
    )  # fmt: skip


def _people(project: Project, name: str, table: Table) -> Iterator[Finding]:
    for dimension in people_in(table):
        yield RULES["person-dimension"].breach(
            project, ("tables", name, "dimensions", dimension),
            f"the dimension {dimension!r} of table {name!r} would show figures by person.",
            hint="Take it out, list its column under 'personal', and group by team.",
        )  # fmt: skip


def _past(project: Project, today: dt.date) -> Iterator[Finding]:
    for path, what, due in reviews_due(project):
        if due < today:
            yield RULES["past-review"].breach(
                project, path, f"{what} was to be reviewed by {due}.",
                hint="Look at what the data say now, then give a new 'review_by'.",
            )  # fmt: skip


def reviews_due(project: Project) -> Iterator[tuple[Path, str, dt.date]]:
    """Everything that says by when it is to be looked at again: its path, its name, the day."""
    for name, kpi in project.kpis.items():
        for at, owner in enumerate(kpi.owners):
            if owner.effect is not None and owner.effect.review_by is not None:
                path: Path = ("kpis", name, "owners", at, "effect", "review_by")
                what = f"the effect of {owner.lever!r} on {name!r}"
                yield path, what, owner.effect.review_by
    for at, driver in enumerate(project.drivers):
        if driver.review_by is not None:
            by = driver.influenced_by or driver.equals
            what = f"the edge from {by!r} to {driver.metric!r}"
            yield ("drivers", at, "review_by"), what, driver.review_by
    for name, metric in project.metrics.items():
        due = getattr(metric, "review_by", None)
        if due is not None and metric.retired is None:
            yield ("metrics", name, "review_by"), f"the metric {name!r}", due
