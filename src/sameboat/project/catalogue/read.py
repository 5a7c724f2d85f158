"""The packaged templates, read with the loader of every project file."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from sameboat.errors import RequestError, did_you_mean
from sameboat.project.catalogue.shapes import KpiTemplate, Variant
from sameboat.project.names import words
from sameboat.project.reading import read

FOLDER = Path(__file__).resolve().parent / "templates"

ORDER = (
    "conversion", "nrr", "retention", "nps", "loyalty", "product_adoption", "advocate_growth",
    "cross_team_success", "innovation_index", "time_to_market", "satisfaction_improvement",
    "resource_sharing",
)  # fmt: skip
"""The templates in the order in which they are listed."""


@cache
def templates() -> Mapping[str, KpiTemplate]:
    """Every template by its name, in the order of `ORDER`."""
    return {name: _template(name) for name in ORDER}


def template(name: str) -> KpiTemplate:
    """The template of this name, or of one of its other names, however it is spelled.

    Raises RequestError unknown-template with the nearest name.
    """
    known = templates()
    plain = " ".join(words(name))
    for one in known.values():
        if plain in {" ".join(words(n)) for n in (one.name, one.label, *one.other_names)}:
            return one
    near = did_you_mean(name, known) or f"There are {', '.join(known)}."
    raise RequestError("unknown-template", f"{name!r} is no template of a KPI.", hint=near)


def variant_of(template: KpiTemplate, name: str) -> Variant:
    """A variant of a template by name. Raises RequestError unknown-template-part."""
    if name in template.variants:
        return template.variants[name]
    near = did_you_mean(name, template.variants) or f"There are {', '.join(template.variants)}."
    raise RequestError(
        "unknown-template-part", f"{template.name!r} has no variant {name!r}.", hint=near
    )


def _template(name: str) -> KpiTemplate:
    file = f"{name}.yml"
    [document] = read((FOLDER / file).read_bytes(), file)
    return KpiTemplate.model_validate(document.value)
