"""Ossie documents of every version and spelling, read to one shape and written in two.

Version 0.1.1 lists its models under `semantic_model`; drafts of 0.2.0 did so too, and the later
ones put the one model of a document at its root. YAML and JSON are the same to all of them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sameboat.errors import Finding, Place, ProjectError
from sameboat.project.diagnosis import describe
from sameboat.project.formats.native import text as yaml_text
from sameboat.project.formats.raw import joined
from sameboat.project.places import Mark
from sameboat.project.reading import read

Version = Literal["0.1.1", "0.2.0.dev0"]
NEWEST: Version = "0.2.0.dev0"
VERSIONS: tuple[Version, ...] = ("0.1.1", "0.2.0.dev0")
"""The versions that are written; 0.2.0 is a draft of its authors still."""

_READ = ("0.1", "0.2")
_VENDORS: Mapping[str, str] = {"0.1.1": "COMMON", "0.2.0.dev0": "SAMEBOAT"}
"""Under which vendor our own extension travels: 0.1.1 allows only the vendors that it lists."""

OURS = "sameboat"
"""The key of our own data in an extension."""

_ORDER = (
    "version", "name", "description", "label", "source", "from", "to", "from_columns",
    "to_columns", "primary_key", "unique_keys", "dialect", "expression", "datatype", "dimension",
    "ai_context", "datasets", "fields", "relationships", "metrics", "custom_extensions",
)  # fmt: skip


@dataclass(frozen=True)
class Ossie:
    """The semantic models of a document, each with its marks, and what is worth saying."""

    version: str
    models: tuple[tuple[Mapping[str, Any], Mark], ...]
    ai_context: Any = None
    notices: tuple[Finding, ...] = ()


def standard(said: str) -> dict[str, Any]:
    """An expression in standard SQL alone, as a document has it."""
    return {"dialects": [{"dialect": "ANSI_SQL", "expression": said}]}


def is_ossie(value: object) -> bool:
    """Whether a document looks like Ossie: datasets at its root or in its models."""
    if not isinstance(value, Mapping):
        return False
    listed = value.get("semantic_model")
    models = listed if isinstance(listed, list) else [listed if listed is not None else value]
    return bool(models) and all(
        isinstance(model, Mapping) and isinstance(model.get("datasets"), list) for model in models
    )


def parse(data: bytes, file: str) -> Ossie:
    """The models of a document.

    Raises ProjectError where it cannot be read, or is no Ossie document.
    """
    documents = [found for found in read(joined(data), file) if found.value is not None]
    value = documents[0].value if documents else None
    if len(documents) != 1 or not is_ossie(value) or not isinstance(value, Mapping):
        raise ProjectError(
            "not-ossie",
            f"this is no Ossie document: it has no 'datasets'; {describe(value)}",
            where=Place(file),
        )
    document = documents[0]
    if document.findings:
        raise ProjectError.of(document.findings)
    parts = document.mark.parts or {}
    version = str(value.get("version", ""))
    listed = value.get("semantic_model")
    if listed is None:
        models: tuple[tuple[Mapping[str, Any], Mark], ...] = ((value, document.mark),)
    elif isinstance(listed, list):
        below = parts["semantic_model"].parts or {}
        models = tuple((model, below.get(at, document.mark)) for at, model in enumerate(listed))
    else:
        models = ((listed, parts["semantic_model"]),)
    context = value.get("ai_context") if listed is not None else None
    return Ossie(version, models, context, _about_version(version, file))


def _about_version(version: str, file: str) -> tuple[Finding, ...]:
    if version.startswith(_READ):
        return ()
    said = f"is of version {version}, which is not known" if version else "does not say its version"
    message = f"the document {said}; it is read as {NEWEST}"
    return (Finding("format-version", message, Place(file), severity="notice"),)


def serialised(model: Mapping[str, Any], version: Version, *, as_json: bool = False) -> str:
    """The text of a document with one model, in the spelling of its version."""
    ordered = _ordered(model)
    content = (
        {"version": version, "semantic_model": [ordered]}
        if version == "0.1.1"
        else {"version": version, **ordered}
    )
    if as_json:
        return json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    return yaml_text(content, modeline=False)


def _ordered(value: Any) -> Any:
    if isinstance(value, Mapping):
        keys = sorted(value, key=lambda key: _ORDER.index(key) if key in _ORDER else len(_ORDER))
        return {key: _ordered(value[key]) for key in keys}
    return [_ordered(item) for item in value] if isinstance(value, list) else value


# ── extensions ───────────────────────────────────────────────────────────────────────────────


def extension(data: Mapping[str, Any], version: Version) -> dict[str, str]:
    """Our own extension with these data."""
    written = json.dumps({OURS: data}, ensure_ascii=False, sort_keys=True)
    return {"vendor_name": _VENDORS[version], "data": written}


def own_data(raw: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """What our own extension of an object says, or None where it has none."""
    for found in _extensions(raw):
        data = _data(found)
        if data is not None:
            return data
    return None


def foreign_extensions(raw: Mapping[str, Any]) -> Sequence[Any]:
    """The extensions of other vendors."""
    return [found for found in _extensions(raw) if _data(found) is None]


def _extensions(raw: Mapping[str, Any]) -> Sequence[Any]:
    found = raw.get("custom_extensions")
    return found if isinstance(found, list) else ()


def _data(found: object) -> Mapping[str, Any] | None:
    data = found.get("data") if isinstance(found, Mapping) else None
    if not isinstance(data, str) or f'"{OURS}"' not in data:
        return None
    try:
        said = json.loads(data)
    except ValueError:
        return None
    own = said.get(OURS) if isinstance(said, Mapping) else None
    return own if isinstance(own, Mapping) else None


def stamp(*objects: Any) -> str:
    """A short text that changes when one of the objects does, our own extensions left aside."""
    content = [
        {**found, "custom_extensions": list(foreign_extensions(found))}
        if isinstance(found, Mapping)
        else found
        for found in objects
    ]
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
