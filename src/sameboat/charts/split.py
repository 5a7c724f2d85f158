"""What a segment adds, as two small bars from one zero line: its mix above, its rate below."""

from __future__ import annotations

from dataclasses import dataclass

from sameboat.charts.scales import Scale
from sameboat.charts.svg import down, element
from sameboat.charts.values import Role

WIDTH, HEIGHT = 150.0, 22.0


@dataclass(frozen=True)
class Bars:
    """The two effects of a segment, in one unit; `role` colours the one that is to be seen."""

    mix: float
    rate: float
    role: Role = "neutral"


def split_scale(rows: tuple[Bars, ...]) -> Scale:
    """The one scale of all rows of a table, with 0 on it."""
    low = min([0.0, *(value for row in rows for value in (row.mix, row.rate))])
    high = max([0.0, *(value for row in rows for value in (row.mix, row.rate))])
    if high - low <= 0:
        low, high = -1.0, 1.0
    return Scale(low, high, 4, WIDTH - 4)


def split_bars(bars: Bars, scale: Scale) -> str:
    """The bars as SVG for a cell whose figures stand beside it, so that nothing reads it out.

    >>> split_bars(Bars(0.0, 0.0), split_scale(())).count("<rect")
    2
    """
    css = {"worse": "pw", "better": "pb"}.get(bars.role, "bar")
    body = [element("path", class_="axis", d=down(scale(0.0), 0, HEIGHT))]
    for value, top, colour in ((bars.mix, 3, css), (bars.rate, 12, "bar-0")):
        left, right = sorted((scale(0.0), scale(value)))
        body.append(
            element("rect", class_=colour, x=left, y=top, width=max(right - left, 1), height=7)
        )
    return element(
        "svg", "".join(body), class_="chart", width=WIDTH, height=HEIGHT,
        viewBox=f"0 0 {WIDTH:.0f} {HEIGHT:.0f}", aria_hidden="true",
    )  # fmt: skip
