"""SVG text: elements, paths and numbers, everything from outside escaped."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

Point = tuple[float, float]

_ESCAPES = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"}
    # Control characters are not allowed in XML at all, escaped or not.
    | {chr(code): "\N{REPLACEMENT CHARACTER}" for code in range(32) if chr(code) not in "\t\n\r"}
    | {chr(code): "\N{REPLACEMENT CHARACTER}" for code in (0xFFFE, 0xFFFF)}
)


def escape(text: str) -> str:
    """The text, safe as content and inside quotes.

    >>> escape('<b> & "c"')
    '&lt;b&gt; &amp; &quot;c&quot;'
    """
    return text.translate(_ESCAPES)


def pixels(value: float) -> str:
    """A coordinate with at most one decimal.

    >>> pixels(12.04), pixels(12.25), pixels(-0.01)
    ('12', '12.2', '0')
    """
    text = f"{value:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


def element(name: str, content: str | None = None, **attributes: str | float | None) -> str:
    """One element; `class_` becomes `class`, `_` becomes `-`, None is left out.

    The content is SVG already; attribute values are escaped here.

    >>> element("text", "a", x=4, class_="tk", text_anchor="end")
    '<text x="4" class="tk" text-anchor="end">a</text>'
    """
    parts = [f"<{name}"]
    for key, value in attributes.items():
        if value is None:
            continue
        text = escape(value) if isinstance(value, str) else pixels(value)
        parts.append(f' {key.rstrip("_").replace("_", "-")}="{text}"')
    parts.append("/>" if content is None else f">{content}</{name}>")
    return "".join(parts)


def runs(points: Iterable[Point | None]) -> tuple[tuple[Point, ...], ...]:
    """The stretches of points between gaps.

    >>> runs([(0, 0), None, (2, 2), (3, 3)])
    (((0, 0),), ((2, 2), (3, 3)))
    """
    found: list[tuple[Point, ...]] = []
    current: list[Point] = []
    for point in points:
        if point is not None:
            current.append(point)
        elif current:
            found.append(tuple(current))
            current = []
    if current:
        found.append(tuple(current))
    return tuple(found)


def path(points: Sequence[Point], *, close: bool = False) -> str:
    """The data of a path along the points.

    >>> path([(0, 0), (2.5, 3)])
    'M0 0L2.5 3'
    """
    steps = "L".join(f"{pixels(x)} {pixels(y)}" for x, y in points)
    return f"M{steps}{'Z' if close else ''}"


def lines(points: Iterable[Point | None]) -> str:
    """The data of a path that breaks at every gap; a lone point draws nothing."""
    return "".join(path(run) for run in runs(points) if len(run) > 1)


def dots(points: Iterable[Point]) -> str:
    """The data of a path of zero-length strokes: round caps draw a dot at each point."""
    return "".join(f"M{pixels(x)} {pixels(y)}h0" for x, y in points)


def across(start: float, end: float, y: float) -> str:
    """The data of a horizontal line."""
    return f"M{pixels(start)} {pixels(y)}H{pixels(end)}"


def down(x: float, start: float, end: float) -> str:
    """The data of a vertical line."""
    return f"M{pixels(x)} {pixels(start)}V{pixels(end)}"


def image(
    *,
    width: float,
    height: float,
    sentence: str,
    body: Sequence[str],
    role: str = "img",
    **attributes: str | None,
) -> str:
    """A whole chart, named by its sentence: one image to a screen reader.

    What holds links is a `group`, for an image has nothing inside that could be reached.
    """
    return element(
        "svg",
        "".join(body),
        class_=f"chart w{width:.0f}",
        width=width,
        height=height,
        viewBox=f"0 0 {pixels(width)} {pixels(height)}",
        role=role,
        aria_label=sentence,
        **attributes,
    )


def known(values: Iterable[float | None]) -> tuple[float | None, ...]:
    """The values with everything that is not a finite number taken as missing."""
    return tuple(
        None if value is None or not math.isfinite(value) else float(value) for value in values
    )
