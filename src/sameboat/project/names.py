"""What an object may be called."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from sameboat.errors import Finding
from sameboat.project.places import Path, Places
from sameboat.project.sql_text import quoted

LONGEST = 100
"""Characters that a name may have."""

KEYWORDS = frozenset(
    {
        "and", "as", "between", "case", "cast", "else", "end", "extract", "false", "from", "ilike",
        "in", "interval", "is", "like", "not", "null", "or", "select", "then", "true", "try_cast",
        "when",
    }
)  # fmt: skip
"""Words of expressions: no metric, dimension or entity may bear them."""

RESERVED = frozenset({"metric_time"})
"""Names with a meaning of their own in requests."""

_LEGAL = re.compile(r"[a-z][a-z0-9_]*")


def legal(name: str, *, in_expressions: bool = False) -> bool:
    """Whether a name can be used in requests.

    Names are lower-case letters, digits and single underscores and begin with a letter; `__`
    joins names in requests, so it may not stand within one. What expressions and requests name
    (`in_expressions`) may not be a keyword or reserved.
    """
    return (
        _LEGAL.fullmatch(name) is not None
        and "__" not in name
        and not name.endswith("_")
        and len(name) <= LONGEST
        and not (in_expressions and name in KEYWORDS | RESERVED)
    )


def suggestion(name: str) -> str | None:
    """A legal name near an illegal one, or None when nothing of it is left.

    >>> suggestion("Größe (net)")
    'grosse_net'
    """
    plain = unicodedata.normalize("NFKD", name.replace("ß", "ss")).encode("ascii", "ignore")
    split = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", plain.decode())
    found = re.sub(r"[^a-z0-9]+", "_", split.lower()).strip("_")[:LONGEST].strip("_")
    if found and not found[0].isalpha():
        found = f"n_{found}"
    if found in KEYWORDS | RESERVED:
        found = f"{found}_value"
    return found or None


def words(name: str) -> tuple[str, ...]:
    """The words of a name, in lower case.

    >>> words("SalesOrderID"), words("_fivetran_synced"), words("Order date")
    (('sales', 'order', 'id'), ('fivetran', 'synced'), ('order', 'date'))
    """
    split = re.sub(r"(?<=[A-Z])(?=[A-Z][a-z])", "_", name)
    return tuple(part for part in (suggestion(split) or "").split("_") if part)


def spelled(column: str) -> str:
    """A column as expressions name it.

    >>> spelled("amount"), spelled("Order Date"), spelled("case")
    ('amount', '"Order Date"', '"case"')
    """
    plain = re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", column) and column.lower() not in KEYWORDS
    return column if plain and "__" not in column else quoted(column)


def shown(text: str) -> str:
    """A text in quotes as messages show it, cut when it is long."""
    return repr(text if len(text) <= 60 else f"{text[:57]}…")


def article(noun: str) -> str:
    """A noun with its article.

    >>> article("entity"), article("KPI")
    ('an entity', 'a KPI')
    """
    return f"{'an' if noun[0] in 'aeio' else 'a'} {noun}"


def name_findings(
    names: Iterable[str], noun: str, path: Path, places: Places, *, in_expressions: bool = False
) -> Iterable[Finding]:
    """A finding for each name that cannot be used, with a name that can."""
    for name in names:
        if legal(name, in_expressions=in_expressions):
            continue
        offered = suggestion(name)
        yield Finding(
            "illegal-name",
            f"{shown(name)} cannot name {article(noun)}: {_why(name)}",
            places.key((*path, name)),
            f"Call it {offered!r}, and set 'label' for what people read." if offered else None,
        )


def _why(name: str) -> str:
    if name in RESERVED:
        return "it has a meaning of its own in requests"
    if name in KEYWORDS:
        return "it is a word of expressions"
    if len(name) > LONGEST:
        return f"it has more than {LONGEST} characters"
    if "__" in name:
        return "'__' joins names in requests"
    return "names are lower-case letters, digits and single underscores, and begin with a letter"
