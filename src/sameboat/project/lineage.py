"""Which source columns the columns of a `sql:` table come from, so that privacy is inherited.

The SQL is reviewed project text that names other tables as `{{ table('x') }}`. What cannot be
traced with certainty is refused: an unseen path from a pseudonymous column to an output would
show it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

from sameboat.errors import ProjectError
from sameboat.project.sql_text import quoted

_TABLE = re.compile(r"\{\{-?\s*table\(\s*(?:'([^'{}]+)'|\"([^\"{}]+)\")\s*\)\s*-?\}\}")
_JINJA = re.compile(r"\{\{|\{%|\{#")


def tables_in(sql: str) -> tuple[str, ...]:
    """The tables that the SQL names, each once, in the order of their first mention.

    >>> tables_in("select * from {{ table('a') }} join {{ table('b') }} using (id)")
    ('a', 'b')
    """
    found = (match[1] or match[2] for match in _TABLE.finditer(sql))
    return tuple(dict.fromkeys(found))


def plain_sql(sql: str) -> str:
    """The SQL with each `{{ table('x') }}` as the quoted name of the table.

    Raises ProjectError `jinja-not-allowed` where any other template expression stands.

    >>> plain_sql("select 1 from {{ table('deals') }}")
    'select 1 from "deals"'
    """
    text = _TABLE.sub(lambda match: quoted(match[1] or match[2]), sql).strip().rstrip(";")
    left = _JINJA.search(text)
    if left:
        piece = text[left.start() : left.start() + 40].splitlines()[0]
        raise ProjectError(
            "jinja-not-allowed",
            f"{piece!r} is not allowed in the SQL of a table.",
            hint="Only {{ table('name') }} is.",
        )
    return text


def revealing(
    sql: str, *, columns: Mapping[str, Sequence[str]], hidden: Mapping[str, Collection[str]]
) -> frozenset[str]:
    """The output columns that show values of a hidden column, in lower case.

    `columns` are those of every table that the SQL names, `hidden` some of them. Counting,
    testing for null and partitioning or ordering by a column show nothing of its values. Raises
    ProjectError `lineage-failed` where the answer is not certain.
    """
    from sameboat.project.traces import trace  # sqlglot: .1 s, and few projects need it

    names = {name.lower() for held in hidden.values() for name in held}
    secret = {
        (table.lower(), name.lower()) for table, held in hidden.items() for name in held
    }  # fmt: skip
    found = trace(plain_sql(sql), columns=columns, ambiguous=frozenset(names))
    return frozenset(output for output, sources in found.items() if sources & secret)
