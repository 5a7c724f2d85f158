"""What a table's keys lead to: partners that are missing, nearly spelled, or there twice."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sameboat.compiler import audits
from sameboat.compiler.joins import Hop, validity_of
from sameboat.errors import Finding, SameboatError, Severity
from sameboat.project.declared import Project
from sameboat.project.model import Retention
from sameboat.project.places import Step
from sameboat.questions.audit import Audit, listed_values, share
from sameboat.questions.workspace import Workspace

EXAMPLES = 3
"""How many keys are shown at most."""

_COMPARED = 5000
"""Up to how many keys of the other table a misspelt key is compared with each of them."""

_ALIKE = 0.8
"""How alike two texts must be to be shown as one misspelling of the other."""


def key_findings(audit: Audit, others: Mapping[str, Audit]) -> Iterator[Finding]:
    """Every finding about a table's foreign keys, versions and segments."""
    asked = {rule["matches"]: at for at, rule in enumerate(audit.table.checks) if "matches" in rule}
    for hop in audit.workspace.world.graph.hops_from(audit.name):
        other = others.get(hop.target)
        foreign = audit.table.entities[hop.entity].type == "foreign" and not audit.gate
        # In a refresh only declared checks are made: nothing else makes unmatched keys an error.
        if other is None or not (foreign or hop.entity in asked):
            continue
        asked.pop(hop.entity, None)
        try:
            yield from _unmatched(audit, other, hop)
        except SameboatError as error:
            yield from audit.unchecked(f"the key {hop.entity!r}", error, ("entities", hop.entity))
    for entity, at in asked.items():
        nowhere = SameboatError("no-join-path", "no table that can be read holds that entity")
        yield from audit.unchecked(f"matches: {entity}", nowhere, ("checks", at))
    yield from _versions(audit)
    if not audit.gate:
        yield from _segments(audit)


def _key(audit: Audit, entity: str) -> tuple[str, ...]:
    return audit.table.entities[entity].expr or (entity,)


def _asked(audit: Audit, entity: str) -> tuple[int, float] | None:
    """Which check of the table asks for matches of an entity, and for what share of them."""
    for at, rule in enumerate(audit.table.checks):
        if rule.get("matches") == entity:
            least = rule.get("at_least", 1.0)
            return at, float(least) if isinstance(least, (int, float)) else 1.0
    return None


# ── foreign keys ─────────────────────────────────────────────────────────────────────────────


def _unmatched(audit: Audit, other: Audit, hop: Hop) -> Iterator[Finding]:
    """Keys without a partner: an error under what a check asks, else a warning or a notice."""
    near, far = _key(audit, hop.entity), _key(other, hop.entity)
    if len(near) != len(far) or not audit.holds(*near) or not other.holds(*far):
        return
    world, spelling = audit.workspace.world, audit.workspace.dialect
    [found] = audit.ask(audits.matches_sql(world, hop, spelling))
    rows, matched = int(found["rows"] or 0), int(found["matched_rows"] or 0)
    if matched == rows:
        return
    asked = _asked(audit, hop.entity)
    path: tuple[Step, ...] = ("entities", hop.entity)
    code, severity, wanted = "key-unmatched", "warning", ""
    if asked is not None:
        severity = "notice"
        if matched < asked[1] * rows:
            code, severity, path = "check-matches", "error", ("checks", asked[0])
            wanted = f"; at least {share(asked[1])} of rows must match"
        elif audit.gate:
            return
    message = (
        f"{listed_values(near)} of {audit.title} leads to no row of table {hop.target!r} in "
        f"{audit.of_rows(rows - matched, rows)}, "
        f"{audit.many(found['keys'] - found['matched_keys'], 'different key')}{wanted}"
    )
    examples, hint = ("", None) if audit.gate else _examples(audit, other, hop)
    hint = hint or "Such rows have no segment of that table; load what is missing."
    level: Severity = severity  # type: ignore[assignment]
    yield audit.finding(code, message + examples, path, hint=hint, severity=level)


def _examples(audit: Audit, other: Audit, hop: Hop) -> tuple[str, str | None]:
    """Some of the keys where they may be told, and what they may have meant."""
    near, far = _key(audit, hop.entity), _key(other, hop.entity)
    if len(near) > 1 or not audit.may_tell(*near) or not other.may_tell(*far):
        return "", None
    world, spelling = audit.workspace.world, audit.workspace.dialect
    sql = audits.unmatched_sql(world, hop, limit=EXAMPLES + 1, spelling=spelling)
    missing = [row["key"] for row in audit.ask(sql)]
    pairs = _pairs(audit, hop)
    if not pairs and missing and isinstance(missing[0], str):
        pairs = _alike(audit, hop, [key for key in missing if isinstance(key, str)])
    if pairs:
        told = ", ".join(f"'{key}' / '{partner}'" for key, partner in pairs)
        return f"; near misses: {told}", "Spell the keys alike where the two tables come from."
    return f": {listed_values(missing[:EXAMPLES], more=len(missing) > EXAMPLES)}", None


