"""Teams over time: which team a spelling in the data meant on a day, and which it is today.

A team may begin (`from`), end (`until`) and become another (`became`), and stand under a
`parent`. From that follow four views of a dimension that holds teams: as it was at a row's time,
as it is now, and the department, the topmost parent, of both. What no team of the project
accounts for is `UNMAPPED`, and is never dropped.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from sameboat.errors import Finding, RequestError
from sameboat.project.declared import Project
from sameboat.project.model import Shape, Team
from sameboat.project.vocabulary import shapes

UNMAPPED = "unmapped"
"""The group of all values that map to no team."""

_TEAM = re.compile(r"(?:.*_)?teams?", re.IGNORECASE)
_DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Stretch:
    """One team over a stretch of time: from a day, up to and without another; None is open."""

    since: dt.date | None
    before: dt.date | None
    team: str | None  # None: no team


@dataclass(frozen=True)
class Spelled:
    """What some spellings mean, stretch by stretch; together the stretches cover all time."""

    spellings: tuple[str, ...]
    stretches: tuple[Stretch, ...]


@dataclass(frozen=True, eq=False)
class TeamHistory:
    """The teams of a project, and which dimensions of which tables hold them."""

    teams: Mapping[str, Team]
    dimensions: frozenset[tuple[str, str]] = frozenset()

    # ── when ─────────────────────────────────────────────────────────────────────────────

    def exists(self, name: str, day: dt.date) -> bool:
        """Whether there was a team on a day."""
        begins, ends = self.teams[name].from_, self.ended(name)
        return (begins is None or begins <= day) and (ends is None or day <= ends)

    def ended(self, name: str) -> dt.date | None:
        """A team's last day; where only its successors say when they began, the day before."""
        team = self.teams[name]
        if team.until is not None or not team.became:
            return team.until
        starts = [self.teams[after].from_ for after in team.became if after in self.teams]
        known = [start for start in starts if start is not None]
        return min(known) - _DAY if known else None

    # ── which ────────────────────────────────────────────────────────────────────────────

    @cached_property
    def named(self) -> Mapping[str, tuple[str, ...]]:
        """Per spelling the teams that it may mean: by their names, labels and `values`."""
        found: dict[str, dict[str, None]] = {}
        for name, team in self.teams.items():
            for text in (*team.values, name, *([team.label] if team.label else [])):
                found.setdefault(text, {})[name] = None
        return {text: tuple(names) for text, names in found.items()}

    def then(self, spelling: str, day: dt.date) -> str | None:
        """The team that a spelling meant on a day: the one that there was, else what became of
        it or what it had been before; None where that is no single team.

        Raises RequestError (`team-overlap`) where two teams of that spelling existed.
        """
        candidates = self.named.get(spelling, ())
        there = [name for name in candidates if self.exists(name, day)]
        if len(there) > 1:
            raise RequestError("team-overlap", overlap_words(spelling, there[0], there[1]))
        if there:
            return there[0]
        moved = {self._moved(name, day) for name in candidates} - {None}
        return moved.pop() if len(moved) == 1 else None

    def today(self, spelling: str, day: dt.date, today: dt.date) -> str | None:
        """The team of today to which the rows of a day belong that are spelled so."""
        then = self.then(spelling, day)
        candidates = (then,) if then is not None else self.named.get(spelling, ())
        rolled = {self.rolled(name, today) for name in candidates}
        return rolled.pop() if len(rolled) == 1 else None

    def rolled(self, name: str, today: dt.date) -> str:
        """What a team has become by today, through every `became`; a team that split into
        several, or ended without a successor, stays itself."""
        seen = {name}
        while True:
            after, ended = self.teams[name].became, self.ended(name)
            if len(after) != 1 or ended is None or ended >= today:
                return name
            [after_it] = after
            if after_it in seen or after_it not in self.teams:
                return name
            name = after_it
            seen.add(name)

    def department(self, name: str, day: dt.date) -> str:
        """The topmost parent of a team on a day; a team without parent is its own."""
        seen = {name}
        while True:
            above = self.teams[name].parent
            if above is None or above not in self.teams:
                return name
            if not self.exists(above, day):
                above = self._moved(above, day) or above
            if above in seen:
                return name
            name = above
            seen.add(name)

    def _moved(self, name: str, day: dt.date) -> str | None:
        """What a team that did not exist on a day was on that day; None where nobody can say."""
        ended = self.ended(name)
        step = self._after if ended is not None and ended < day else self._before
        seen: set[str] = set()
        found: str | None = name
        while found is not None and not self.exists(found, day):
            if found in seen:
                return None
            seen.add(found)
            near = step(found)
            found = near[0] if len(near) == 1 else None
        return found

    def _after(self, name: str) -> tuple[str, ...]:
        return tuple(after for after in self.teams[name].became if after in self.teams)

    def _before(self, name: str) -> tuple[str, ...]:
        return tuple(before for before, team in self.teams.items() if name in team.became)

    # ── for the compiler ─────────────────────────────────────────────────────────────────

    def holds(self, table: str, dimension: str) -> bool:
        """Whether a dimension of a table holds teams."""
        return (table, dimension) in self.dimensions

    def spelled(self, view: str, today: dt.date) -> tuple[Spelled, ...]:
        """What each spelling means in a view over all time; equal ones stand together."""
        found: dict[tuple[Stretch, ...], list[str]] = {}
        for spelling in self.named:
            team = self._seen(view, spelling, today)
            found.setdefault(tuple(self._stretches(team)), []).append(spelling)
        return tuple(Spelled(tuple(texts), stretches) for stretches, texts in found.items())

    def _seen(self, view: str, spelling: str, today: dt.date) -> Callable[[dt.date], str | None]:
        """The team that a view shows for a spelling on a day."""

        def team(day: dt.date) -> str | None:
            now = view.endswith("as_now")
            found = self.today(spelling, day, today) if now else self.then(spelling, day)
            if found is None or not view.startswith("department"):
                return found
            return self.department(found, today if now else day)

        return team

    @cached_property
    def _turns(self) -> tuple[dt.date, ...]:
        """The days on which any team begins or has ended."""
        days = {team.from_ for team in self.teams.values() if team.from_ is not None}
        ends = {self.ended(name) for name in self.teams} - {None, dt.date.max}
        return tuple(sorted(days | {end + _DAY for end in ends if end is not None}))

    def _stretches(self, team: Callable[[dt.date], str | None]) -> Iterator[Stretch]:
        """The stretches of time over which a view stays the same, oldest first."""
        bounds: list[dt.date | None] = [None, *self._turns, None]
        held: Stretch | None = None
        for since, before in pairwise(bounds):
            day = since or (before - _DAY if before is not None else dt.date.max)
            name = team(day)
            if held is not None and held.team == name:
                held = Stretch(held.since, before, name)
                continue
            if held is not None:
                yield held
            held = Stretch(since, before, name)
        if held is not None:
            yield held


