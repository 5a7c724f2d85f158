"""A declared thing in the text of its file: its own lines, changed, and the difference as a patch.

Texts are cut and joined, never written anew, so that comments and layout stay and a diff holds
what was changed and no more.
"""

from __future__ import annotations

import datetime as dt
import difflib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

import yaml

from sameboat.errors import RequestError
from sameboat.project.places import Mark

Scalar = str | int | dt.date


@dataclass(frozen=True)
class Block:
    """The lines of a file that declare one thing: `lines[first:end]`, its key on the first."""

    name: str
    first: int
    end: int
    indent: int
    text: str


def block_of(text: str, mark: Mark, name: str) -> Block:
    """The lines that declare `name`, whose key stands at the mark.

    They end before the next line that is not indented deeper; blank lines and comments at their
    end belong to what follows. Raises RequestError (`edit-not-possible`) where the thing shares
    its line with others.
    """
    lines = _lines(text)
    first, indent = mark.key.line - 1, mark.key.column - 1
    if first >= len(lines) or lines[first][:indent].strip():
        raise _impossible(name, "it shares a line with other things")
    end = first + 1
    for at in range(first + 1, len(lines)):
        bare = lines[at].strip()
        if bare and not bare.startswith("#"):
            if len(lines[at]) - len(lines[at].lstrip(" ")) <= indent:
                break
            end = at + 1
    return Block(name, first, end, indent, "".join(lines[first:end]))


def with_block(text: str, block: Block, changed: str) -> str:
    """The file's text with other lines in the place of a block's.

    Raises RequestError (`edit-not-possible`) where they do not declare the same name.
    """
    changed = changed.replace("\r\n", "\n").strip("\n").rstrip() + "\n"
    _mapping(changed, block.name)
    first = changed.partition("\n")[0]
    if len(first) - len(first.lstrip(" ")) != block.indent:
        raise _impossible(block.name, f"it must stay indented by {block.indent} spaces")
    lines = _lines(text)
    if block.text.endswith("\r\n"):
        changed = changed.replace("\n", "\r\n")
    return "".join([*lines[: block.first], changed, *lines[block.end :]])


def with_keys(block_text: str, name: str, keys: Mapping[str, Scalar]) -> str:
    """A block whose thing has these keys, each written over the one that is there or added.

    >>> with_keys("  rate: {type: ratio, version: 2}\\n", "rate", {"version": 3, "why": "No: x"})
    '  rate: {type: ratio, version: 3, why: "No: x"}\\n'
    """
    for key, value in keys.items():
        block_text = _with_key(block_text, name, key, _written(value))
    return block_text


def with_entry(text: str, section: str, entry: str) -> str:
    """A file's text with one more entry, of one line, at the end of a mapping at its top level.

    The mapping is begun at the end of the file where there is none. Raises RequestError
    (`edit-not-possible`) where the text is no mapping of keys, or the section is none.

    >>> with_entry("events:\\n  sale: {from: 2026-01-01}\\n", "events", "tax: {from: 2026-02-01}")
    'events:\\n  sale: {from: 2026-01-01}\\n  tax: {from: 2026-02-01}\\n'
    """
    try:
        top = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise _impossible(section, f"it cannot be read: {' '.join(str(error).split())}") from None
    if top is not None and (not isinstance(top, yaml.MappingNode) or top.flow_style):
        raise _impossible(section, "its file is no list of keys")
    end = "\r\n" if "\r\n" in text else "\n"
    pairs = [] if top is None else top.value
    found = [(key, held) for key, held in pairs if key.value == section]
    if not found:
        whole = text if not text or text.endswith("\n") else text + end
        return f"{whole}{end if whole else ''}{section}:{end}  {entry}{end}"
    key, held = found[0]
    if not isinstance(held, yaml.MappingNode):
        if held.value != "":
            raise _impossible(section, "it is no mapping of keys")
        held = None
    if held is not None and held.flow_style:
        at = held.end_mark.index - 1
        before = text[:at].rstrip()
        comma = "" if before.endswith((",", "{")) else ","
        space = "" if before.endswith("{") else " "
        return f"{before}{comma}{space}{entry}{text[at:]}"
    column = held.value[0][0].start_mark.column if held is not None else 2
    lines = _lines(text)
    place = Mark("", key.start_mark.line + 1, 1, key.start_mark.line + 1, 1)
    at = block_of(text, place, section).end
    if not lines[at - 1].endswith("\n"):
        lines[at - 1] += end
    return "".join([*lines[:at], f"{' ' * column}{entry}{end}", *lines[at:]])


def patch(file: str, before: str, after: str) -> str:
    """The difference of two texts of a file as `git apply` takes it; empty without one."""
    tab = "\t" if " " in file else ""  # as git ends a name that holds a space
    told = difflib.unified_diff(_lines(before), _lines(after), f"a/{file}{tab}", f"b/{file}{tab}")
    found = [
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in told
    ]
    return f"diff --git a/{file} b/{file}\n{''.join(found)}" if found else ""


def _lines(text: str) -> list[str]:
    """The lines with their ends; only a line feed ends one, as git counts them."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def _with_key(text: str, name: str, key: str, value: str) -> str:
    node = _mapping(text, name)
    for child, held in node.value:
        if child.value == key:
            start, end = held.start_mark.index, held.end_mark.index
            tail = "\n" if text[start:end].endswith("\n") else ""
            return text[:start] + value + tail + text[end:]
    if node.flow_style:
        at = node.end_mark.index - 1
        before = text[:at].rstrip()
        comma = "" if before.endswith((",", "{")) else ","
        space = "" if before.endswith("{") else " "
        return f"{before}{comma}{space}{key}: {value}{text[at:]}"
    column = node.value[0][0].start_mark.column
    return f"{text.rstrip()}\n{' ' * column}{key}: {value}\n"


def _mapping(text: str, name: str) -> yaml.MappingNode:
    """The node of a block's thing; its marks count from the block's beginning."""
    try:
        top = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        said = " ".join(str(error).split())
        raise _impossible(name, f"it cannot be read: {said}") from None
    pairs = top.value if isinstance(top, yaml.MappingNode) else []
    if len(pairs) != 1 or pairs[0][0].value != name:
        raise _impossible(name, f"the lines must declare {name!r} and nothing else")
    node = pairs[0][1]
    if not isinstance(node, yaml.MappingNode) or not node.value:
        raise _impossible(name, "it must stay a mapping of keys")
    return node


def _written(value: Scalar) -> str:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else str(value)


def _impossible(name: str, why: str) -> RequestError:
    return RequestError(
        "edit-not-possible",
        f"The definition of {name!r} cannot be changed like this: {why}.",
        hint="Change its file by hand, as any other file in git.",
    )