def _pairs(audit: Audit, hop: Hop) -> list[tuple[str, str]]:
    """Keys that differ from a partner by case, spaces and signs only."""
    world, spelling = audit.workspace.world, audit.workspace.dialect
    sql = audits.near_misses_sql(world, hop, limit=4 * EXAMPLES, spelling=spelling)
    found: dict[str, str] = {}
    for row in audit.ask(sql):
        found.setdefault(str(row["key"]), str(row["near"]))
    return list(found.items())[:EXAMPLES]


def _alike(audit: Audit, hop: Hop, missing: Sequence[str]) -> list[tuple[str, str]]:
    """Keys that look like a misspelling of a partner; numbers in them must agree."""
    world, spelling = audit.workspace.world, audit.workspace.dialect
    sql = audits.keys_sql(world, hop, limit=_COMPARED + 1, spelling=spelling)
    known = [row["key"] for row in audit.ask(sql) if isinstance(row["key"], str)]
    if len(known) > _COMPARED:
        return []
    return [(key, partner) for key in missing[:EXAMPLES] if (partner := nearest(key, known))]


def nearest(key: str, known: Sequence[str]) -> str | None:
    """The known key that a key may be a misspelling of.

    Neighbours such as `A-17` and `A-18` are two things, not one misspelt.

    >>> nearest("Marketng", ["Marketing", "Sales"]), nearest("A-17", ["A-18"])
    ('Marketing', None)
    """
    digits = re.sub(r"\D", "", key)
    same = [text for text in known if re.sub(r"\D", "", text) == digits]
    found = difflib.get_close_matches(key, same, n=1, cutoff=_ALIKE)
    return found[0] if found else None


# ── versions and segments ────────────────────────────────────────────────────────────────────


def _versions(audit: Audit) -> Iterator[Finding]:
    """That no two versions of one entity hold at the same time."""
    table = audit.table
    ends = validity_of(table)
    if ends is None or not audit.holds(*ends):
        return
    world, spelling = audit.workspace.world, audit.workspace.dialect
    for name, entity in table.entities.items():
        if entity.type != "natural" or not audit.holds(*_key(audit, name)):
            continue
        try:
            [found] = audit.ask(audits.overlaps_sql(world, table, name, spelling))
        except SameboatError as error:
            yield from audit.unchecked(f"the versions of {name!r}", error, ("entities", name))
            continue
        if found["keys"]:
            yield audit.finding(
                "versions-overlap",
                f"{audit.many(found['keys'], 'key')} of {name!r} in {audit.title} with versions "
                "that hold at the same time; a join at that time would multiply rows",
                ("entities", name),
                hint=f"End each version ({ends[1]}) where the next one starts ({ends[0]}).",
            )


def _segments(audit: Audit) -> Iterator[Finding]:
    """That rows of one entity and period, which retention adds up, lie in one segment."""
    for metric, dimension in retained_by(audit.workspace.project, audit.name):
        known = metric.entity in audit.table.entities and audit.table.time is not None
        if not known or not audit.holds(dimension, *_key(audit, metric.entity)):
            continue
        try:
            [found] = _mixed(audit.workspace, audit, metric, dimension)
        except SameboatError as error:
            yield from audit.unchecked(f"the segment {dimension!r}", error)
            continue
        if found["mixed"]:
            yield audit.finding(
                "several-segments",
                f"{audit.said(found['mixed'])} of {audit.said(found['keys'])} rows of "
                f"{metric.entity!r} by {metric.period} in {audit.title} have several values of "
                f"{dimension!r}; {metric.name!r} by it counts each of them with a part only",
                ("dimensions", dimension),
                hint="Give an entity one segment per period, or segment by its own table.",
                severity="warning",
            )


def _mixed(
    workspace: Workspace, audit: Audit, metric: Retention, dimension: str
) -> list[dict[str, Any]]:
    sql = audits.mixed_sql(
        workspace.world,
        audit.table,
        metric.entity,
        time=audit.table.time or "",
        grain=metric.period,
        dimension=dimension,
        spelling=workspace.dialect,
    )
    return audit.ask(sql)


def retained_by(project: Project, table: str) -> Iterator[tuple[Retention, str]]:
    """The retention metrics over a table with each of its dimensions that a KPI is shown by."""
    seen: set[tuple[str, str]] = set()
    for kpi in project.kpis.values():
        metric = project.metrics.get(kpi.metric)
        if not isinstance(metric, Retention) or metric.table != table:
            continue
        for dimension in kpi.by:
            own = project.tables[table].dimensions
            if dimension in own and (metric.name, dimension) not in seen:
                seen.add((metric.name, dimension))
                yield metric, dimension
