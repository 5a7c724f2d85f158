"""A project → the YAML files that declare it, in our own format."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import yaml
from pydantic import BaseModel

from sameboat.periods import Span
from sameboat.project.declared import INSIDE, LISTS, NAMED, SINGLE, Project
from sameboat.project.folder import ROOT_FILE
from sameboat.project.model import Input, Steward
from sameboat.project.reading import scalar

SCHEMA_FILE = "sameboat.schema.json"
MODELINE = f"# yaml-language-server: $schema={SCHEMA_FILE}\n"
"""What tells an editor the schema of a file; `sameboat schema` prints it."""

WIDTH = 96
"""Characters up to which a small list or mapping stays in one line."""

_ONE_TEXT = frozenset({"filter", "where", "expr"})
"""Keys that take one text or a list."""

_FIRST = ("type", "table", "label", "description")
"""Keys that come first, so that an object says at once what it is."""


def files(project: Project) -> dict[str, str]:
    """The text of each file, by name: sameboat.yml and one for each section that holds anything.

    Read again they give an equal project, whatever formats it was read from; where it was
    declared, in which order of files and with which comments is not kept.
    """
    written = {ROOT_FILE: text(plain(project.root))}
    for section in (*NAMED, *LISTS, *SINGLE):
        content = section_values(project, section)
        if content:
            written[f"{section}.yml"] = text({section: content})
    return written


def section_values(project: Project, section: str) -> Any:
    """What a project declares in one section, as the plain values of our format."""
    declared = getattr(project, section)
    if section in NAMED:
        return {name: _named(shape, section) for name, shape in declared.items()}
    if section in LISTS:
        return [plain(shape) for shape in declared]
    return _named(declared, section)


def text(content: Mapping[str, Any], *, modeline: bool = True) -> str:
    """YAML text that our reader reads back to the same values, with the editor's modeline."""
    body = yaml.dump(
        content,
        Dumper=_Writer,
        sort_keys=False,
        allow_unicode=True,
        width=10_000,  # lines are broken between values, never inside a text
    )
    return MODELINE + body if modeline else body


def plain(value: Any) -> Any:
    """A shape, or anything in one, as values of YAML; what is only a default is left out."""
    match value:
        case Input():
            said = _keys(value)
            return said["metric"] if len(said) == 1 else said
        case Steward():
            said = _keys(value)
            return said["rota"][0] if said.keys() == {"rota"} and len(value.rota) == 1 else said
        case BaseModel():
            return _keys(value)
        case Mapping():
            return {key: plain(item) for key, item in value.items()}
        case list() | tuple():
            return [plain(item) for item in value]
        case dt.datetime() | dt.date():
            return value.isoformat()
        case Span():
            return str(value)
        case float() if value.is_integer() and abs(value) < 1e15:
            return int(value)
    return value


def _keys(shape: BaseModel) -> dict[str, Any]:
    said = {
        info.alias or name: plain(getattr(shape, name))
        for name, info in type(shape).model_fields.items()
        if info.is_required() or getattr(shape, name) != info.get_default()
    }
    for key in _ONE_TEXT & said.keys():
        if isinstance(said[key], list) and len(said[key]) == 1:
            said[key] = said[key][0]
    return {key: said[key] for key in sorted(said, key=_rank)}


def _rank(key: str) -> int:
    return _FIRST.index(key) if key in _FIRST else len(_FIRST)


def _named(shape: BaseModel, section: str) -> Any:
    """A shape without the names that stand as keys above it and inside it."""
    said = _keys(shape)
    if section in NAMED:
        said.pop("name", None)
    for key in INSIDE.get(section, {}):
        for item in said.get(key, {}).values():
            item.pop("name", None)
    return said


class _Writer(yaml.SafeDumper):
    """Writes scalars so that the core rules of YAML 1.2 give them back; lists are indented."""

    def resolve(self, kind: type[yaml.Node], value: Any, implicit: Any) -> str:
        if kind is yaml.ScalarNode and implicit[0]:
            return _TAGS.get(type(scalar(value)), "tag:yaml.org,2002:str")
        return str(super().resolve(kind, value, implicit))  # type: ignore[no-untyped-call]

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> Any:
        return super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def represent(self, data: Any) -> None:
        """Write one file: its keys, and the names of a section, each in a line of its own."""
        node = self.represent_data(data)
        assert isinstance(node, yaml.MappingNode), "a file is a mapping of keys"
        node.flow_style = False
        for _, below in node.value:
            if isinstance(below, yaml.MappingNode):
                named = any(isinstance(item, yaml.MappingNode) for _, item in below.value)
                below.flow_style = below.flow_style and not named
        self.serialize(node)

    def represent_text(self, value: str) -> yaml.ScalarNode:
        """Text as people quote it: blocks for several lines, double quotes around single ones."""
        style = "|" if "\n" in value else '"' if "'" in value else None
        return self.represent_scalar("tag:yaml.org,2002:str", value, style)

    def represent_mapping(
        self, tag: str, mapping: Any, flow_style: bool | None = None
    ) -> yaml.MappingNode:
        node = super().represent_mapping(tag, mapping, flow_style)
        node.flow_style = _is_small(node)
        return node

    def represent_sequence(
        self, tag: str, sequence: Any, flow_style: bool | None = None
    ) -> yaml.SequenceNode:
        node = super().represent_sequence(tag, sequence, flow_style)
        node.flow_style = _is_small(node)
        return node


_Writer.add_representer(str, _Writer.represent_text)


def _is_small(node: yaml.Node) -> bool:
    """Whether a list or mapping fits into one line and holds no block."""
    return _length(node) <= WIDTH


def _length(node: yaml.Node) -> int:
    if isinstance(node, yaml.ScalarNode):
        return WIDTH + 1 if "\n" in node.value else len(node.value) + 2
    parts = [part for item in node.value for part in (item if isinstance(item, tuple) else (item,))]
    return sum(_length(part) + 2 for part in parts)


_TAGS: Mapping[type, str] = {
    type(None): "tag:yaml.org,2002:null",
    bool: "tag:yaml.org,2002:bool",
    int: "tag:yaml.org,2002:int",
    float: "tag:yaml.org,2002:float",
}
