"""What decides a metric's figures, as one text: it, its inputs, what they use of their tables, and
how the company reckons days and money.

The text is canonical, so that its hash changes exactly when something in it does: keys that a
program of another version does not know are left out where they say nothing, and so are words,
owners and checks. From the text the metric can be read again as it was.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from sameboat.project.declared import Project
from sameboat.project.model import Shape, Table
from sameboat.questions.wanted import family, tables_of

WORDS = frozenset({"label", "description", "tags", "meta", "synonyms", "kind", "good"})
"""What is said of a definition without changing its figures."""

VERSIONED = frozenset({"version", "valid_from", "why"})
"""What is said of a change; it stands in the text and is no change by itself."""

_UPKEEP = frozenset(
    {"freshness", "loaded_at", "complete_after", "rollups", "checks", "produced_by", "subject",
     "personal", "pseudonymous", "dimensions", "entities"}
)  # fmt: skip
"""What a table says beside the rows that it holds; dimensions and entities come one by one."""

MONEY = ("currency", "currencies")
"""What decides the figures of metrics whose rows bear a currency."""

_WORD = re.compile(r"[A-Za-z0-9_]+")


def definition_of(project: Project, metric: str) -> dict[str, Any]:
    """The metrics and tables behind a metric's figures, as mappings that a project is made of.

    Its `root` holds the calendar and, of metrics that add up money of several currencies, how it
    is exchanged; what is as it would be without a word is left out.
    """
    metrics = {name: _plain(project.metrics[name]) for name in family(project, metric)}
    tables = {name: project.tables[name] for name in tables_of(project, metric)
              if name in project.tables}  # fmt: skip
    root = _reckoned(project, metrics, tables)
    used = _words_in(metrics)
    tables |= {
        name: table
        for name, table in project.tables.items()
        if used & table.entities.keys() and used & table.dimensions.keys()
    }
    shapes = {name: _table(table, used) for name, table in tables.items()}
    if "currencies" in root and (rates := project.tables.get(root["currencies"]["table"])):
        shapes.setdefault(rates.name, _table(rates, _words_in(root["currencies"])))
    return {"root": root, "metrics": metrics, "tables": dict(sorted(shapes.items()))}


def definition_text(project: Project, metric: str) -> str:
    """The same as one canonical text."""
    return _text(definition_of(project, metric))


def definition_hash(project: Project, metric: str) -> str:
    """A hash of all that decides a metric's figures, and of the version that it bears."""
    found = definition_of(project, metric)
    return hashlib.sha256(_text(_without_why(found)).encode()).hexdigest()[:16]


def differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Which keys of which metric or table differ: (section, name, key), versions left out.

    A dimension's key is `dimensions.name`. What only one side has is told by what uses it. What
    the company reckons by is of the section `root`, with `calendar` and `currencies` as names;
    texts that older programs recorded do not hold it, which is no difference.
    """
    found = []
    if "root" in before and "root" in after:
        found += _differing_root(before["root"], after["root"])
    for section in ("metrics", "tables"):
        for name in before[section].keys() & after[section].keys():
            old, new = _flat(before[section][name]), _flat(after[section][name])
            one_sided = {key for key in old.keys() ^ new.keys() if "." in key}
            keys = (old.keys() | new.keys()) - one_sided - VERSIONED - WORDS
            found += [(section, name, key) for key in keys if old.get(key) != new.get(key)]
    return sorted(found)


def _differing_root(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    days = (old.get("calendar", {}), new.get("calendar", {}))
    found = [
        ("root", "calendar", key)
        for key in days[0].keys() | days[1].keys()
        if days[0].get(key) != days[1].get(key)
    ]
    money = old.keys() & new.keys() & {*MONEY}
    return found + [("root", "currencies", key) for key in money if old[key] != new[key]]


def _flat(shape: Mapping[str, Any]) -> dict[str, Any]:
    """A table with each of its dimensions and entities under a key of its own."""
    found: dict[str, Any] = {}
    for key, value in shape.items():
        if key in ("dimensions", "entities"):
            found |= {f"{key}.{name}": declared for name, declared in value.items()}
        else:
            found[key] = value
    return found


def _without_why(found: Mapping[str, Any]) -> dict[str, Any]:
    metrics = {
        name: {key: value for key, value in shape.items() if key not in ("why", *WORDS)}
        for name, shape in found["metrics"].items()
    }
    told = {key: of for key, of in found.items() if key != "root" or of}
    return {**told, "metrics": metrics}


def _reckoned(
    project: Project, metrics: Mapping[str, Any], tables: Mapping[str, Table]
) -> dict[str, Any]:
    """What of the company's own settings decides the figures of these metrics."""
    found: dict[str, Any] = {}
    calendar = {key: of for key, of in _plain(project.root.calendar).items() if "spine" not in key}
    if calendar:
        found["calendar"] = calendar
    if any("currency" in shape for shape in metrics.values()) or any(
        table.currency is not None for table in tables.values()
    ):
        money = _plain(project.root)
        found |= {key: money[key] for key in MONEY if key in money}
    return found


def _text(found: Mapping[str, Any]) -> str:
    return json.dumps(found, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _plain(shape: Shape) -> dict[str, Any]:
    """The keys of a shape that say something, spelled as files spell them."""
    found = {}
    for name, field in type(shape).model_fields.items():
        value = getattr(shape, name)
        if name != "name" and value != field.get_default(call_default_factory=True):
            found[field.alias or name] = _value(value)
    return found


def _value(value: Any) -> Any:
    match value:
        case Shape():
            return _plain(value)
        case Mapping():
            return {str(key): _value(of) for key, of in value.items()}
        case tuple() | list():
            return [_value(of) for of in value]
        case bool() | int() | float() | str() | None:
            return value
    return str(value)  # days, moments and lengths of time are read again from their texts


def _words_in(value: object) -> frozenset[str]:
    """Every name that stands somewhere in the metrics, the steps of a path each."""
    text = json.dumps(value, ensure_ascii=False)
    return frozenset(step for word in _WORD.findall(text) for step in word.split("__") if step)


def _table(table: Table, used: frozenset[str]) -> dict[str, Any]:
    """What metrics use of a table: its rows, and the dimensions and entities that they name."""
    plain = {key: of for key, of in _plain(table).items() if key not in _UPKEEP | WORDS}
    wanted = used | {table.time}
    for section in ("dimensions", "entities"):
        named = {
            name: {key: of for key, of in _plain(declared).items() if key not in WORDS}
            for name, declared in getattr(table, section).items()
            if name in wanted
        }
        if named:
            plain[section] = named
    return plain
