"""What a tree is drawn from: boxes with their words, and the links between them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Box:
    """One box: its name, a small line, a figure with its verdict's state, and where it leads.

    Boxes of one `key` are one box in the drawing. `title` says everything in words.
    """

    key: str
    label: str
    note: str = ""
    figure: str = ""
    state: str = "routine"
    href: str | None = None
    title: str = ""


@dataclass(frozen=True)
class Twig:
    """A link with the box at its end; `evidence` is the word on the link."""

    box: Box
    evidence: str
    arithmetic: bool
    hot: bool = False
    below: tuple[Twig, ...] = ()


@dataclass(frozen=True)
class Bough:
    """A KPI with its links."""

    box: Box
    twigs: tuple[Twig, ...]


@dataclass(frozen=True)
class Limb:
    """An objective with its KPIs."""

    box: Box
    boughs: tuple[Bough, ...]
