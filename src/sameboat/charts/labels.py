"""Texts in a chart: how wide they are, and where they stand so that none covers another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Literal

from sameboat.charts.svg import element, escape

Anchor = Literal["start", "middle", "end"]

TICK, TEXT = 11.5, 12.0
"""Sizes in px that the stylesheet gives to `.tk` and to every other text."""

LINE = 14.0
"""From one line of text to the next."""

APART = 1.0
"""How far texts stay from each other in px."""

_NARROW = dict.fromkeys("ijl|'", 0.25) | dict.fromkeys(" !,./:;It·fr()[]-‐’‘", 0.32)
_WIDE = dict.fromkeys("CDGHNOQRU&w", 0.75) | dict.fromkeys("MWm%@→×…—", 0.92)
_CAPITAL = 0.68
_OTHER = 0.57
_SQUARE = 1.0  # Chinese, Japanese, Korean and emoji fill a square


@lru_cache(maxsize=16384)
def text_width(text: str, size: float = TEXT, *, bold: bool = False) -> float:
    """An upper estimate of a text's width in px, for the sans-serif faces of the stylesheet.

    >>> 38 < text_width("centre 5.3") < 62
    True
    """
    total = 0.0
    for char in text:
        width = _NARROW.get(char) or _WIDE.get(char)
        if width is None:
            square = ord(char) > 0x2E80 or char < " "  # drawn as a replacement character
            width = _SQUARE if square else _CAPITAL if char.isupper() else _OTHER
        total += width
    return total * size * (1.12 if bold else 1.06)


@dataclass(frozen=True)
class Label:
    """A text at a place; `y` is its baseline, `css` its classes."""

    text: str
    x: float
    y: float
    css: str = ""
    anchor: Anchor = "start"

    @property
    def size(self) -> float:
        return TICK if "tk" in self.css.split() else TEXT

    @property
    def width(self) -> float:
        return text_width(self.text, self.size, bold="st" in self.css.split())

    @cached_property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom."""
        left = self.x - {"start": 0.0, "middle": 0.5, "end": 1.0}[self.anchor] * self.width
        return (left, self.y - self.size * 0.8, left + self.width, self.y + self.size * 0.25)

    def covers(self, other: Label, *, apart: float = 0.0) -> bool:
        """Whether the two texts would touch, or come nearer than `apart`."""
        left, top, right, bottom = self.box
        left2, top2, right2, bottom2 = other.box
        beside = right + apart <= left2 or right2 + apart <= left
        return not (beside or bottom + apart <= top2 or bottom2 + apart <= top)

    def within(self, left: float, right: float) -> Label:
        """The same label, moved sideways until it lies between the two edges."""
        box_left, _, box_right, _ = self.box
        shift = min(0.0, right - box_right)
        return replace(self, x=self.x + max(shift, left - box_left))

    def draw(self) -> str:
        """The label as SVG."""
        return element(
            "text",
            escape(self.text),
            class_=self.css or None,
            x=self.x,
            y=self.y,
            text_anchor=None if self.anchor == "start" else self.anchor,
        )


def keep_clear(labels: Sequence[Label]) -> tuple[Label, ...]:
    """The labels that can stand together; where two collide, the earlier one stays.

    >>> first, second = Label("one", 0, 10), Label("two", 5, 12)
    >>> keep_clear([first, second]) == (first,)
    True
    """
    kept: list[Label] = []
    for label in labels:
        if label.text and not any(label.covers(other, apart=APART) for other in kept):
            kept.append(label)
    return tuple(kept)


def spread(wanted: Sequence[float], *, gap: float, low: float, high: float) -> tuple[float, ...]:
    """Places near the wanted ones, in their order, at least `gap` apart and inside the edges.

    Groups that would overlap share their common middle. Where the edges leave too little
    room for all, the gap shrinks evenly.

    >>> spread([10, 12], gap=14, low=0, high=100)
    (4.0, 18.0)
    >>> spread([1, 2, 3], gap=14, low=0, high=28)
    (0.0, 14.0, 28.0)
    """
    if not wanted:
        return ()
    gap = min(gap, (high - low) / max(1, len(wanted) - 1))
    order = sorted(range(len(wanted)), key=lambda index: wanted[index])
    groups: list[tuple[float, int]] = []  # middle and size of each group of touching labels
    for index in order:
        middle, size = min(max(wanted[index], low), high), 1
        groups.append((middle, size))
        while True:
            middle, size = groups[-1]
            half = gap * (size - 1) / 2
            middle = min(max(middle, low + half), high - half)
            groups[-1] = (middle, size)
            if len(groups) < 2:
                break
            before, count = groups[-2]
            if middle - half - (before + gap * (count - 1) / 2) >= gap - 1e-9:
                break
            groups[-2:] = [((before * count + middle * size) / (count + size), count + size)]
    places: list[float] = []
    for middle, size in groups:
        first = middle - gap * (size - 1) / 2
        places += [first + gap * step for step in range(size)]
    found = [0.0] * len(wanted)
    for index, place in zip(order, places, strict=True):
        found[index] = min(max(place, low), high)
    return tuple(found)
