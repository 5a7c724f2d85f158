"""Columns about persons where they may not be."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from sameboat.errors import Finding
from sameboat.project.model import Table
from sameboat.project.uses import Use
from sameboat.project.vocabulary import Vocabulary

_PERSONAL = re.compile(
    r"(?:.*_)?(?:e_?mail|phone|mobile|first_?name|last_?name|full_?name|surname|user_?name"
    r"|birth_?(?:date|day)|date_of_birth|ssn|social_security|passport|ip_?address|home_address"
    r"|person(?:_?id|_name)?|employee(?:_?id|_name)?|staff_?(?:id|name)|agent(?:_?id|_name)?"
    r"|assignee(?:_?id|_name)?|owner_name|user_?id|contact_?id|salary)(?:_.*)?"
)

Columns = Mapping[str, Mapping[str, str]]


def looks_personal(column: str) -> bool:
    """Whether a column's name suggests that it is about one person.

    >>> looks_personal("OwnerEmail"), looks_personal("amount")
    (True, False)
    """
    plain = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", column).lower().replace(" ", "_")
    return _PERSONAL.fullmatch(plain) is not None


def privacy(known: Vocabulary, used: tuple[Use, ...], columns: Columns | None) -> Iterator[Finding]:
    """A finding for every use of a column that would show a person."""
    for use in used:
        for table in use.tables:
            yield from _shown(known, use, table)
    for name, table in known.project.tables.items():
        yield from _undeclared(known, name, table, (columns or {}).get(name))


def _shown(known: Vocabulary, use: Use, table: Table) -> Iterator[Finding]:
    personal = {name.casefold() for name in table.personal}
    hashed = {name.casefold() for name in table.pseudonymous}
    where = known.project.place(*use.path)
    for column in use.columns:
        if use.way in ("filter", "plan") and column in table.dimensions:
            continue  # the dimension's own expression is judged where it stands
        if column.casefold() in personal:
            yield Finding(
                "personal-column",
                f"{column!r} is personal in table {table.name!r}: no expression can see it",
                where,
                "If rows are counted or joined by it, declare it under 'pseudonymous' instead.",
            )
        elif column.casefold() in hashed and not _may_be_hashed(use, column):
            yield Finding(
                "pseudonymous-column",
                f"{column!r} is pseudonymous in table {table.name!r}: it can be counted "
                "(count_distinct) and joined, not shown or compared",
                where,
            )


def _may_be_hashed(use: Use, column: str) -> bool:
    return use.way == "entity" or (use.way == "distinct" and use.text.strip() == column)


def _undeclared(
    known: Vocabulary, name: str, table: Table, columns: Mapping[str, str] | None
) -> Iterator[Finding]:
    """A warning where a table looks as if its rows were about persons and does not say so."""
    safe = {column.casefold() for column in (*table.personal, *table.pseudonymous)}
    seen = columns if columns is not None else _named(table)
    suspects = [column for column in seen if looks_personal(column)]
    open_ = [column for column in suspects if column.casefold() not in safe]
    if table.subject is None and (suspects or safe):
        first = (suspects or [*table.personal, *table.pseudonymous])[0]
        yield Finding(
            "subject-undeclared",
            f"table {name!r} looks personal ({first}), and no floor protects small groups in it",
            known.project.place("tables", name),
            "Say whose data a row is: 'subject: employee', 'contact', 'account' or 'none'.",
            "warning",
        )
    if open_:
        yield Finding(
            "personal-undeclared",
            f"table {name!r} has columns that look personal: {', '.join(open_)}",
            known.project.place("tables", name),
            "List them under 'personal' (never loaded) or 'pseudonymous' (hashed).",
            "warning",
        )


def _named(table: Table) -> tuple[str, ...]:
    """The columns that a table's declaration names."""
    named = [made.expr or name for name, made in table.dimensions.items()]
    for name, entity in table.entities.items():
        named += entity.expr or (name,)
    return tuple(dict.fromkeys(named))
