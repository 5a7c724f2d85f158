"""A word-sized line."""

from __future__ import annotations

from sameboat.charts.marks import ROLE_CLASS
from sameboat.charts.scales import Scale, reach
from sameboat.charts.svg import element, lines
from sameboat.charts.values import Line, Role

WIDTH, HEIGHT = 112.0, 26.0
SHOWN = 12


def spark(line: Line, *, role: Role | None = None, stale: bool = False) -> str:
    """The last twelve points as SVG; the words beside it say what it shows."""
    first = line.first_of_last(SHOWN)
    values = line.values[first:]
    low, high = reach(values, margin=0.0)
    x = Scale(0, max(len(values) - 1, 1), 4, WIDTH - 5)
    y = Scale(low, high, HEIGHT - 5, 5)
    points = [None if value is None else (x(i), y(value)) for i, value in enumerate(values)]
    body = [element("path", class_="line2", d=lines(points))]
    latest = line.latest
    if latest is not None and latest >= first:
        point = points[latest - first]
        if point is not None:
            css = "ps" if stale else ROLE_CLASS[role] if role else "pt"
            body.append(element("circle", class_=css, cx=point[0], cy=point[1], r=3))
    return element(
        "svg", "".join(body), class_="chart", width=WIDTH, height=HEIGHT,
        viewBox=f"0 0 {WIDTH:.0f} {HEIGHT:.0f}", aria_hidden="true",
    )  # fmt: skip
