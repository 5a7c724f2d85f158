"""Names and texts as SQL spells them, for the rooms that hand project values to an engine."""

from __future__ import annotations


def literal(value: str) -> str:
    """A text as an SQL literal.

    >>> literal("it's")
    "'it''s'"
    """
    return "'" + value.replace("'", "''") + "'"


def quoted(name: str) -> str:
    """A name as a quoted SQL identifier.

    >>> quoted("region")
    '"region"'
    """
    return '"' + name.replace('"', '""') + '"'
