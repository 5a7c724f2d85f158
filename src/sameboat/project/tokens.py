"""Pieces of an expression's text, with their positions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from sameboat.errors import RequestError

LONGEST = 10_000
"""Characters that one expression may have."""

_PATTERN = re.compile(
    r"""(?P<space>\s+|--[^\n]*)
      | (?P<template>\{\{.*?\}\})
      | (?P<number>(?:\d+\.\d*|\.\d+|\d+)(?:[eE][+-]?\d+)?)
      | (?P<text>'(?:[^']|'')*')
      | (?P<quoted>"(?:[^"]|"")+"|`[^`]+`)
      | (?P<name>[^\W\d]\w*(?:\.[^\W\d]\w*)?)
      | (?P<sign>\|\||<>|!=|<=|>=|==|::|[-+*/%=<>(),\[\].])
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Token:
    """One piece: its kind (template, number, text, quoted, name, sign, end), text and offset."""

    kind: str
    text: str
    at: int

    @property
    def word(self) -> str:
        """The piece in lower case, as keywords and signs are compared; empty for quoted ones."""
        return self.text.lower() if self.kind in ("name", "sign") else ""


@lru_cache(maxsize=4096)
def tokens(text: str) -> tuple[Token, ...]:
    """The pieces of an expression, ended by an `end` token.

    Raises RequestError (`expression-syntax`) where the text cannot be cut into pieces.
    """
    if len(text) > LONGEST:
        raise RequestError("expression-syntax", f"the expression is over {LONGEST} characters long")
    found: list[Token] = []
    at = 0
    while at < len(text):
        match = _PATTERN.match(text, at)
        if not match:
            raise RequestError(
                "expression-syntax",
                f"{text!r} cannot be read from character {at + 1}: {text[at : at + 12]!r}",
            )
        kind = match.lastgroup or ""
        if kind != "space":
            found.append(Token(kind, match.group(), at))
        at = match.end()
    found.append(Token("end", "", at))
    return tuple(found)
