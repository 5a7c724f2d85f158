"""The semantic objects that dbt's files declare, one by one, with their places."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sameboat.errors import Finding
from sameboat.project.diagnosis import describe
from sameboat.project.places import Mark
from sameboat.project.reading import Document

Kind = Literal["semantic_model", "model", "metric", "saved_query", "project_configuration"]

_SINGULAR: tuple[Kind, ...] = ("semantic_model", "metric", "saved_query", "project_configuration")
_PLURAL: Mapping[str, Kind] = {
    "semantic_models": "semantic_model",
    "models": "model",
    "metrics": "metric",
    "saved_queries": "saved_query",
}

_OF_MODELS = ("semantic_model", "time_spine")
"""Keys that give an entry of `models:` a meaning here."""


@dataclass(frozen=True)
class Piece:
    """One object as it is written; `fault` says why it cannot be read at all."""

    kind: Kind
    raw: Mapping[str, Any]
    mark: Mark
    compiled: bool = False
    """Whether it comes from the manifest, which dbt makes from the files."""
    fault: str | None = None


def pieces(documents: Sequence[Document], *, compiled: bool = False) -> tuple[Piece, ...]:
    """Every semantic object of a file's documents, in their order; disabled ones left out.

    What is wrong with a document's YAML is the fault of the object in which it stands.
    """
    found: list[Piece] = []
    for document in documents:
        own = list(_of_document(document.value, document.mark, compiled))
        found += _with_faults(own, document.findings)
    return tuple(
        piece
        for piece in found
        if not _is_disabled(piece.raw) and (piece.kind != "model" or _is_semantic(piece.raw))
    )


def _of_document(value: object, mark: Mark, compiled: bool) -> Iterator[Piece]:
    if not isinstance(value, Mapping):
        return
    for key, item in value.items():
        at = (mark.parts or {}).get(key, mark)
        if key in _SINGULAR and item is not None:
            yield _piece(key, item, at, compiled)
        elif key in _PLURAL and isinstance(item, list):
            kind = _PLURAL[key]
            for position, entry in enumerate(item):
                yield _piece(kind, entry, (at.parts or {}).get(position, at), compiled)


def _is_semantic(entry: Mapping[str, Any]) -> bool:
    return any(entry.get(key) for key in _OF_MODELS)


def _is_disabled(entry: Mapping[str, Any]) -> bool:
    """Whether dbt itself leaves an object out."""
    config = entry.get("config")
    return isinstance(config, Mapping) and config.get("enabled") is False


def _piece(kind: Kind, item: object, mark: Mark, compiled: bool) -> Piece:
    if isinstance(item, Mapping):
        return Piece(kind, item, mark, compiled)
    return Piece(kind, {}, mark, compiled, f"it must be a mapping of keys; {describe(item)}")


def _with_faults(found: list[Piece], findings: Sequence[Finding]) -> list[Piece]:
    """The pieces, each with the first fault of the YAML inside it."""
    faults: dict[int, str] = {}
    for finding in findings:
        before = [
            at
            for at, piece in enumerate(found)
            if finding.where is None or piece.mark.value <= finding.where
        ]
        if before:
            hint = f" {finding.hint}" if finding.hint else ""
            faults.setdefault(before[-1], f"{finding.message}.{hint}")
    return [
        Piece(piece.kind, piece.raw, piece.mark, piece.compiled, faults.get(at, piece.fault))
        for at, piece in enumerate(found)
    ]
