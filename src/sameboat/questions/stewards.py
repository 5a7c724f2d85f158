"""Who runs the review of a KPI now, and who comes next: a rota by the calendar."""

from __future__ import annotations

import datetime as dt

from sameboat.periods import Span, add
from sameboat.project.declared import Project
from sameboat.project.model import Kpi, Steward


def steward_sentence(project: Project, kpi: Kpi, today: dt.date) -> str | None:
    """The steward's team with its last day and who follows; None where none is declared."""
    steward = kpi.steward
    if steward is None or not steward.rota:
        return None
    if len(steward.rota) == 1:
        return _label(project, steward.rota[0])
    turn, start = turn_on(steward, today)
    until = add(start, Span(1, steward.every)) - dt.timedelta(days=1)
    now = _label(project, steward.rota[turn % len(steward.rota)])
    then = _label(project, steward.rota[(turn + 1) % len(steward.rota)])
    return f"{now} until {until.day} {until:%B}, then {then}"


def turn_on(steward: Steward, today: dt.date) -> tuple[int, dt.date]:
    """How many turns have passed since the rota began, and the first day of the present one."""
    start = steward.from_ or dt.date(today.year, 1, 1)
    turn, following = 0, add(start, Span(1, steward.every))
    while following <= today:
        start, turn = following, turn + 1
        following = add(start, Span(1, steward.every))
    return turn, start


def _label(project: Project, team: str) -> str:
    return project.teams[team].title if team in project.teams else team
