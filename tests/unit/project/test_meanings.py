"""Every key of the format says what it means, and nothing else does."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

from sameboat.project import model, plans
from sameboat.project.meanings import MEANINGS, meaning
from sameboat.project.model import Shape
from sameboat.project.schema import schema


def shapes() -> Iterator[type[Shape]]:
    """The shapes of the format."""
    for module in (model, plans):
        for found in vars(module).values():
            if inspect.isclass(found) and issubclass(found, Shape) and found is not Shape:
                yield found


def keys(shape: type[Shape]) -> list[str]:
    """The keys of a shape as YAML spells them."""
    return [field.alias or name for name, field in shape.model_fields.items()]


def test_every_key_has_a_meaning() -> None:
    """A key that nobody explains would be a riddle in the reference and in the editor."""
    named = {"name"}  # the key above an object; only the project and the parts of pay have one
    missing = [
        f"{shape.__name__}.{key}"
        for shape in shapes()
        for key in keys(shape)
        if meaning(shape, key) is None and key not in named
    ]
    assert missing == []


def test_no_meaning_is_left_over() -> None:
    """What a renamed key meant is taken out with it."""
    known = {shape.__name__: set(keys(shape)) for shape in shapes()}
    left = [
        f"{shape}.{key}"
        for shape, said in MEANINGS.items()
        for key in said
        if key not in known.get(shape, set())
    ]
    assert left == []


def test_an_editor_shows_it() -> None:
    """The JSON Schema carries the meanings as descriptions."""
    table = schema()["$defs"]["Table"]["properties"]
    assert table["personal"]["description"] == "Columns that are never loaded."
