"""Hand a project's definitions over to another program, in its format."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

from sameboat.errors import Finding
from sameboat.project.formats.dbt.write import exported as to_dbt
from sameboat.project.formats.ossie.document import NEWEST, Version
from sameboat.project.formats.ossie.write import exported as to_ossie
from sameboat.project.load import load
from sameboat.sources.publish import publish

Target = Literal["dbt", "ossie"]


@dataclass(frozen=True)
class HandedOver:
    """The text that was written, and what could not be said in it."""

    text: str
    notices: tuple[Finding, ...]


def hand_over(
    folder: Path,
    target: Target,
    *,
    out: Path | None = None,
    version: str | None = None,
    as_json: bool = False,
) -> HandedOver:
    """The definitions of the project in a folder, in another format; written to `out` if given.

    Definitions are no data: they hold no figure of anybody. Raises ProjectError for a project
    that does not load, and WarehouseError where the file cannot be written.
    """
    project = load(folder)
    if target == "dbt":
        found = to_dbt(project)
        handed = HandedOver(found.text, found.notices)
    else:
        made = to_ossie(project, version=cast("Version", version or NEWEST), as_json=as_json)
        handed = HandedOver(made.text, made.notices)
    if out is not None:
        publish(out, lambda own: _fill(own, handed.text))
    return handed


def _fill(own: Path, text: str) -> None:
    own.write_text(text, encoding="utf-8")
