"""What the names of columns and tables say: their words, without the usual prefixes and endings."""

from __future__ import annotations

import re

from sameboat.project.names import suggestion, words

KEY_ENDINGS = frozenset(
    {"id", "ids", "key", "number", "no", "nr", "code", "uuid", "guid", "pk", "fk", "sku", "ref"}
)
"""Last words of columns that identify something."""

_NOISE_FIRST = frozenset({"dim", "fact", "fct", "stg", "tbl", "raw", "src", "export"})
_NOISE_LAST = frozenset({"data", "export", "table", "dump", "csv"})
_IRREGULAR = {"people": "person", "series": "series", "news": "news", "status": "status"}


def without_key(name: str) -> tuple[str, ...]:
    """The words of a key's name without what says that it is a key.

    >>> without_key("ParentAccountKey"), without_key("id"), without_key("customer_alternate_key")
    (('parent', 'account'), (), ('customer',))
    """
    found = list(words(name))
    while found and (found[-1] in KEY_ENDINGS or found[-1] == "alternate"):
        found.pop()
    return tuple(found)


def names_a_key(name: str) -> bool:
    """Whether a name is one of a key.

    >>> names_a_key("account_id"), names_a_key("amount")
    (True, False)
    """
    found = words(name)
    return bool(found) and found[-1] in KEY_ENDINGS


def singular(name: str) -> str:
    """A table's name for one of its rows.

    >>> singular("opportunities"), singular("sales_territory"), singular("addresses")
    ('opportunity', 'sales_territory', 'address')
    """
    head, _, last = name.rpartition("_")
    if last in _IRREGULAR:
        one = _IRREGULAR[last]
    elif last.endswith("ies") and len(last) > 4:
        one = last[:-3] + "y"
    elif last.endswith(("sses", "xes", "ches", "shes")):
        one = last[:-2]
    elif last.endswith("s") and not last.endswith(("ss", "us", "is")) and len(last) > 3:
        one = last[:-1]
    else:
        one = last
    return f"{head}_{one}" if head else one


def plural(name: str) -> str:
    """What many rows of a table are called.

    >>> plural("opportunity"), plural("sales"), plural("box"), plural("person")
    ('opportunities', 'sales', 'boxes', 'people')
    """
    numbered = re.fullmatch(r"(.+)_(\d+)", name)
    if numbered:
        return f"{plural(numbered[1])}_{numbered[2]}"
    if name.endswith("person"):
        return name.removesuffix("person") + "people"
    if name.endswith("y") and name[-2:-1] not in "aeiou":
        return name[:-1] + "ies"
    if name.endswith(("s", "x", "ch", "sh")):
        return name if name.endswith("s") and not name.endswith("ss") else name + "es"
    return name + "s"


def shown(name: str) -> str:
    """A name as people read it.

    >>> shown("won_revenue")
    'Won revenue'
    """
    return name.replace("_", " ").capitalize()


def table_names(stems: list[str]) -> list[str]:
    """A legal name for each file or sheet, all different, without what they have in common.

    >>> table_names(["DimCustomer", "FactSales"]), table_names(["sf_lead_data", "sf_user_data"])
    (['customer', 'sales'], ['lead', 'user'])
    >>> table_names(["deals", "Deals", "2024"])
    ['deals', 'deals_2', 'n_2024']
    """
    split = [_split(stem) for stem in stems]
    if len(split) > 2 or any("data" in parts for parts in split):
        split = _without_common_prefix(split)
    names: list[str] = []
    for stem, parts in zip(stems, split, strict=True):
        plain = suggestion("_".join(_bare(parts))) or suggestion(stem) or "table"
        name, count = plain, 2
        while name in names:
            name, count = f"{plain}_{count}", count + 1
        names.append(name)
    return names


def _split(stem: str) -> list[str]:
    return list(words(stem)) or ["table"]


def _without_common_prefix(split: list[list[str]]) -> list[list[str]]:
    shared = len(split) > 1 and len({parts[0] for parts in split}) == 1
    return [parts[1:] for parts in split] if shared and min(map(len, split)) > 1 else split


def _bare(parts: list[str]) -> list[str]:
    if len(parts) > 1 and parts[0] in _NOISE_FIRST:
        parts = parts[1:]
    if len(parts) > 1 and parts[-1] in _NOISE_LAST:
        parts = parts[:-1]
    return parts
