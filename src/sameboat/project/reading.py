"""YAML text → Python values with the position of every key and value.

One reader for everything, by the core rules of YAML 1.2: `on`, `NO` and `9:30` are text, `010`
is ten, `0o14` is twelve, `1e6` is a number, only true, false, null and ~ are special. Keys are
text and unique. Tags and merge keys (`<<`) are refused. Anchors are read, but what all aliases
of a file repeat together may not exceed `MOST_REPEATED` values, so no bomb can go off.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from sameboat.errors import Finding, Place, ProjectError
from sameboat.project.places import Mark

LARGEST = 10_000_000
"""Bytes that one file may have."""

DEEPEST = 60
"""How many lists and mappings may stand inside each other."""

MOST_REPEATED = 10_000
"""Values that all aliases of one file may repeat together."""

LONGEST_NUMBER = 100
"""Characters that a number may have."""

_LOADER: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_NUMBER_STARTS = frozenset("-+.0123456789")
_WORDS: dict[str, object] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip
_INT = re.compile(r"[-+]?[0-9]+")
_BASED = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_INFINITE = re.compile(r"([-+]?)\.(?:inf|Inf|INF)")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x84\x86-\x9f\ufeff\ufffe\uffff]")


@dataclass(frozen=True)
class Document:
    """One document of a file: its value, its marks, and what is wrong without hiding the rest."""

    value: object
    mark: Mark
    findings: tuple[Finding, ...] = ()


def read(data: bytes, file: str) -> tuple[Document, ...]:
    """Every document of a file.

    Raises ProjectError with one finding where the file cannot be read at all: not UTF-8, too
    large, too deep, not YAML. What a person can have meant is left in `Document.findings`.
    """
    return tuple(_Builder(file, _text(data, file)).documents())


def scalar(text: str) -> object:
    """The value of unquoted text by the core rules of YAML 1.2.

    >>> [scalar(text) for text in ("on", "010", "0o14", "1e6", "9:30", "~", "False")]
    ['on', 10, 12, 1000000.0, '9:30', None, False]
    """
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _NUMBER_STARTS or len(text) > LONGEST_NUMBER:
        return text
    if _INT.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    if _BASED.fullmatch(text):
        return int(text[2:], 8 if text[1] == "o" else 16)
    infinite = _INFINITE.fullmatch(text)
    if infinite:
        return float(f"{infinite[1]}inf")
    return float("nan") if text in (".nan", ".NaN", ".NAN") else text


def _text(data: bytes, file: str) -> str:
    if len(data) > LARGEST:
        raise ProjectError(
            "file-too-large",
            f"the file is larger than {LARGEST // 1_000_000} MB",
            where=Place(file),
            hint="Split it, or name it under 'ignore:' in sameboat.yml.",
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8", "replace")
        raise ProjectError(
            "yaml-encoding",
            f"the byte 0x{data[error.start]:02x} is not UTF-8",
            where=_position(file, before, len(before)),
            hint="Save the file as UTF-8.",
        ) from None
    control = _CONTROL.search(text)
    if control:
        raise ProjectError(
            "yaml-encoding",
            f"the control character U+{ord(control[0]):04X} is not allowed in YAML",
            where=_position(file, text, control.start()),
        )
    return text


def _position(file: str, text: str, at: int) -> Place:
    start = text.rfind("\n", 0, at) + 1
    return Place(file, text.count("\n", 0, at) + 1, at - start + 1)


@dataclass(slots=True)
class _Frame:
    """A list or mapping that is being filled."""

    value: Any
    mark: Mark
    size: int = 1
    anchor: str | None = None
    key: str | None = None
    key_at: Mark | None = None
    awaits_key: bool = True
    drops: bool = False  # the value that follows belongs to a key that is refused


@dataclass(slots=True)
class _Anchored:
    """What an anchor names; open while it is still being filled."""

    value: Any
    mark: Mark
    size: int = 1
    open: bool = False


@dataclass
class _Builder:
    """Fills values and marks from the events of the YAML parser, without recursion."""

    file: str
    text: str
    findings: list[Finding] = field(default_factory=list)
    anchors: dict[str, _Anchored] = field(default_factory=dict)
    stack: list[_Frame] = field(default_factory=list)
    repeated: int = 0
    done: tuple[Any, Mark] | None = None

    def documents(self) -> Iterator[Document]:
        """Each document as it ends."""
        try:
            for event in yaml.parse(self.text, Loader=_LOADER):
                self._event(event)
                if type(event) is yaml.DocumentEndEvent:
                    value, mark = self.done or (None, Mark(self.file, 1, 1))
                    yield Document(value, mark, tuple(self.findings))
                    self.findings, self.anchors, self.repeated = [], {}, 0
        except yaml.YAMLError as error:
            raise _unreadable(error, self.file, self.text) from None

    def _event(self, event: Any) -> None:
        kind = type(event)
        if kind is yaml.ScalarEvent:
            self._scalar(event)
        elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
            self._open(event, {} if kind is yaml.MappingStartEvent else [])
        elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
            self._close()
        elif kind is yaml.AliasEvent:
            self._alias(event)

    def _scalar(self, event: Any) -> None:
        mark = self._mark(event)
        if event.tag is not None:
            self._tag(event, mark)
        text = event.value
        plain = event.implicit[0]
        value = scalar(text) if plain else text
        if plain and not text:
            mark.parts = {}  # nothing stands there to point at: people look at the key
        if plain and len(text) > LONGEST_NUMBER and _FLOAT.fullmatch(text):
            self._say("wrong-type", f"a number of {len(text)} characters is too long", mark)
        if event.anchor is not None:
            self.anchors[event.anchor] = _Anchored(value, mark)
        self._put(value, mark, 1, text)

    def _open(self, event: Any, value: Any) -> None:
        mark = self._mark(event)
        mark.parts = {}
        if event.tag is not None:
            self._tag(event, mark)
        if len(self.stack) >= DEEPEST:
            raise ProjectError(
                "yaml-too-deep",
                f"lists and mappings stand deeper than {DEEPEST} levels inside each other",
                where=mark.value,
            )
        if event.anchor is not None:
            self.anchors[event.anchor] = _Anchored(value, mark, open=True)
        self.stack.append(_Frame(value, mark, anchor=event.anchor))

    def _close(self) -> None:
        frame = self.stack.pop()
        if frame.anchor is not None:
            self.anchors[frame.anchor] = _Anchored(frame.value, frame.mark, frame.size)
        self._put(frame.value, frame.mark, frame.size, None)

    def _alias(self, event: Any) -> None:
        here = self._mark(event)
        found = self.anchors.get(event.anchor)
        if found is None or found.open:
            what = "names itself" if found else "has no anchor before it"
            raise ProjectError("yaml-alias", f"'*{event.anchor}' {what}", where=here.value)
        self.repeated += found.size
        if self.repeated > MOST_REPEATED:
            raise ProjectError(
                "yaml-alias",
                f"the aliases of this file repeat more than {MOST_REPEATED} values",
                where=here.value,
                hint="Write the values out.",
            )
        mark = Mark(self.file, found.mark.line, found.mark.column, parts=found.mark.parts)
        self._put(found.value, mark, found.size, None)

    def _put(self, value: Any, mark: Mark, size: int, text: str | None) -> None:
        if not self.stack:
            self.done = (value, mark)
            return
        frame = self.stack[-1]
        frame.size += size
        parts = frame.mark.parts if frame.mark.parts is not None else {}
        if type(frame.value) is list:
            parts[len(frame.value)] = mark
            frame.value.append(value)
        elif frame.awaits_key:
            frame.awaits_key = False
            self._key(frame, value, mark, text)
        else:
            frame.awaits_key = True
            if not frame.drops and frame.key is not None and frame.key_at is not None:
                mark.key_line, mark.key_column = frame.key_at.line, frame.key_at.column
                frame.value[frame.key] = value
                parts[frame.key] = mark

    def _key(self, frame: _Frame, value: Any, mark: Mark, text: str | None) -> None:
        frame.drops = True
        if value == "<<":
            self._say(
                "yaml-merge",
                "'<<' merges mappings in YAML 1.1 only",
                mark,
                hint="Write the keys out.",
            )
        elif not isinstance(value, str):
            shown = "a list or mapping" if text is None else f"{text!r}"
            self._say(
                "non-string-key",
                f"a key must be text, not {shown}",
                mark,
                hint="Put it in quotes." if text else None,
            )
        elif value in frame.value:
            first = (frame.mark.parts or {})[value].key
            self._say(
                "duplicate-key", f"the key {value!r} stands here and in line {first.line}", mark
            )
        else:
            frame.drops, frame.key, frame.key_at = False, value, mark

    def _tag(self, event: Any, mark: Mark) -> None:
        tag = event.tag.replace("tag:yaml.org,2002:", "!!")
        self._say("yaml-tag", f"the tag {tag!r} is not allowed", mark, hint="Leave it out.")

    def _say(self, code: str, message: str, mark: Mark, *, hint: str | None = None) -> None:
        self.findings.append(Finding(code, message, mark.value, hint))

    def _mark(self, event: Any) -> Mark:
        at = event.start_mark
        return Mark(self.file, at.line + 1, at.column + 1)


# ── errors of the parser, in words ───────────────────────────────────────────────────────────

_MEANINGS = (
    ("mapping values are not allowed", "a second ': ' in this line", "Put the text in quotes."),
    ("block sequence entries are not allowed", "a list cannot begin here", None),
    ("escape", "an unknown escape sequence in the quoted text", "Use single quotes."),
    ("block mapping", "the indentation does not fit the lines above", None),
    ("block collection", "the indentation does not fit the lines above", None),
    ("block end", "the indentation does not fit the lines above", None),
    ("block sequence", "the indentation does not fit the lines above", None),
    ("flow mapping", "a mapping in braces {…} is not closed, or a comma is missing", None),
    ("flow sequence", "a list in brackets […] is not closed, or a comma is missing", None),
    ("quoted scalar", "the quoted text is not closed", None),
    ("expected ':'", "a key without ': ' after it", None),
    ("simple key", "a key without ': ' after it", None),
    ("cannot start any token", "this character cannot begin a value", "Put the text in quotes."),
    ("expected alphabetic or numeric", "an anchor or alias without a name", None),
    ("document start", "something stands after the end of the document", None),
    ("tag", "the tag cannot be read", "Leave it out."),
    ("directive", "a line that begins with % cannot be read", "Put the text in quotes."),
)


def _unreadable(error: yaml.YAMLError, file: str, text: str) -> ProjectError:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    problem, context = getattr(error, "problem", None), getattr(error, "context", None)
    place = Place(file, mark.line + 1, mark.column + 1) if mark else Place(file)
    lines = text.split("\n")
    line = lines[place.line - 1] if place.line <= len(lines) else ""
    if "\t" in line[: place.column] and not line[: place.column - 1].strip():
        return ProjectError(
            "yaml-syntax",
            "a tab stands where YAML wants spaces",
            where=Place(file, place.line, line.index("\t") + 1),
            hint="Indent with spaces only.",
        )
    said = f"{context or ''} {problem or error}"
    begin = getattr(error, "context_mark", None)
    for part, meaning, hint in _MEANINGS:
        if part not in said:
            continue
        if begin and "closed" in meaning and begin.line + 1 < place.line:
            meaning += f"; it opens in line {begin.line + 1}, column {begin.column + 1}"
        return ProjectError("yaml-syntax", meaning, where=place, hint=hint)
    return ProjectError("yaml-syntax", f"this is not YAML: {problem or 'unreadable'}", where=place)
