"""A chance as a bar."""

from __future__ import annotations

import math

from sameboat.charts.svg import element

HEIGHT = 6.0


def meter(share: float) -> str:
    """A bar filled to `share` of its width, as wide as its place; the words beside it tell.

    >>> 'width="9%"' in meter(0.09)
    True
    """
    filled = min(max(share, 0.0), 1.0) * 100 if math.isfinite(share) else 0.0
    parts = [
        element("rect", class_="track", x="0.5", y="0.5", width="100%", height="5", rx=2.5),
        element("rect", class_="filled", width=f"{filled:.0f}%", height=HEIGHT, rx=3),
    ]
    return element(
        "svg", "".join(parts), class_="chart fluid", width="128", height=HEIGHT, aria_hidden="true"
    )