# ── which dimensions hold teams ──────────────────────────────────────────────────────────────


def history_of(project: Project) -> TeamHistory:
    """The teams of a project with the dimensions that hold them.

    A dimension holds teams where it says `team: true`, where it is called `team` or `…_team`,
    or where a plan names it as the team of its table; `team: false` says that it does not.
    """
    named = {(table, column) for _, shape in shapes(project) for table, column in _plans(shape)}
    found = set()
    for name, table in project.tables.items():
        for dimension, made in table.dimensions.items():
            if made.type != "categorical" or made.team is False:
                continue
            planned = (name, dimension) in named or (name, made.expr) in named
            if made.team or planned or called_team(dimension):
                found.add((name, dimension))
    return TeamHistory(project.teams, frozenset(found))


def called_team(name: str) -> bool:
    """Whether a dimension's own name says that it holds teams.

    >>> called_team("ticket_team"), called_team("teamwork")
    (True, False)
    """
    return _TEAM.fullmatch(name) is not None


def _plans(value: object) -> Iterator[tuple[str, str]]:
    """The tables and columns of teams that a shape or one inside it names."""
    if isinstance(value, Mapping):
        for item in value.values():
            yield from _plans(item)
    elif isinstance(value, tuple):
        for item in value:
            yield from _plans(item)
    elif isinstance(value, Shape):
        table, team = getattr(value, "table", None), getattr(value, "team", None)
        if isinstance(table, str) and isinstance(team, str):
            yield table, team
        for field in type(value).model_fields:
            yield from _plans(getattr(value, field))


# ── what does not fit together ───────────────────────────────────────────────────────────────


def overlap_words(spelling: str, one: str, other: str) -> str:
    """Why a spelling cannot be told apart."""
    return f"{spelling!r} is spelled by the teams {one!r} and {other!r} at the same time"


def team_findings(project: Project) -> Iterator[Finding]:
    """Findings about teams whose times contradict each other."""
    history = TeamHistory(project.teams)
    yield from _overlaps(project, history)
    for name, team in project.teams.items():
        ended = history.ended(name)
        for after in team.became:
            if after not in project.teams or _leads_back(project.teams, after, name):
                continue  # said elsewhere
            begins = project.teams[after].from_
            if ended is None and begins is None:
                yield Finding(
                    "team-times",
                    f"{name!r} became {after!r}, and nothing says when",
                    project.place("teams", name, "became"),
                    f"Give {name!r} `until:`, or {after!r} `from:`.",
                )
            elif ended is not None and begins is not None and begins > ended + _DAY:
                yield Finding(
                    "team-times",
                    f"{name!r} ended on {ended}, and {after!r}, which it became, began only on "
                    f"{begins}: rows between them map to no team",
                    project.place("teams", after, "from"),
                    severity="warning",
                )


def _leads_back(teams: Mapping[str, Team], after: str, name: str) -> bool:
    """Whether a team became another and that one, at last, the first again."""
    seen: set[str] = set()
    waiting = [after]
    while waiting:
        here = waiting.pop()
        if here == name:
            return True
        if here in teams and here not in seen:
            seen.add(here)
            waiting += teams[here].became
    return False


def _overlaps(project: Project, history: TeamHistory) -> Iterator[Finding]:
    """Teams that are spelled alike at one time."""
    said: set[tuple[str, str]] = set()
    for spelling, names in history.named.items():
        for at, one in enumerate(names):
            for other in names[at + 1 :]:
                if (one, other) in said or not _meet(history, one, other):
                    continue
                said.add((one, other))
                yield Finding(
                    "team-overlap",
                    overlap_words(spelling, one, other),
                    project.place("teams", other),
                    "Let `until:` of the one end before `from:` of the other, "
                    "or take the spelling from one of them.",
                )


def _meet(history: TeamHistory, one: str, other: str) -> bool:
    starts = [history.teams[name].from_ for name in (one, other)]
    ends = [history.ended(name) for name in (one, other)]
    latest = max((day for day in starts if day is not None), default=dt.date.min)
    return latest <= min((day for day in ends if day is not None), default=dt.date.max)
