"""A tree from left to right: what stands on what, and how well each link is known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sameboat.charts.labels import text_width
from sameboat.charts.svg import element, escape, image, pixels
from sameboat.charts.tree_layout import (
    BOX,
    COLUMNS,
    LEFT_OF_PILL,
    Placed,
    Room,
    rooms,
)
from sameboat.charts.tree_values import Box, Limb

TEXT, NOTE, PILL = 13.0, 11.5, 11.0
PAD = 12.0
WIDTH = 1216.0

SHAPES = {
    "worse": '<path d="M8 .6 15.4 8 8 15.4 .6 8Z" fill="currentColor"/>'
    '<path class="cut" d="M8 4.4v4.4M8 10.6v1.3"/>',
    "better": '<circle cx="8" cy="8" r="7" fill="currentColor"/>'
    '<path class="cut" d="M4.8 8.3 7.1 10.6 11.4 5.7"/>',
    "routine": '<circle class="o" cx="8" cy="8" r="5.6"/>',
    "short": '<path class="o" d="M2 2.2h12" stroke-dasharray="3 2"/>'
    '<circle class="o" cx="8" cy="10" r="4.6"/>',
    "stale": '<circle class="o" cx="8" cy="8" r="6.4" stroke-dasharray="3.2 1.9"/>'
    '<path class="o" d="M8 4.4V8l2.6 1.7"/>',
    "none": '<path class="o" d="M2.4 2.4h11.2v11.2H2.4ZM5 8h6"/>',
}
"""The shapes of verdicts, in a square of 16 px."""


def tree_chart(limbs: Sequence[Limb], *, mission: str | None, sentence: str) -> str:
    """The tree as SVG, 1216 px wide; without a mission it begins with the objectives.

    A lever that several KPIs share is one box with an edge from each.
    """
    room = rooms(limbs, mission=_lines(mission) if mission else ())
    body = [*_heads(room), *_edges(room), *_boxes(room)]
    return image(
        width=WIDTH, height=room.height, sentence=sentence, body=body, role="group"
    ).replace('class="chart ', 'class="chart tree ', 1)


def _heads(room: Room) -> Iterator[str]:
    names = ("Mission", "Objectives", "Shared KPIs", "Levers, and the teams that move each")
    for name, (left, _) in zip(names, room.columns, strict=True):
        if left is not None:
            yield element("text", name, class_="tk", x=left, y=12)


# ── edges ────────────────────────────────────────────────────────────────────────────────────


def _edges(room: Room) -> Iterator[str]:
    pills: list[str] = []
    if room.mission is not None:
        for limb in room.limbs:
            yield _curve(room.mission, limb.place, "own")
    for limb in room.limbs:
        for bough in limb.boughs:
            yield _curve(limb.place, bough.place, "own")
            for link in bough.links:
                hot = " hotp" if link.twig.hot else ""
                kind = "ar" if link.twig.arithmetic else "in"
                yield _curve(bough.place, link.place, kind + hot, offset=link.offset)
                if not link.offset:
                    pills += _pill(link.twig.evidence, link.place.left - 14, link.place.middle)
            for twig, place, above in bough.below:
                kind = "ar" if twig.arithmetic else "in"
                yield _elbow(above, place, kind + (" hotp" if twig.hot else ""))
                pills += _pill(twig.evidence, place.left - 8, place.middle)
    yield from pills


def _curve(start: Placed, end: Placed, css: str, *, offset: float = 0.0) -> str:
    x1, y1, x2, y2 = start.right, start.middle, end.left, end.middle + offset
    half = pixels((x1 + x2) / 2)
    ends = f"{half} {pixels(y1)} {half} {pixels(y2)} {pixels(x2)} {pixels(y2)}"
    return element("path", class_=css, d=f"M{pixels(x1)} {pixels(y1)}C{ends}")


def _elbow(above: Placed, place: Placed, css: str) -> str:
    """From the foot of the box above, down and to the right."""
    x = above.left + 14
    d = f"M{pixels(x)} {pixels(above.top + BOX)}V{pixels(place.middle)}H{pixels(place.left)}"
    return element("path", class_=css, d=d)


def _pill(word: str, right: float, middle: float) -> Iterator[str]:
    width = min(text_width(word, PILL) + 14, LEFT_OF_PILL)
    left = right - width
    yield element("rect", class_="pill", x=left, y=middle - 9, width=width, height=18, rx=9)
    yield element(
        "text", escape(word), class_="pl", x=left + width / 2, y=middle + 4, text_anchor="middle"
    )


# ── boxes ────────────────────────────────────────────────────────────────────────────────────


def _boxes(room: Room) -> Iterator[str]:
    if room.mission is not None:
        yield from _mission(room.mission, room.lines)
    for limb in room.limbs:
        yield _box(limb.limb.box, limb.place)
        for bough in limb.boughs:
            yield _box(bough.bough.box, bough.place, shape=True)
            for link in bough.links:
                if not link.offset:
                    yield _box(link.twig.box, link.place)
            for twig, place, _ in bough.below:
                yield _box(twig.box, place)


def _mission(place: Placed, lines: Sequence[str]) -> Iterator[str]:
    yield element(
        "rect", class_="root", x=place.left, y=place.top, width=place.width,
        height=place.height, rx=4,
    )  # fmt: skip
    first = place.middle - 10 * (len(lines) - 1) + 4.5
    for number, line in enumerate(lines):
        yield element("text", escape(line), class_="nm", x=place.left + 14, y=first + 20 * number)


def _lines(mission: str) -> tuple[str, ...]:
    """The mission in lines that fit into its box."""
    left, right = COLUMNS[0]
    lines: list[str] = []
    for word in mission.split():
        joined = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(joined, TEXT) <= right - left - 2 * PAD:
            lines[-1] = joined
        else:
            lines.append(word)
    return tuple(fitted(line, right - left - 2 * PAD, TEXT) for line in lines)


def _box(box: Box, place: Placed, *, shape: bool = False) -> str:
    """One box with its name, what stands below it, and a figure at its right or below."""
    hot = f" {box.state}" if box.state in ("worse", "better") else ""
    inner = place.width - 2 * PAD
    parts = [
        element("title", escape(box.title)),
        element(
            "rect", class_=f"node{hot}", x=place.left, y=place.top, width=place.width,
            height=BOX, rx=4,
        ),
    ]  # fmt: skip
    figure_width = 0.0
    left = place.left + PAD
    if box.figure and not shape:
        figure_width = text_width(box.figure, NOTE, bold=bool(hot)) + 8
        parts.append(
            element(
                "text", escape(box.figure), class_=f"n2{hot}", x=place.left + place.width - PAD,
                y=place.top + 24, text_anchor="end",
            )
        )  # fmt: skip
    name = fitted(box.label, inner - figure_width, TEXT, bold=True)
    parts.append(element("text", escape(name), class_="n1", x=left, y=place.top + 17))
    if shape:
        known = box.state if box.state in SHAPES else "none"
        parts.append(
            element(
                "g", SHAPES[known], class_=f"mk {known}",
                transform=f"translate({pixels(left)} {pixels(place.top + 22.5)}) scale(.75)",
            )
        )  # fmt: skip
        note = fitted(box.figure, inner - 18, NOTE, bold=bool(hot))
        parts.append(
            element("text", escape(note), class_=f"n2{hot}", x=left + 18, y=place.top + 33)
        )
    else:
        note = fitted(box.note, inner - figure_width, NOTE)
        parts.append(element("text", escape(note), class_="n2", x=left, y=place.top + 33))
    drawn = "".join(parts)
    return element("a", drawn, href=box.href, tabindex="-1") if box.href else element("g", drawn)


def fitted(text: str, width: float, size: float, *, bold: bool = False) -> str:
    """The text, cut with an ellipsis where it is wider than that.

    >>> fitted("Onboarding days", 500, 13), fitted("Onboarding days", 60, 13)
    ('Onboarding days', 'Onboar…')
    """
    if text_width(text, size, bold=bold) <= width:
        return text
    while text and text_width(text + "…", size, bold=bold) > width:
        text = text[:-1]
    return text.rstrip() + "…"
