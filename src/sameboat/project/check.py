"""Everything that is wrong with a project, or worth saying about it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from sameboat.errors import Finding
from sameboat.project.columns import data_columns
from sameboat.project.completeness import completeness
from sameboat.project.cycles import cycles
from sameboat.project.declared import Project, sorted_findings
from sameboat.project.formula import Name, Node, walk
from sameboat.project.load import examine
from sameboat.project.model import Driver
from sameboat.project.money import money
from sameboat.project.principles.allowed import Judged, judged
from sameboat.project.principles.judge import OF_FILES, principles
from sameboat.project.privacy import privacy
from sameboat.project.references import references
from sameboat.project.rules import rules
from sameboat.project.teams import team_findings
from sameboat.project.uses import uses
from sameboat.project.vocabulary import Vocabulary, parsed

Columns = Mapping[str, Mapping[str, str]]
"""Per table the columns that its data hold, with the engine's types."""


def check(
    project: Project,
    *,
    columns: Columns | None = None,
    today: dt.date | None = None,
    recorded: Iterable[Finding] = (),
    asked: Collection[str] = OF_FILES,
) -> tuple[Finding, ...]:
    """Every finding about a project in the order of its files, its notices among them.

    Structure, references, expressions, cycles, privacy, the completeness of KPIs and the
    principles; with `columns` also whether the data hold what the files name. `today` is what
    reviews and allowances are held against, where the project has no `as_of`. `recorded` are
    breaches that the record shows, `asked` all rules that were judged.
    """
    known = Vocabulary(project)
    used = tuple(uses(known))
    found = [
        *project.notices,
        *references(known),
        *cycles(project),
        *team_findings(project),
        *rules(known),
        *completeness(project),
        *judged_principles(project, today=today, recorded=recorded, asked=asked).findings,
        *money(known),
        *privacy(known, used, columns),
    ]
    if columns is not None:
        found += data_columns(known, used, columns)
    return sorted_findings(dict.fromkeys(found))


def judged_principles(
    project: Project,
    *,
    today: dt.date | None = None,
    recorded: Iterable[Finding] = (),
    asked: Collection[str] = OF_FILES,
) -> Judged:
    """The breaches of the principles that count, and those that a comment in the files allows."""
    day = project.root.as_of.date() if project.root.as_of else today
    found = (*principles(project, today=day), *recorded)
    return judged(project.folder, _files(project), found, today=day, asked=asked)


def _files(project: Project) -> tuple[str, ...]:
    """Every file that declares something, in the order in which they were read."""
    sections = (project.places.top.parts or {}).values()
    marks = (mark for one in sections for mark in (one, *(one.parts or {}).values()))
    return tuple(dict.fromkeys(mark.file for mark in marks if mark.file))


def check_folder(
    folder: Path | str, *, columns: Columns | None = None, today: dt.date | None = None
) -> tuple[Finding, ...]:
    """Every finding about a folder: what keeps it from loading, and all that can be said besides.

    Raises ProjectError where there is no project at all.
    """
    examined = examine(folder)
    return sorted_findings(
        dict.fromkeys((*examined.errors, *check(examined.project, columns=columns, today=today)))
    )


@dataclass(frozen=True)
class Arithmetic:
    """An edge of the tree that must hold in the data: a metric, its formula, what that needs."""

    driver: Driver
    formula: Node
    metrics: tuple[str, ...]


def arithmetic(project: Project) -> Iterator[Arithmetic]:
    """The drivers that claim arithmetic, in the order of the files; unreadable ones left out.

    `metrics` begins with the metric that the formula explains.
    """
    for driver in project.drivers:
        formula = parsed(driver.equals) if driver.equals is not None else None
        if formula is None or isinstance(formula, Finding):
            continue
        names = (part.text for part in walk(formula) if isinstance(part, Name))
        yield Arithmetic(driver, formula, tuple(dict.fromkeys((driver.metric, *names))))
