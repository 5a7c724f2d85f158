"""What one scan of a table tells: declared checks, keys, teams, durations and its last load."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sameboat.compiler import audits
from sameboat.compiler.joins import column_expression, key_columns
from sameboat.compiler.team_views import team_view
from sameboat.errors import Finding, SameboatError, did_you_mean
from sameboat.periods import add
from sameboat.project.declared import Project
from sameboat.project.formula import Cast, Node
from sameboat.project.model import Duration
from sameboat.project.places import Step
from sameboat.project.teams import UNMAPPED, TeamHistory
from sameboat.questions.audit import Audit, listed_values
from sameboat.questions.freshness import moment_of

EXAMPLES = 3
"""How many values are shown at most."""

UNMAPPED_SHARE = 0.01
"""Above which share of rows values that map to no team are an error."""

Figures = Mapping[str, Any]


@dataclass(frozen=True)
class Claim:
    """What is claimed of a table's rows: the figures that decide it, and what follows from them."""

    what: str
    path: tuple[Step, ...]
    figures: Mapping[str, Node]
    judge: Callable[[Figures], Iterator[Finding]]


def table_findings(audit: Audit) -> Iterator[Finding]:
    """Every finding of one scan; for keys that repeat, also of the query that counts them."""
    claims = [*_keys(audit), *_declared(audit), *_teams(audit)]
    if not audit.gate:
        claims += [*_durations(audit), *_freshness(audit)]
        yield from _hidden(audit)
    if claims:
        yield from _tally(audit, claims)


def _tally(audit: Audit, claims: Sequence[Claim]) -> Iterator[Finding]:
    """What the claims come to, all by one scan; where that fails, each by its own."""
    figures: dict[str, Node] = {"rows": audits.all_rows()}
    for at, claim in enumerate(claims):
        figures |= {f"{name}_{at}": node for name, node in claim.figures.items()}
    world, spelling = audit.workspace.world, audit.workspace.dialect
    try:
        [found] = audit.ask(audits.tally_sql(world, audit.name, figures, spelling))
    except SameboatError as error:
        if len(claims) == 1:
            yield from audit.unchecked(claims[0].what, error, claims[0].path)
            return
        for claim in claims:
            yield from _tally(audit, [claim])
        return
    for at, claim in enumerate(claims):
        own = {name: found[f"{name}_{at}"] for name in claim.figures}
        try:
            yield from claim.judge({**own, "rows": found["rows"]})
        except SameboatError as error:
            yield from audit.unchecked(claim.what, error, claim.path)


# ── keys ─────────────────────────────────────────────────────────────────────────────────────


def _keys(audit: Audit) -> Iterator[Claim]:
    """That primary and unique entities stand in one row each."""
    table = audit.table
    parts = tuple(name for name, made in table.dimensions.items() if made.partition)
    for name, entity in table.entities.items():
        if entity.type in ("primary", "unique"):
            columns = (*(entity.expr or (name,)), *parts)
            if audit.holds(*columns):
                key = (
                    *key_columns(table, audit.name, name),
                    *(audits.value(table, part) for part in parts),
                )
                yield _unique(audit, columns, key, ("entities", name), name)


def _declared(audit: Audit) -> Iterator[Claim]:
    for at, rule in enumerate(audit.table.checks):
        path: tuple[Step, ...] = ("checks", at)
        if "unique" in rule and (columns := _names(rule["unique"])):
            if not _is_key(audit, columns) and audit.holds(*columns):
                key = [audits.value(audit.table, column) for column in columns]
                yield _unique(audit, columns, key, path, None)
        elif "not_null" in rule:
            for column in _names(rule["not_null"]):
                yield from _not_null(audit, column, path)
        elif isinstance(rule.get("accepted"), Mapping):
            for column, values in rule["accepted"].items():
                listed = values if isinstance(values, (list, tuple)) else [values]
                # A missing value is none of them, and compared with it nothing is another one.
                known = [one for one in listed if one is not None]
                if known:
                    yield from _accepted(audit, str(column), known, path)


def _hidden(audit: Audit) -> Iterator[Finding]:
    """That checks of personal columns are not made: such columns are never loaded."""
    personal = {column.casefold() for column in audit.table.personal}
    for at, rule in enumerate(audit.table.checks):
        for kind in ("unique", "not_null", "accepted"):
            given = rule.get(kind)
            columns = _names(list(given) if isinstance(given, Mapping) else given)
            for column in columns:
                if column.casefold() in personal:
                    unseen = SameboatError("personal-column", "it is personal and never loaded")
                    yield from audit.unchecked(f"column {column!r}", unseen, ("checks", at))


def _names(given: object) -> tuple[str, ...]:
    listed = given if isinstance(given, (list, tuple)) else [given]
    return tuple(name for name in listed if isinstance(name, str))


