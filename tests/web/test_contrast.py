"""Contrast of the colour tokens, computed as WCAG 2.2 defines it, in every palette."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

STYLES = Path(__file__).parents[2] / "frontend" / "src" / "styles"
TOKEN = re.compile(r"--([\w-]+):\s*(#[0-9a-f]{3,6})\b")

TEXT, SHAPE = 4.5, 3.0

ON_PAPER = ("page", "surface", "sunk")
TEXTS = [
    *((ink, paper) for ink in ("ink", "ink-2", "ink-3", "link", "link-hover")
      for paper in ON_PAPER),
    *((role, paper) for role in ("worse", "better", "short", "stale", "routine", "plan")
      for paper in ("page", "surface")),
    *((role, f"{role}-soft") for role in ("worse", "better", "short", "stale", "routine")),
    ("ink", "stale-soft"), ("ink-3", "band"), ("plan", "band"), ("worse", "band"),
    ("better", "band"), ("stale", "band"), ("on-link", "link"), ("on-link", "link-hover"),
]  # fmt: skip
SHAPES = [
    *((mark, ground) for mark in ("data", "data-2", "limit", "centre", "plan", "worse", "better",
                                  "stale", "control", "focus", "ink-3")
      for ground in ("page", "surface")),
    *((mark, "band") for mark in ("data", "data-2", "limit", "centre", "worse", "better", "stale")),
    ("plan", "sunk"), ("focus", "sunk"),
]  # fmt: skip


def palettes() -> dict[str, dict[str, str]]:
    """Every palette by its name, the print one laid over the light one."""
    text = (STYLES / "tokens.css").read_text(encoding="utf-8")
    blocks = [dict(TOKEN.findall(block)) for block in re.split(r":root", text)]
    light, *dark = [block for block in blocks if "page" in block]
    printed = dict(TOKEN.findall((STYLES / "print.css").read_text(encoding="utf-8")))
    assert len(dark) == 2
    assert dark[0] == dark[1], "the dark palette of the system and the chosen one differ"
    return {"light": light, "dark": dark[0], "print": light | printed}


def luminance(colour: str) -> float:
    digits = colour.removeprefix("#")
    if len(digits) == 3:
        digits = "".join(digit * 2 for digit in digits)
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """The ratio of WCAG: 1 for the same colour, 21 for black on white."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_the_ratio_is_that_of_the_standard() -> None:
    assert contrast("#000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.478, abs=0.001)


@pytest.mark.parametrize("name", ["light", "dark", "print"])
def test_every_text_can_be_read(name: str) -> None:
    palette = palettes()[name]
    bad = {
        (ink, paper): round(ratio, 2)
        for ink, paper in TEXTS
        if (ratio := contrast(palette[ink], palette[paper])) < TEXT
    }
    assert not bad


@pytest.mark.parametrize("name", ["light", "dark", "print"])
def test_every_mark_and_control_can_be_seen(name: str) -> None:
    palette = palettes()[name]
    bad = {
        (mark, ground): round(ratio, 2)
        for mark, ground in SHAPES
        if (ratio := contrast(palette[mark], palette[ground])) < SHAPE
    }
    assert not bad