def _is_key(audit: Audit, columns: Sequence[str]) -> bool:
    """Whether a primary or unique entity says the same already."""
    wanted = {column.casefold() for column in columns}
    return any(
        {text.casefold() for text in entity.expr or (name,)} == wanted
        for name, entity in audit.table.entities.items()
        if entity.type in ("primary", "unique")
    )


def _unique(
    audit: Audit,
    columns: Sequence[str],
    key: Sequence[Node],
    path: tuple[Step, ...],
    entity: str | None,
) -> Claim:
    """That a key stands in one row; one column is counted in the scan, several by a query."""
    world, spelling = audit.workspace.world, audit.workspace.dialect

    def judge(found: Figures) -> Iterator[Finding]:
        if len(key) == 1 and found["different"] == found["filled"]:
            return
        [several] = audit.ask(audits.duplicates_sql(world, audit.name, key, spelling))
        if not several["keys"]:
            return
        named = ", ".join(columns)
        what = f"entity {entity!r} ({named})" if entity else f"unique [{named}]"
        yield audit.finding(
            "entity-duplicated" if entity else "check-unique",
            f"{what} of {audit.title}: {audit.many(several['keys'], 'key')} in "
            f"{audit.many(several['rows'], 'row')}"
            + ("; a join over it would multiply rows" if entity else ""),
            path,
            hint="Load each row once, or name every column that tells rows apart.",
        )

    figures: dict[str, Node] = {}
    if len(key) == 1:
        figures = {"different": audits.distinct(key[0]), "filled": audits.filled(key[0])}
    return Claim(f"whether {', '.join(columns)} is unique", path, figures, judge)


# ── values ───────────────────────────────────────────────────────────────────────────────────


def _not_null(audit: Audit, column: str, path: tuple[Step, ...]) -> Iterator[Claim]:
    if not audit.holds(column):
        return

    def judge(found: Figures) -> Iterator[Finding]:
        missing = found["rows"] - found["filled"]
        if missing:
            message = f"{column!r} of {audit.title} is empty in "
            message += audit.of_rows(missing, found["rows"])
            hint = "Mend the source, or take the check away if the value may be missing."
            yield audit.finding("check-not-null", message, path, hint=hint)

    figures = {"filled": audits.filled(audits.value(audit.table, column))}
    yield Claim(f"whether {column} is there", path, figures, judge)


def _accepted(
    audit: Audit, column: str, values: Sequence[object], path: tuple[Step, ...]
) -> Iterator[Claim]:
    if not audit.holds(column):
        return
    of = audits.value(audit.table, column)

    def judge(found: Figures) -> Iterator[Finding]:
        if not found["others"]:
            return
        message = f"{column!r} of {audit.title} has a value that is not accepted in "
        message += audit.of_rows(found["others"], found["rows"])
        examples, hint = _examples(audit, column, of, values)
        hint = hint or "Add the value to the check, or mend the source."
        yield audit.finding("check-accepted", message + examples, path, hint=hint)

    figures = {"others": audits.among(of, values, negated=True)}
    yield Claim(f"which values {column} has", path, figures, judge)


def _examples(
    audit: Audit, column: str, of: Node, known: Sequence[object]
) -> tuple[str, str | None]:
    """The commonest other values where they may be told, and what the first may have meant."""
    if not audit.may_tell(column):
        return "", None
    world, spelling = audit.workspace.world, audit.workspace.dialect
    sql = audits.other_values_sql(
        world, audit.name, of, known, limit=EXAMPLES + 1, spelling=spelling
    )
    found = [row["found"] for row in audit.ask(sql)]
    shown = listed_values(found[:EXAMPLES], more=len(found) > EXAMPLES)
    return f": {shown}", did_you_mean(str(found[0]), map(str, known)) if found else None


# ── teams ────────────────────────────────────────────────────────────────────────────────────


def spellings(project: Project) -> tuple[str, ...]:
    """Every way in which the data may name a team: its name, its label and its values."""
    return tuple(TeamHistory(project.teams).named)


def _teams(audit: Audit) -> Iterator[Claim]:
    """That values of teams map to teams.

    A dimension holds teams where it says so, is called so or is named so by a plan, or where half
    of its rows are spelled like one. A team that did not exist at a row's time accounts for none.
    """
    known = spellings(audit.workspace.project)
    if not known:
        return
    for name, made in audit.table.dimensions.items():
        texts = audit.kind(name) in ("text", None)
        if made.type == "categorical" and texts and made.team is not False and audit.holds(name):
            hidden = {column.casefold() for column in audit.table.pseudonymous}
            if (made.expr or name).casefold() not in hidden:
                yield _team(audit, name, known)
                yield from _team_times(audit, name)


def _team(audit: Audit, name: str, known: Sequence[str]) -> Claim:
    of = Cast(audits.value(audit.table, name), "text")
    path: tuple[Step, ...] = ("dimensions", name)

    def judge(found: Figures) -> Iterator[Finding]:
        filled, mapped = found["filled"], found["mapped"]
        if (
            not filled
            or mapped == filled
            or not (_holds_teams(audit, name) or 2 * mapped >= filled)
        ):
            return
        part = (filled - mapped) / filled
        message = f"{name!r} of {audit.title} maps to no team in "
        message += audit.of_rows(filled - mapped, filled)
        examples, hint = _examples(audit, name, of, known)
        yield audit.finding(
            "team-unmapped",
            f"{message}{examples}. They form the group 'unmapped'",
            path,
            hint=hint or "Add the spelling to the `values:` of a team.",
            # Where nothing maps, the column is likelier to be about other teams than misspelt.
            severity="error" if mapped and part > UNMAPPED_SHARE else "warning",
        )

    figures = {"filled": audits.filled(of), "mapped": audits.among(of, known)}
    return Claim(f"which teams {name} names", path, figures, judge)


def _holds_teams(audit: Audit, name: str) -> bool:
    return audit.workspace.world.graph.teams.holds(audit.name, name)


def _team_times(audit: Audit, name: str) -> Iterator[Claim]:
    """That the teams of a dimension existed at the times of their rows."""
    table, graph = audit.table, audit.workspace.world.graph
    if table.time is None or not _holds_teams(audit, name) or not audit.holds(table.time):
        return
    value, time = (graph.value(table.name, table.name, of) for of in (name, table.time))
    seen = team_view(graph.teams, "as_was", value, lambda: time, today=None)
    nobody = audits.among(seen, [UNMAPPED])
    spelled = audits.among(Cast(value, "text"), tuple(graph.teams.named), negated=True)

    def judge(found: Figures) -> Iterator[Finding]:
        filled, none = found["filled"], found["nobody"] - found["others"]
        if none > 0:
            yield audit.finding(
                "team-unmapped",
                f"{name!r} of {audit.title} names a team at a time at which there was none in "
                f"{audit.of_rows(none, filled)}. As it was, they form the group 'unmapped'",
                ("dimensions", name),
                hint="Mend `from:`, `until:` or `became:` of the team.",
                severity="error" if none / filled > UNMAPPED_SHARE else "warning",
            )

    figures = {"filled": audits.filled(value), "nobody": nobody, "others": spelled}
    yield Claim(f"whether the teams of {name} existed", ("dimensions", name), figures, judge)


# ── times ────────────────────────────────────────────────────────────────────────────────────


def _durations(audit: Audit) -> Iterator[Claim]:
    """That no row ends before it starts, for every metric of durations."""
    seen: set[tuple[str, str]] = set()
    for name, metric in audit.workspace.project.metrics.items():
        if not isinstance(metric, Duration) or metric.table != audit.name:
            continue
        ends = (metric.start, metric.end)
        timed = audit.holds(*ends) and all(map(audit.is_time, ends))
        if ends not in seen and timed:
            seen.add(ends)
            yield _duration(audit, name, metric)


def _duration(audit: Audit, name: str, metric: Duration) -> Claim:
    start, end = (audits.value(audit.table, column) for column in (metric.start, metric.end))
    place = audit.workspace.project.place("metrics", name)

    def judge(found: Figures) -> Iterator[Finding]:
        if found["reversed"]:
            yield Finding(
                "duration-negative",
                f"{metric.end!r} of {audit.title} lies before {metric.start!r} in "
                f"{audit.of_rows(found['reversed'], found['rows'])}; "
                f"that makes {name!r} too short",
                place,
                "Mend the source, or leave these rows out with a `filter:`.",
                "warning",
            )

    return Claim(f"durations of {name}", (), {"reversed": audits.reversed_times(start, end)}, judge)


def _freshness(audit: Audit) -> Iterator[Claim]:
    """That the table was loaded no longer ago than it allows."""
    table, now = audit.table, audit.workspace.now
    allowed = table.freshness
    if allowed is None or table.loaded_at is None or not audit.holds(table.loaded_at):
        return

    def judge(found: Figures) -> Iterator[Finding]:
        loaded = moment_of(found["loaded"])
        if loaded is None:
            return
        for key, severity in (("error_after", "error"), ("warn_after", "warning")):
            span = getattr(allowed, key)
            if span is not None and add(loaded, span) < now:
                hours = (now - loaded).total_seconds() / 3600
                ago = f"{hours:.0f} hours" if hours < 240 else f"{hours / 24:.0f} days"
                yield audit.finding(
                    "data-late",
                    f"{audit.title} was last loaded on {loaded:%Y-%m-%d at %H:%M}, "
                    f"{ago} ago; more than {span} is too long",
                    ("freshness", key),
                    hint="Look at the job that loads it."
                    + (" Its KPIs are stale until then." if severity == "error" else ""),
                    severity="error" if severity == "error" else "warning",
                )
                return

    figures = {"loaded": audits.latest(column_expression(table, audit.name, table.loaded_at))}
    yield Claim("the last load", ("freshness",), figures, judge)
